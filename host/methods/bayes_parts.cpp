#include "host/methods/bayes_parts.hpp"

#include <algorithm>

namespace embrace::cpu {
namespace {

BlockShape shape_of(std::int64_t rows, const Features* features) {
  BlockShape shape{.rows = rows, .identity = true};
  if (features != nullptr) {
    shape.features = features->rows.view();
    shape.fields = features->fields;
    shape.vectors = features->vectors.view();
  }
  return shape;
}

}  // namespace

BayesParts::BayesParts(const Problem& problem) : user_of(problem.ratings.entries()) {
  const CsrView ratings = problem.ratings;
  for (std::int32_t u = 0; u < ratings.rows; ++u) {
    std::fill(user_of.begin() + ratings.offsets[u], user_of.begin() + ratings.offsets[u + 1], u);
  }
  if (problem.context != nullptr) contexts = distinct_rows(problem.context->rows.view());
  const Span<const std::int32_t> item_of(ratings.indices, ratings.entries());
  const std::int64_t context_rows = contexts.rows.rows();
  blocks.push_back({shape_of(problem.users(), problem.user_features),
                    {.offsets = {ratings.offsets, ratings.rows + 1},
                     .first = item_of,
                     .second = contexts.row_of,
                     .first_rows = problem.items(),
                     .second_rows = context_rows}});
  blocks.push_back({shape_of(problem.items(), problem.item_features),
                    {.offsets = {problem.by_item.offsets, problem.by_item.rows + 1},
                     .entries = problem.by_item_order,
                     .first = user_of,
                     .second = contexts.row_of,
                     .first_rows = problem.users(),
                     .second_rows = context_rows}});
  if (problem.context == nullptr) return;
  by_context = group(contexts.row_of, context_rows);
  blocks.push_back({{.rows = context_rows, .features = contexts.rows.view(), .fields = problem.context->fields},
                    {.offsets = by_context.offsets,
                     .entries = by_context.entries,
                     .first = user_of,
                     .second = item_of,
                     .first_rows = problem.users(),
                     .second_rows = problem.items()}});
}

}  // namespace embrace::cpu
