#include "host/learning/sides.hpp"

#include "host/error.hpp"
#include "host/learning/samples.hpp"

namespace embrace {

Array<ModelSide> make_sides(const Problem& problem, EmbeddingTable::Slices slices) {
  if (problem.context != nullptr && problem.context->vectors.columns() > 0) {
    throw Unsupported("contexts have no frozen vectors");  // pairs to be predicted could not bring theirs
  }
  Array<ModelSide> sides;
  const auto add = [&](bool identity, const Features* features, const Array<std::int64_t>& samples) {
    EmbeddingTable table(samples.size(), identity, features, samples, slices, problem.hyper.integer("factors"),
                         initial_deviation(problem.hyper), problem.seed, static_cast<std::uint32_t>(sides.size()));
    Array<float> penalties = table.penalties(samples, problem.hyper["regularization"], problem.hyper["nu"]);
    sides.push_back({std::move(table), std::move(penalties)});
  };
  add(true, problem.user_features, row_sizes(problem.ratings));
  add(true, problem.item_features, row_sizes(problem.by_item));
  if (problem.context != nullptr) add(false, problem.context, Array<std::int64_t>(problem.ratings.entries(), 1));
  return sides;
}

}  // namespace embrace
