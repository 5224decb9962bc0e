#include "cuda/methods/bayes_block.hpp"

#include <algorithm>

#include "cuda/device/phase.hpp"
#include "host/array.hpp"
#include "host/learning/feature_columns.hpp"

namespace embrace::gpu {
namespace {

CsrView rows_alone(Span<const std::int64_t> offsets) {
  return {offsets.data(), nullptr, nullptr, offsets.size() - 1, 0};
}

/// What each rating has, in the order of the block.
DeviceBuffer<std::int32_t> arranged(Device& device, Span<const std::int32_t> of_entry,
                                    Span<const std::int64_t> entries) {
  if (of_entry.empty() || entries.empty()) return {device, of_entry};
  Array<std::int32_t> out(entries.size());
  for (std::int64_t e = 0; e < entries.size(); ++e) out[e] = of_entry[entries[e]];
  return {device, Span<const std::int32_t>(out)};
}

bool is_rated(const cpu::BlockRatings& ratings, std::int64_t row) {
  return ratings.offsets[row] < ratings.offsets[row + 1];
}

/// The columns of the rows with ratings become rows.
Csr readers_of(const Csr& features, const cpu::BlockRatings& ratings) {
  Csr rated;
  rated.columns = features.columns;
  for (std::int64_t r = 0; r < features.rows(); ++r) {
    if (is_rated(ratings, r)) {
      const auto indices = features.view().row_indices(r);
      const auto values = features.view().row_values(r);
      rated.indices.insert(rated.indices.end(), indices.begin(), indices.end());
      rated.values.insert(rated.values.end(), values.begin(), values.end());
    }
    rated.offsets.push_back(rated.entries());
  }
  return transposed(rated.view());
}

Array<BayesField> fields_of(const cpu::BlockShape& shape) {
  Array<BayesField> fields;
  for (const Field& field : shape.fields) {
    fields.push_back({static_cast<std::int32_t>(field.first), static_cast<std::int32_t>(field.last)});
  }
  if (shape.vectors.columns > 0) {
    const std::int64_t first = shape.features.columns;
    fields.push_back({static_cast<std::int32_t>(first), static_cast<std::int32_t>(first + shape.vectors.columns)});
  }
  return fields;
}

/// Those with a reader, ascending.
Array<cpu::Column> read_columns(CsrView readers, Span<const BayesField> fields) {
  Array<cpu::Column> columns;
  for (std::int32_t f = 0; f < fields.size(); ++f) {
    for (std::int32_t c = fields[f].first; c < fields[f].last; ++c) {
      if (readers.row_size(c) > 0) columns.push_back({c, f});
    }
  }
  return columns;
}

}  // namespace

BayesBlock::BayesBlock(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
                       const cpu::BlockModel& model, const Random& random, const BayesView& values)
    : BayesBlock(device, shape, ratings, model, random, values,
                 feature_columns(shape.rows, shape.features, shape.vectors)) {}

BayesBlock::BayesBlock(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
                       const cpu::BlockModel& model, const Random& random, const BayesView& values, const Csr& features)
    : prior_(model.prior),
      identity_(shape.identity),
      prior_random_(cpu::random_of(random, 0)),
      row_random_(cpu::random_of(random, 1)),
      column_random_(cpu::random_of(random, 2)),
      offsets_(device, ratings.offsets),
      first_(arranged(device, ratings.first, ratings.entries)),
      second_(arranged(device, ratings.second, ratings.entries)),
      order_(device, ratings.entries),
      residuals_(device, ratings.first.size()),
      plan_(device, rows_alone(ratings.offsets)),
      features_(device, features.view()),
      values_(values) {
  for (std::int64_t r = 0; r < shape.rows; ++r) cold_ = cold_ || !is_rated(ratings, r);
  collect_columns(device, shape, ratings, features);
  const std::vector<NormalPrior> first(static_cast<std::size_t>(model.dimensions * (fields_.size() + 1)));
  priors_ = {device, Span<const NormalPrior>(first)};
  start_block(device, view());
}

void BayesBlock::collect_columns(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
                                 const Csr& features) {
  const std::int64_t factors = values_.vectors.columns;
  const Csr readers = readers_of(features, ratings);
  const Array<BayesField> fields = fields_of(shape);
  const Array<cpu::Column> columns = read_columns(readers.view(), fields);
  steps_ = column_steps(readers.view(), columns);
  readers_ = {device, readers.view()};
  fields_ = {device, Span<const BayesField>(fields)};
  columns_ = {device, Span<const cpu::Column>(columns)};
  weights_ = {device, features.columns, factors};
  partials_ = {device, column_partials(steps_)};
  if (columns.empty()) return;
  quads_ = {device, shape.rows};
  if (identity_) own_ = {device, shape.rows, factors};
}

std::int64_t BayesBlock::bytes(const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
                               std::int64_t dimensions) {
  const std::int64_t size = ratings.first.size(), factors = dimensions - 1;
  const std::int64_t columns = shape.features.columns + shape.vectors.columns;
  const std::int64_t fields = shape.fields.size() + (shape.vectors.columns > 0 ? 1 : 0);
  const std::int64_t read = shape.features.entries() + shape.vectors.rows * shape.vectors.columns;
  const std::int64_t of_ratings = 8 * ratings.offsets.size() + 4 * size + 4 * ratings.second.size() +
                                  8 * ratings.entries.size() + 4 * size + RowPlan::bytes(rows_alone(ratings.offsets));
  const std::int64_t of_features = 8 * (shape.rows + 1) + 8 * (columns + 1) + 2 * 8 * read + 8 * (columns + fields) +
                                   BayesTable::bytes(columns, factors) +
                                   static_cast<std::int64_t>(sizeof(NormalPrior)) * dimensions * (fields + 1);
  if (read == 0) return of_ratings + of_features;
  return of_ratings + of_features + static_cast<std::int64_t>(sizeof(BayesQuad)) * shape.rows +
         (shape.identity ? BayesTable::bytes(shape.rows, factors) : 0) + most_column_partials(shape.rows);
}

BayesBlockView BayesBlock::view() {
  return {.offsets = offsets_.span(),
          .first = first_.span(),
          .second = second_.span(),
          .order = order_.span(),
          .residual = residuals_.span(),
          .plan = plan_.view(),
          .features = features_.view(),
          .readers = readers_.view(),
          .columns = columns_.span(),
          .fields = fields_.span(),
          .values = values_,
          .own = columns_.size() == 0 ? values_ : own_.view(),
          .identity = identity_,
          .weights = weights_.view(),
          .priors = priors_.span(),
          .quads = quads_.span(),
          .prior_random = prior_random_,
          .row_random = row_random_,
          .column_random = column_random_,
          .prior = prior_};
}

void BayesBlock::sample(Device& device, const BayesGiven& given) {
  const BayesBlockView block = view();
  draw_priors(device, block, given.number);
  if (columns_.size() > 0) {
    sample_by_dimension(device, block, given);
  } else if (identity_) {
    sample_rows(device, block, given);
  }
  if (cold_ && features_.view().entries() > 0) represent(device, block, BayesRows::cold);
}

/// Each dimension's identities, then its columns; four dimensions are summed at a time.
void BayesBlock::sample_by_dimension(Device& device, const BayesBlockView& block, const BayesGiven& given) {
  const std::int64_t dimensions = block.values.dimensions(), passes = 1 + block.values.quads();
  std::int64_t dimension = 0;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    pass_rows(device, block, given, pass);
    const std::int64_t end = std::min(1 + 4 * pass, dimensions);
    for (; dimension < end; ++dimension) {
      draw_identities(device, block, given, dimension);
      draw_columns(device, block, given, dimension, steps_, partials_.span());
    }
  }
  pass_rows(device, block, given, passes);
}

}  // namespace embrace::gpu
