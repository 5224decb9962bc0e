#include "host/learning/embedding_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/product.hpp"
#include "host/math/random_bits.hpp"
#include "host/math/vector_math.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

/// Entity × table rows: identity first (for trained entities), then the features, shifted behind the identities.
Csr entries_of(std::int64_t entities, bool identity, const Features* features, const Array<std::int64_t>& samples) {
  Csr out;
  const std::int64_t identities = identity ? entities : 0;
  const std::int64_t columns = features == nullptr ? 0 : features->rows.columns;
  const std::int64_t frozen = features == nullptr ? 0 : features->vectors.columns();
  if (identities + columns + frozen > std::numeric_limits<std::int32_t>::max()) {
    throw Unsupported("more than 2^31 - 1 users or movies and features together");
  }
  out.columns = identities + columns;
  out.offsets.reserve(entities + 1);
  for (std::int64_t e = 0; e < entities; ++e) {
    if (identity && samples[e] != 0) {
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

/// Where entities or rows stand in the lists that a thread makes; -1 for all of them in between.
Array<std::int32_t>& places(std::int64_t size) {
  thread_local Array<std::int32_t> all;
  if (all.size() < size) all.resize(size, -1);
  return all;
}

/// Turns groups.offsets from sizes, that of key k at k + 1, into ends, as place() wants them.
void ends_of_sizes(Groups& groups) {
  for (std::int64_t k = 1; k < groups.offsets.size(); ++k) groups.offsets[k] += groups.offsets[k - 1];
  groups.positions.resize(groups.offsets.back());
}

/// Where the last position of a key that has none yet goes: positions are dealt backwards.
std::int64_t place(Groups& groups, std::int32_t key) { return --groups.offsets[key + 1]; }

/// After the last place(), when each offset has become the one before it.
void offsets_of_begins(Groups& groups) {
  std::copy(groups.offsets.begin() + 1, groups.offsets.end(), groups.offsets.begin());
  groups.offsets.back() = groups.positions.size();
}

/// Distinct entities in the order of their first occurrence, and who reads them. Without branches on what is new, which
/// no processor could foresee.
void collect_slots(Span<const std::int32_t> entity, Array<std::int32_t>& slot_of_entity, Slots& slots) {
  slots.entity.resize(entity.size() + 1);
  slots.slot.resize(entity.size());
  Groups& samples = slots.samples;
  samples.offsets.assign(entity.size() + 2, 0);
  std::int32_t count = 0;
  for (std::int64_t s = 0; s < entity.size(); ++s) {
    std::int32_t& known = slot_of_entity[entity[s]];
    slots.entity[count] = entity[s];
    const std::int32_t slot = known < 0 ? count : known;
    known = slot;
    count += slot == count ? 1 : 0;
    slots.slot[s] = slot;
    ++samples.offsets[slot + 1];
  }
  slots.entity.resize(count);
  for (const std::int32_t e : slots.entity) slot_of_entity[e] = -1;
  samples.offsets.resize(count + 1);
  ends_of_sizes(samples);
  for (std::int64_t s = entity.size(); s-- > 0;)
    samples.positions[place(samples, slots.slot[s])] = static_cast<std::int32_t>(s);
  offsets_of_begins(samples);
}

}  // namespace

void SlotValues::resize(std::int64_t rows, std::int64_t columns) {
  const std::int64_t padded = padded_width(columns);
  if (vectors.rows() < rows || vectors.columns() != padded) vectors = Matrix(rows, padded);
  if (bias.size() < rows) bias.resize(rows);
}

EmbeddingTable::EmbeddingTable(std::int64_t entities, bool identity, const Features* features,
                               const Array<std::int64_t>& samples, Slices slices, std::int64_t factors, double spread,
                               std::uint64_t seed, std::uint32_t stream)
    : factors_(factors),
      identities_(identity ? entities : 0),
      slices_(1),
      entries_(entries_of(entities, identity, features, samples)),
      frozen_(features == nullptr ? ConstMatrixView{} : features->vectors.view()),
      has_identity_(entities, 0),
      rates_(entries_.columns + frozen_.columns, 1.0F),
      weights_(rates_.size(), factors + 1) {
  if (features != nullptr) {
    column_slice_.assign(features->rows.columns + frozen_.columns, 0);
    set_rates(*features, samples);
  }
  if (slices == Slices::by_field) {
    slices_ = identity ? 1 : 0;
    const auto add = [&](std::int64_t first, std::int64_t last) {
      std::fill(column_slice_.begin() + first, column_slice_.begin() + last, static_cast<std::int32_t>(slices_));
      ++slices_;
    };
    for (const Field& field : features == nullptr ? Array<Field>{} : features->fields) add(field.first, field.last);
    if (frozen_.columns > 0) add(features->rows.columns, column_slice_.size());
  }
  for (std::int64_t e = 0; e < entities; ++e) has_identity_[e] = identity && samples[e] != 0 ? 1 : 0;
  set_initial(samples, spread, Random(seed, Stream::initial), stream);
}

void EmbeddingTable::set_initial(const Array<std::int64_t>& samples, double spread, const Random& random,
                                 std::uint32_t stream) {
  Array<char> read(rows(), 0);
  for (std::int64_t e = 0; e < entities(); ++e) {
    if (samples[e] == 0) continue;
    for (const std::int32_t row : entries_.view().row_indices(e)) read[row] = 1;
    for (std::int64_t c = 0; c < frozen_.columns; ++c) {
      if (frozen_(e, c) != 0.0F) read[first_frozen() + c] = 1;
    }
  }
  for (std::int64_t r = 0; r < rows(); ++r) {
    if (read[r] == 0) continue;
    for (std::int64_t k = 0; k < factors_; ++k) {
      weights_(r, k) = static_cast<float>(spread * random.normal(static_cast<std::uint64_t>(r * factors_ + k), stream));
    }
  }
}

void EmbeddingTable::set_rates(const Features& features, const Array<std::int64_t>& samples) {
  const auto set = [&](std::int64_t first, std::int64_t last, double sum, std::int64_t readers) {
    const double mean = readers == 0 ? 1.0 : sum / static_cast<double>(readers);
    std::fill(rates_.begin() + identities_ + first, rates_.begin() + identities_ + last,
              static_cast<float>(1.0 / std::max(1.0, mean)));
  };
  const CsrView rows = features.rows.view();
  for (const Field& field : features.fields) {
    double sum = 0;
    std::int64_t readers = 0;
    for (std::int64_t e = 0; e < rows.rows; ++e) {
      if (samples[e] == 0) continue;
      const auto columns = rows.row_indices(e);
      const auto first = std::lower_bound(columns.begin(), columns.end(), field.first);
      const auto last = std::lower_bound(first, columns.end(), field.last);
      readers += first == last ? 0 : 1;
      for (auto c = first; c != last; ++c) {
        sum += std::abs(static_cast<double>(rows.row_values(e)[c - columns.begin()]));
      }
    }
    set(field.first, field.last, sum, readers);
  }
  double sum = 0;
  std::int64_t readers = 0;
  for (std::int64_t e = 0; e < frozen_.rows; ++e) {
    if (samples[e] == 0) continue;
    double of_entity = 0;
    for (std::int64_t c = 0; c < frozen_.columns; ++c) of_entity += std::abs(static_cast<double>(frozen_(e, c)));
    sum += of_entity;
    readers += of_entity > 0 ? 1 : 0;
  }
  set(rows.columns, column_slice_.size(), sum, readers);
}

Array<float> EmbeddingTable::penalties(Span<const std::int64_t> samples, double regularization, double nu) const {
  const auto penalty = [&](double n) { return static_cast<float>(regularization * std::pow(n, nu - 1)); };
  const auto total = static_cast<double>(std::accumulate(samples.begin(), samples.end(), std::int64_t{0}));
  const auto trained = static_cast<double>(samples.size()) -
                       static_cast<double>(std::count(samples.begin(), samples.end(), std::int64_t{0}));
  Array<float> out(rows(), trained > 0 ? penalty(total / trained) : 0.0F);
  for (std::int64_t e = 0; e < identities_; ++e) {
    const auto n = static_cast<double>(samples[e]);
    out[e] = n > 0 ? penalty(n) : 0.0F;
  }
  return out;
}

bool EmbeddingTable::finite() const { return all_finite(weights_.data(), weights_.size()); }

void EmbeddingTable::add_row(std::int32_t row, float value, float* out) const {
  const float* weights = weights_.row(row);
  add_scaled(value, weights, out + slice(row) * factors_, factors_);
  out[width() - 1] += value * weights[factors_];
}

void EmbeddingTable::represent(std::int64_t begin, std::int64_t end, MatrixView out) const {
  for (std::int64_t entity = begin; entity < end; ++entity) {
    float* row = out.row(entity - begin);
    std::fill(row, row + width(), 0.0F);
    const auto indices = entries_.view().row_indices(entity);
    const auto values = entries_.view().row_values(entity);
    for (std::int64_t e = 0; e < indices.size(); ++e) add_row(indices[e], values[e], row);
  }
  if (frozen_.columns == 0) return;
  const Matrix sums = frozen_sums({frozen_.row(begin), end - begin, frozen_.columns, frozen_.stride});
  for (std::int64_t r = 0; r < end - begin; ++r) {
    add_scaled(1.0F, sums.row(r), out.row(r) + slice(first_frozen()) * factors_, factors_);
    out(r, width() - 1) += sums(r, factors_);
  }
}

void EmbeddingTable::represent(Span<const std::int32_t> columns, Span<const float> values, float* out) const {
  std::fill(out, out + width(), 0.0F);
  for (std::int64_t e = 0; e < columns.size(); ++e) {
    add_row(static_cast<std::int32_t>(identities_) + columns[e], values[e], out);
  }
}

void EmbeddingTable::collect(Span<const std::int32_t> entity, double dropout, std::uint64_t batch, const Random& random,
                             Slots& slots) const {
  collect_slots(entity, places(entities()), slots);
  leave_identities_out(dropout, batch, random, slots);
  collect_rows(slots);
}

/// As leaves_identity_out() decides it.
void EmbeddingTable::leave_identities_out(double dropout, std::uint64_t batch, const Random& random,
                                          Slots& slots) const {
  slots.without_identity.resize(slots.entity.size());
  for (std::int64_t s = 0; s < slots.entity.size(); ++s) {
    slots.without_identity[s] = has_identity(slots.entity[s]) ? 0 : 1;
  }
  if (identities_ == 0 || dropout <= 0) return;
  constexpr std::int64_t most = 256;  // at a time
  FixedArray<std::uint64_t, most> batches, bits;
  FixedArray<std::uint32_t, most> entities;
  batches.fill(batch);
  for (std::int64_t begin = 0; begin < slots.entity.size(); begin += most) {
    const std::int64_t count = std::min(most, slots.entity.size() - begin);
    std::copy_n(slots.entity.begin() + begin, count, entities.begin());
    random_bits64(random, batches.data(), entities.data(), static_cast<std::int64_t>(count), bits.data());
    for (std::int64_t s = 0; s < count; ++s) {
      if (Random::uniform_of(bits[s]) < dropout) slots.without_identity[begin + s] = 1;
    }
  }
}

EmbeddingTable::Entries EmbeddingTable::features_of(std::int32_t entity) const {
  if (entries_.columns == identities_) return {};  // nothing to look up
  const std::int64_t skip = has_identity(entity) ? 1 : 0;
  return {entries_.view().row_indices(entity).subspan(skip), entries_.view().row_values(entity).subspan(skip)};
}

ConstMatrixView EmbeddingTable::frozen_rows() const {
  return {weights_.row(first_frozen()), frozen_.columns, factors_ + 1, factors_ + 1};
}

/// [sum of vectors | sum of biases] for each row of `vectors`.
Matrix EmbeddingTable::frozen_sums(ConstMatrixView vectors) const {
  Matrix out(vectors.rows, factors_ + 1);
  multiply(vectors, frozen_rows(), 0.0F, out.view());
  return out;
}

/// Columns [first, last) of the frozen vectors of slots [begin, end).
Matrix EmbeddingTable::frozen_of(const Slots& slots, std::int64_t begin, std::int64_t end, std::int64_t first,
                                 std::int64_t last) const {
  Matrix out(end - begin, last - first);
  for (auto s = begin; s < end; ++s) {
    std::copy(frozen_.row(slots.entity[s]) + first, frozen_.row(slots.entity[s]) + last, out.row(s - begin));
  }
  return out;
}

Matrix EmbeddingTable::frozen_products(ConstMatrixView others) const {
  Matrix out(others.rows, frozen_.columns);
  multiply_transposed(others, frozen_rows(), 0.0F, out.view());
  return out;
}

float EmbeddingTable::product(std::int32_t entity, bool without_identity, const float* other,
                              const float* frozen_products) const {
  const auto of_row = [&](std::int32_t row) {
    const float* weights = weights_.row(row);
    return dot(weights, other, factors_) + weights[factors_];
  };
  float sum = has_identity(entity) && !without_identity ? of_row(entity) : 0.0F;
  const Entries features = features_of(entity);
  for (std::int64_t e = 0; e < features.rows.size(); ++e) sum += features.values[e] * of_row(features.rows[e]);
  if (frozen_.columns > 0) sum += dot(frozen_.row(entity), frozen_products, frozen_.columns);
  return sum;
}

void EmbeddingTable::collect_rows(Slots& slots) const {
  slots.rows.clear();
  auto& offsets = slots.readers.offsets;
  offsets.assign(1, 0);
  for (std::int64_t s = 0; s < slots.entity.size(); ++s) {
    if (slots.without_identity[s] != 0) continue;
    slots.rows.push_back(slots.entity[s]);
    offsets.push_back(1);
  }
  slots.identities = slots.touched();
  Array<std::int32_t>& place_of_row = places(rows());
  for (const std::int32_t entity : slots.entity) {
    for (const std::int32_t row : features_of(entity).rows) {
      std::int32_t& known = place_of_row[row];
      if (known < 0) {
        known = static_cast<std::int32_t>(slots.rows.size());
        slots.rows.push_back(row);
        offsets.push_back(0);
      }
      ++offsets[known + 1];
    }
  }
  ends_of_sizes(slots.readers);
  slots.weights.resize(slots.readers.positions.size());
  const auto read = [&](std::int32_t row_place, std::int64_t slot, float value) {
    const std::int64_t at = place(slots.readers, row_place);
    slots.readers.positions[at] = static_cast<std::int32_t>(slot);
    slots.weights[at] = value;
  };
  auto identity = static_cast<std::int32_t>(slots.identities);
  for (std::int64_t s = slots.size(); s-- > 0;) {
    if (slots.without_identity[s] == 0) read(--identity, s, 1.0F);
    const Entries features = features_of(slots.entity[s]);
    for (std::int64_t e = 0; e < features.rows.size(); ++e) {
      read(place_of_row[features.rows[e]], s, features.values[e]);
    }
  }
  offsets_of_begins(slots.readers);
  for (std::int64_t t = slots.identities; t < slots.rows.size(); ++t) {
    place_of_row[slots.rows[t]] = -1;
  }
}

/// Identities are rows of their own, asked for ahead of the sums; those of features serve many slots and are near.
void EmbeddingTable::forward(const Slots& slots, std::int64_t begin, std::int64_t end, RowSums& sums,
                             SlotValues& values) const {
  for (std::int64_t s = begin; s < end; ++s) {
    std::int64_t next = 0;  // slice
    const auto finish_slices = [&](std::int64_t last) {
      for (; next < last; ++next) sums.store_at(values.vectors.row(s) + next * factors_);
    };
    if (slots.without_identity[s] == 0) {
      const float* weights = weights_.row(slots.entity[s]);
      prefetch(weights, factors_ + 1);
      sums.add(weights, 1.0F);
    }
    const Entries features = features_of(slots.entity[s]);
    float bias = 0;
    for (std::int64_t e = 0; e < features.rows.size(); ++e) {  // by slice, as they are by row
      const float* weights = weights_.row(features.rows[e]);
      finish_slices(slice(features.rows[e]));
      sums.add(weights, features.values[e]);
      bias += features.values[e] * weights[factors_];
    }
    finish_slices(slices_);
    values.bias[s] = bias;
  }
  sums.run();
  for (auto s = begin; s < end; ++s) {
    if (slots.without_identity[s] == 0) values.bias[s] += weights_(slots.entity[s], factors_);
  }
  if (frozen_.columns == 0) return;
  const Matrix frozen = frozen_sums(frozen_of(slots, begin, end, 0, frozen_.columns).view());
  for (auto s = begin; s < end; ++s) {
    add_scaled(1.0F, frozen.row(s - begin), values.vectors.row(s) + slice(first_frozen()) * factors_, factors_);
    values.bias[s] += frozen(s - begin, factors_);
  }
}

EmbeddingTable::RowGradient EmbeddingTable::row_gradient(const Slots& slots, const SlotValues& gradients,
                                                         std::int64_t t, RowSums& vectors) const {
  const std::int64_t offset = slice(slots.rows[t]) * factors_;
  const auto first = slots.readers.offsets[t];
  const auto readers = slots.readers.of(t);
  RowGradient out{0, 0};
  for (std::int64_t e = 0; e < readers.size(); ++e) {
    const float value = slots.weights[first + e];
    vectors.add(gradients.vectors.row(readers[e]) + offset, value);
    out.bias += value * gradients.bias[readers[e]];
    out.squares += value * value * static_cast<float>(slots.samples.of(readers[e]).size());
  }
  return out;
}

Array<EmbeddingTable::RowGradient> EmbeddingTable::frozen_gradients(const Slots& slots, const SlotValues& gradients,
                                                                    std::int64_t begin, std::int64_t end,
                                                                    MatrixView vectors) const {
  const Matrix values = frozen_of(slots, 0, slots.size(), begin, end);
  const std::int64_t offset = slice(first_frozen()) * factors_;
  multiply_by_transposed(
      values.view(), {gradients.vectors.data() + offset, slots.size(), factors_, gradients.vectors.columns()}, vectors);
  Array<RowGradient> out(end - begin, RowGradient{0, 0});
  for (std::int64_t s = 0; s < slots.size(); ++s) {
    const auto samples = static_cast<float>(slots.samples.of(s).size());
    for (std::int64_t r = 0; r < out.size(); ++r) {
      const float value = values(s, r);
      out[r].bias += value * gradients.bias[s];
      out[r].squares += value * value * samples;
    }
  }
  return out;
}

}  // namespace embrace
