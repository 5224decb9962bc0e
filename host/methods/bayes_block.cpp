#include "host/methods/bayes_block.hpp"

#include <algorithm>
#include <cmath>

#include "host/learning/feature_columns.hpp"
#include "host/math/normal_numbers.hpp"

namespace embrace::cpu {
namespace {

constexpr double first_deviation = 0.1;  // of a factor before the first sweep
/// β of identities, as published: with less, factors that start small stay small for hundreds of sweeps.
constexpr double identity_rate = 1;
constexpr std::int64_t places_a_task = 16384;

constexpr std::int64_t whole_groups(std::int64_t n) { return (n + rating_group - 1) / rating_group * rating_group; }

Csr chosen_rows(const Csr& from, Span<const std::int32_t> rows) {
  Csr out;
  out.columns = from.columns;
  for (const std::int32_t r : rows) {
    const auto indices = from.view().row_indices(r);
    const auto values = from.view().row_values(r);
    out.indices.insert(out.indices.end(), indices.begin(), indices.end());
    out.values.insert(out.values.end(), values.begin(), values.end());
    out.offsets.push_back(out.entries());
  }
  return out;
}

CsrView rows_alone(const Array<std::int64_t>& offsets) {
  return {offsets.data(), nullptr, nullptr, offsets.size() - 1, 0};
}

}  // namespace

BayesBlock::BayesBlock(const BlockShape& shape, const BlockRatings& ratings, Span<const std::int64_t> places,
                       const BlockModel& model, const Random& random, Threads& threads)
    : rows_(shape.rows),
      dimensions_(model.dimensions),
      prior_(model.prior),
      identity_(shape.identity),
      threads_(threads),
      prior_random_(random_of(random, 0)),
      row_random_(random_of(random, 1)),
      column_random_(random_of(random, 2)),
      real_offsets_(ratings.offsets.begin(), ratings.offsets.end()),
      schedule_(rows_alone(real_offsets_)),
      values_(dimensions_, whole_groups(rows_ + 1)),
      constants_(2, values_.columns()),
      own_(identity_ ? dimensions_ : 0, whole_groups(rows_)),
      state_(rows_) {
  arrange(ratings, places);
  for (std::int32_t r = 0; r < rows_; ++r) {
    (real_offsets_[r] == real_offsets_[r + 1] ? cold_ : trained_).push_back(r);
  }
  collect_features(shape);
  row_noise_ = Matrix(own_.rows(), own_.columns());
  weights_ = Matrix(columns_.empty() && field_of_column_.empty() ? 0 : dimensions_, whole_groups(readers_.rows()));
  column_noise_ = Matrix(weights_.rows(), weights_.columns());
  priors_.resize(dimensions_ * (fields_ + 1));
  start();
}

void BayesBlock::arrange(const BlockRatings& ratings, Span<const std::int64_t> places) {
  offsets_.assign(1, 0);
  for (std::int64_t r = 0; r < rows_; ++r) {
    offsets_.push_back(offsets_.back() + whole_groups(ratings.offsets[r + 1] - ratings.offsets[r]));
  }
  first_.assign(offsets_.back(), static_cast<std::int32_t>(ratings.first_rows));
  if (!ratings.second.empty()) second_.assign(offsets_.back(), static_cast<std::int32_t>(ratings.second_rows));
  others_.resize(offsets_.back());
  if (!places.empty()) {
    take_.assign(offsets_.back(), -1);
    residuals_.resize(offsets_.back());
  }
  threads_.for_ranges(rows_, 64, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      std::int64_t to = offsets_[r];
      for (std::int64_t e = ratings.offsets[r]; e < ratings.offsets[r + 1]; ++e, ++to) {
        const std::int64_t entry = ratings.entries.empty() ? e : ratings.entries[e];
        first_[to] = ratings.first[entry];
        if (!ratings.second.empty()) second_[to] = ratings.second[entry];
        if (!places.empty()) take_[to] = places[entry];
      }
    }
  });
}

void BayesBlock::collect_features(const BlockShape& shape) {
  const Csr all = feature_columns(rows_, shape.features, shape.vectors);
  for (const Field& field : shape.fields) {
    field_of_column_.resize(field.last, static_cast<std::int32_t>(fields_++));
  }
  if (shape.vectors.columns > 0) field_of_column_.resize(all.columns, static_cast<std::int32_t>(fields_++));
  cold_features_ = chosen_rows(all, cold_);
  Csr trained = chosen_rows(all, trained_);
  readers_ = transposed(trained.view(), threads_);
  for (std::int32_t& row : readers_.indices) row = trained_[row];
  for (std::int64_t c = 0; c < readers_.rows(); ++c) {
    if (readers_.view().row_size(c) > 0) columns_.push_back({static_cast<std::int32_t>(c), field_of_column_[c]});
  }
}

void BayesBlock::start() {
  std::fill_n(constants_.row(1), rows_, 1.0F);
  for (std::int64_t d = 1; d < dimensions_; ++d) {
    const auto a = static_cast<std::uint64_t>(d);
    const auto first = [&](const Random& random, std::int64_t index) {
      return static_cast<float>(first_deviation * random.normal(a, static_cast<std::uint32_t>(index)));
    };
    float* value = values_.row(d);
    if (identity_) {
      for (const std::int32_t r : trained_) value[r] = own_(d, r) = first(row_random_, r);
    }
    for (const Column& column : columns_) {
      const float w = weights_(d, column.index) = first(column_random_, column.index);
      const auto rows = readers_.view().row_indices(column.index);
      const auto x = readers_.view().row_values(column.index);
      for (std::int64_t n = 0; n < rows.size(); ++n) value[rows[n]] += w * x[n];
    }
  }
}

