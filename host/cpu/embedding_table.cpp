#include "host/cpu/embedding_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/cpu/vector_math.hpp"
#include "host/error.hpp"

namespace embrace::cpu {
namespace {

/// Entity × table rows: identity first (for trained entities), then the features, shifted behind the identities.
Csr entries_of(std::int64_t entities, bool identity, const Features* features,
               const std::vector<std::int64_t>& samples) {
  Csr out;
  const std::int64_t identities = identity ? entities : 0;
  const std::int64_t columns = features == nullptr ? 0 : features->rows.columns;
  if (identities + columns > std::numeric_limits<std::int32_t>::max()) {
    throw Unsupported("more than 2^31 - 1 users or movies and features together");
  }
  out.columns = identities + columns;
  out.offsets.reserve(static_cast<std::size_t>(entities) + 1);
  for (std::int64_t e = 0; e < entities; ++e) {
    if (identity && samples[static_cast<std::size_t>(e)] != 0) {
      out.indices.push_back(static_cast<std::int32_t>(e));
      out.values.push_back(1.0F);
    }
    if (columns > 0) {
      const CsrView view = features->rows.view();
      for (const std::int32_t c : view.row_indices(e)) {
        out.indices.push_back(static_cast<std::int32_t>(identities + c));
      }
      const auto values = view.row_values(e);
      out.values.insert(out.values.end(), values.begin(), values.end());
    }
    out.offsets.push_back(out.entries());
  }
  return out;
}

/// Counting sort of positions by key; `keys` < `count`.
void group(std::span<const std::int32_t> keys, std::size_t count, Groups& groups) {
  groups.offsets.assign(count + 1, 0);
  for (const std::int32_t key : keys) ++groups.offsets[static_cast<std::size_t>(key) + 1];
  for (std::size_t k = 0; k < count; ++k) groups.offsets[k + 1] += groups.offsets[k];
  groups.positions.resize(keys.size());
  for (std::size_t p = keys.size(); p-- > 0;) {  // backwards: offsets end up where the lists end, then begin
    groups.positions[static_cast<std::size_t>(--groups.offsets[static_cast<std::size_t>(keys[p]) + 1])] =
        static_cast<std::int32_t>(p);
  }
  for (std::size_t k = 0; k < count; ++k) groups.offsets[k] = groups.offsets[k + 1];
  groups.offsets[count] = static_cast<std::int64_t>(keys.size());
}

/// Keeps the memory of a matrix that is large enough already.
void ensure(Matrix& matrix, std::int64_t rows, std::int64_t columns) {
  if (matrix.rows() < rows || matrix.columns() != columns) matrix = Matrix(rows, columns);
}

}  // namespace

EmbeddingTable::EmbeddingTable(std::int64_t entities, bool identity, const Features* features,
                               const std::vector<std::int64_t>& samples, Slices slices, std::int64_t factors,
                               double spread, std::uint64_t seed, std::uint32_t stream)
    : factors_(factors),
      identities_(identity ? entities : 0),
      slices_(1),
      entries_(entries_of(entities, identity, features, samples)),
      has_identity_(static_cast<std::size_t>(entities), 0),
      rates_(static_cast<std::size_t>(entries_.columns), 1.0F),
      weights_(entries_.columns, factors + 1),
      slot_of_entity_(static_cast<std::size_t>(entities), -1),
      place_of_row_(static_cast<std::size_t>(entries_.columns), -1) {
  if (features != nullptr) {
    column_slice_.assign(static_cast<std::size_t>(features->rows.columns), 0);
    set_rates(*features, samples);
  }
  if (slices == Slices::by_field) {
    slices_ = identity ? 1 : 0;
    for (const Field& field : features == nullptr ? std::vector<Field>{} : features->fields) {
      std::fill(column_slice_.begin() + field.first, column_slice_.begin() + field.last,
                static_cast<std::int32_t>(slices_));
      ++slices_;
    }
  }
  std::vector<char> read(static_cast<std::size_t>(rows()), 0);
  for (std::int64_t e = 0; e < entities; ++e) {
    if (samples[static_cast<std::size_t>(e)] == 0) continue;
    has_identity_[static_cast<std::size_t>(e)] = identity ? 1 : 0;
    for (const std::int32_t row : entries_.view().row_indices(e)) read[static_cast<std::size_t>(row)] = 1;
  }
  const Random random(seed, Stream::initial);
  for (std::int64_t r = 0; r < rows(); ++r) {
    if (read[static_cast<std::size_t>(r)] == 0) continue;
    for (std::int64_t k = 0; k < factors; ++k) {
      weights_(r, k) = static_cast<float>(spread * random.normal(static_cast<std::uint64_t>(r * factors + k), stream));
    }
  }
}

void EmbeddingTable::set_rates(const Features& features, const std::vector<std::int64_t>& samples) {
  const CsrView rows = features.rows.view();
  for (const Field& field : features.fields) {
    double sum = 0;
    std::int64_t readers = 0;
    for (std::int64_t e = 0; e < rows.rows; ++e) {
      if (samples[static_cast<std::size_t>(e)] == 0) continue;
      const auto columns = rows.row_indices(e);
      const auto first = std::lower_bound(columns.begin(), columns.end(), field.first);
      const auto last = std::lower_bound(first, columns.end(), field.last);
      readers += first == last ? 0 : 1;
      for (auto c = first; c != last; ++c) {
        sum += std::abs(static_cast<double>(rows.row_values(e)[static_cast<std::size_t>(c - columns.begin())]));
      }
    }
    const double mean = readers == 0 ? 1.0 : sum / static_cast<double>(readers);
    std::fill(rates_.begin() + identities_ + field.first, rates_.begin() + identities_ + field.last,
              static_cast<float>(1.0 / std::max(1.0, mean)));
  }
}

std::vector<float> EmbeddingTable::penalties(std::span<const std::int64_t> samples, double regularization,
                                             double nu) const {
  const auto penalty = [&](double n) { return static_cast<float>(regularization * std::pow(n, nu - 1)); };
  const auto total = static_cast<double>(std::accumulate(samples.begin(), samples.end(), std::int64_t{0}));
  const auto trained = static_cast<double>(samples.size()) -
                       static_cast<double>(std::count(samples.begin(), samples.end(), std::int64_t{0}));
  std::vector<float> out(static_cast<std::size_t>(rows()), trained > 0 ? penalty(total / trained) : 0.0F);
  for (std::int64_t e = 0; e < identities_; ++e) {
    const auto n = static_cast<double>(samples[static_cast<std::size_t>(e)]);
    out[static_cast<std::size_t>(e)] = n > 0 ? penalty(n) : 0.0F;
  }
  return out;
}

bool EmbeddingTable::finite() const { return all_finite(weights_.data(), static_cast<std::int64_t>(weights_.size())); }

void EmbeddingTable::add_row(std::int32_t row, float value, float* out) const {
  const float* weights = weights_.row(row);
  add_scaled(value, weights, out + slice(row) * factors_, factors_);
  out[width() - 1] += value * weights[factors_];
}

void EmbeddingTable::represent(std::int32_t entity, float* out) const {
  std::fill(out, out + width(), 0.0F);
  const auto indices = entries_.view().row_indices(entity);
  const auto values = entries_.view().row_values(entity);
  for (std::size_t e = 0; e < indices.size(); ++e) add_row(indices[e], values[e], out);
}

void EmbeddingTable::represent(std::span<const std::int32_t> columns, std::span<const float> values, float* out) const {
  std::fill(out, out + width(), 0.0F);
  for (std::size_t e = 0; e < columns.size(); ++e) {
    add_row(static_cast<std::int32_t>(identities_) + columns[e], values[e], out);
  }
}

void EmbeddingTable::collect(std::span<const std::int32_t> entity, double dropout, std::uint64_t batch,
                             const Random& random, Slots& slots) {
  collect_slots(entity, slots);
  slots.without_identity.resize(slots.entity.size());
  for (std::size_t s = 0; s < slots.entity.size(); ++s) {
    slots.without_identity[s] = leaves_identity_out(slots.entity[s], dropout, batch, random) ? 1 : 0;
  }
  collect_rows(slots);
  ensure(slots.values, slots.size(), width());
  ensure(slots.gradients, slots.size(), width());
}

void EmbeddingTable::collect_slots(std::span<const std::int32_t> entity, Slots& slots) {
  slots.entity.clear();
  slots.slot.resize(entity.size());
  for (std::size_t s = 0; s < entity.size(); ++s) {
    std::int32_t& slot = slot_of_entity_[static_cast<std::size_t>(entity[s])];
    if (slot < 0) {
      slot = static_cast<std::int32_t>(slots.entity.size());
      slots.entity.push_back(entity[s]);
    }
    slots.slot[s] = slot;
  }
  for (const std::int32_t e : slots.entity) slot_of_entity_[static_cast<std::size_t>(e)] = -1;
  group(slots.slot, slots.entity.size(), slots.samples);
}

EmbeddingTable::Entries EmbeddingTable::features_of(std::int32_t entity, bool without_identity) const {
  const std::size_t skip = without_identity && has_identity_[static_cast<std::size_t>(entity)] != 0 ? 1 : 0;
  return {entries_.view().row_indices(entity).subspan(skip), entries_.view().row_values(entity).subspan(skip)};
}

EmbeddingTable::Entries EmbeddingTable::entries_of_slot(const Slots& slots, std::int64_t slot) const {
  const auto s = static_cast<std::size_t>(slot);
  return features_of(slots.entity[s], slots.without_identity[s] != 0);
}

float EmbeddingTable::product(std::int32_t entity, bool without_identity, const float* other) const {
  const Entries entries = features_of(entity, without_identity);
  float sum = 0;
  for (std::size_t e = 0; e < entries.rows.size(); ++e) {
    const float* weights = weights_.row(entries.rows[e]);
    sum += entries.values[e] * (dot(weights, other, factors_) + weights[factors_]);
  }
  return sum;
}

void EmbeddingTable::collect_rows(Slots& slots) {
  slots.rows.clear();
  auto& offsets = slots.readers.offsets;
  offsets.assign(1, 0);
  for (std::int64_t s = 0; s < slots.size(); ++s) {
    for (const std::int32_t row : entries_of_slot(slots, s).rows) {
      std::int32_t& place = place_of_row_[static_cast<std::size_t>(row)];
      if (place < 0) {
        place = static_cast<std::int32_t>(slots.rows.size());
        slots.rows.push_back(row);
        offsets.push_back(0);
      }
      ++offsets[static_cast<std::size_t>(place) + 1];
    }
  }
  for (std::size_t t = 0; t < slots.rows.size(); ++t) offsets[t + 1] += offsets[t];
  slots.readers.positions.resize(static_cast<std::size_t>(offsets.back()));
  slots.weights.resize(slots.readers.positions.size());
  for (std::int64_t s = slots.size(); s-- > 0;) {  // backwards, as in group()
    const Entries entries = entries_of_slot(slots, s);
    for (std::size_t e = 0; e < entries.rows.size(); ++e) {
      const std::int32_t place = place_of_row_[static_cast<std::size_t>(entries.rows[e])];
      const auto at = static_cast<std::size_t>(--offsets[static_cast<std::size_t>(place) + 1]);
      slots.readers.positions[at] = static_cast<std::int32_t>(s);
      slots.weights[at] = entries.values[e];
    }
  }
  for (std::size_t t = 0; t < slots.rows.size(); ++t) {
    offsets[t] = offsets[t + 1];
    place_of_row_[static_cast<std::size_t>(slots.rows[t])] = -1;
  }
  offsets[slots.rows.size()] = static_cast<std::int64_t>(slots.readers.positions.size());
}

void EmbeddingTable::forward(Slots& slots, std::int64_t begin, std::int64_t end) const {
  for (std::int64_t s = begin; s < end; ++s) {
    constexpr std::int64_t ahead = 4;
    if (s + ahead < end) {
      for (const std::int32_t row : entries_of_slot(slots, s + ahead).rows) prefetch(weights_.row(row), factors_ + 1);
    }
    float* out = slots.values.row(s);
    std::fill(out, out + width(), 0.0F);
    const Entries entries = entries_of_slot(slots, s);
    for (std::size_t e = 0; e < entries.rows.size(); ++e) add_row(entries.rows[e], entries.values[e], out);
  }
}

float EmbeddingTable::row_gradient(const Slots& slots, std::int64_t t, float* gradient) const {
  std::fill(gradient, gradient + factors_ + 1, 0.0F);
  const std::int64_t row = slots.rows[static_cast<std::size_t>(t)];
  const std::int64_t offset = slice(row) * factors_;
  float penalty = 0;
  const auto first = static_cast<std::size_t>(slots.readers.offsets[static_cast<std::size_t>(t)]);
  const auto readers = slots.readers.of(t);
  for (std::size_t e = 0; e < readers.size(); ++e) {
    const float value = slots.weights[first + e];
    const float* from = slots.gradients.row(readers[e]);
    add_scaled(value, from + offset, gradient, factors_);
    gradient[factors_] += value * from[width() - 1];
    penalty += value * value * static_cast<float>(slots.samples.of(readers[e]).size());
  }
  return penalty;
}

}  // namespace embrace::cpu