void BayesBlock::draw_priors(std::uint64_t sweep) {
  threads_.for_each(dimensions_, [&](std::int64_t d, int) {
    Array<Moments> moments(fields_ + 1);
    if (identity_) {
      for (const std::int32_t r : trained_) moments[fields_].add(own_(d, r));
    }
    for (const Column& column : columns_) moments[column.field].add(weights_(d, column.index));
    const auto a = sweep * static_cast<std::uint64_t>(dimensions_) + static_cast<std::uint64_t>(d);
    for (std::int64_t f = 0; f <= fields_; ++f) {
      NormalPrior& prior = priors_[d * (fields_ + 1) + f];
      prior = draw_prior(moments[f], prior, f == fields_ ? identity_rate : prior_, prior_random_, a,
                         static_cast<std::uint32_t>(512 * f));
    }
    // What no rating speaks of is expected where its prior is.
    if (identity_) {
      for (const std::int32_t r : cold_) own_(d, r) = priors_[d * (fields_ + 1) + fields_].mean;
    }
    for (std::int64_t c = 0; c < readers_.rows(); ++c) {
      if (readers_.view().row_size(c) == 0) weights_(d, c) = priors_[d * (fields_ + 1) + field_of_column_[c]].mean;
    }
  });
}

void BayesBlock::draw_noise(std::uint64_t sweep) {
  const std::uint64_t first = (sweep + 1) * static_cast<std::uint64_t>(dimensions_);  // behind those of start()
  const auto draw = [&](const Random& random, Matrix& out) {
    threads_.for_each(out.rows(), [&](std::int64_t d, int) {
      normal_numbers(random, first + static_cast<std::uint64_t>(d), 0, out.columns() / 4, out.row(d));
    });
  };
  draw(row_random_, row_noise_);
  draw(column_random_, column_noise_);
}

Dimension BayesBlock::dimension(std::int64_t d, const Others& others, float precision) {
  const NormalPrior& prior = priors_[d * (fields_ + 1) + fields_];
  return {.others = others,
          .value = values_.row(d),
          .own = identity_ ? own_.row(d) : nullptr,
          .draw = {prior.mean, prior.precision, precision, identity_ ? row_noise_.row(d) : nullptr}};
}

void BayesBlock::sample(Span<const Others> others, float precision, std::uint64_t sweep, float* residuals) {
  draw_priors(sweep);
  draw_noise(sweep);
  if (!take_.empty()) {
    threads_.for_ranges(take_.size(), places_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t e = begin; e < end; ++e) residuals_[e] = take_[e] < 0 ? 0.0F : residuals[take_[e]];
    });
  }
  const RowRatings ratings{offsets_.data(), first_.data(), second_.empty() ? nullptr : second_.data(),
                           take_.empty() ? residuals : residuals_.data(), others_.data()};
  Array<Dimension> all;
  for (std::int64_t d = 0; d < dimensions_; ++d) all.push_back(dimension(d, others[d], precision));
  const auto sample_dimensions = [&](float* previous, Span<const Dimension> these, bool finish) {
    threads_.for_each(schedule_.tasks(), [&](std::int64_t task, int) {
      sample_rows(ratings, schedule_.rows(task), previous, these, finish, state_.data());
    });
  };
  if (columns_.empty()) {
    sample_dimensions(nullptr, all, true);
  } else {
    for (std::int64_t d = 0; d < dimensions_; ++d) {
      sample_dimensions(d == 0 ? nullptr : all[d - 1].value, {&all[d], 1}, false);
      draw_columns(readers_.view(), columns_, &priors_[d * (fields_ + 1)], precision, column_noise_.row(d),
                   weights_.row(d), state_.data());
    }
    sample_dimensions(all[dimensions_ - 1].value, {}, true);
  }
  set_cold_rows();
  if (!take_.empty()) {
    threads_.for_ranges(take_.size(), places_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t e = begin; e < end; ++e) {
        if (take_[e] >= 0) residuals[take_[e]] = residuals_[e];
      }
    });
  }
}

void BayesBlock::represent(CsrView rows, Matrix& out) const {
  threads_.for_each(dimensions_, [&](std::int64_t d, int) {
    for (std::int64_t r = 0; r < rows.rows; ++r) {
      const auto indices = rows.row_indices(r);
      const auto x = rows.row_values(r);
      float sum = 0;
      for (std::int64_t n = 0; n < indices.size(); ++n) sum += x[n] * weights_(d, indices[n]);
      out(d, r) = sum;
    }
  });
}

void BayesBlock::set_cold_rows() {
  if (cold_.empty()) return;
  Matrix features(dimensions_, whole_groups(cold_.size()));
  if (weights_.rows() > 0) represent(cold_features_.view(), features);
  for (std::int64_t d = 0; d < dimensions_; ++d) {
    for (std::int64_t n = 0; n < cold_.size(); ++n) {
      values_(d, cold_[n]) = features(d, n) + (identity_ ? own_(d, cold_[n]) : 0.0F);
    }
  }
}

}  // namespace embrace::cpu
