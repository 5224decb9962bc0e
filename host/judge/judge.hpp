// A judge: a recommender that is given vectors of users and items, which stay as they are unless its name says that it
// trains them; it learns from one part of the training ratings
// what they say about ratings, chooses its setting and its epoch on another part, and predicts the test.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/array.hpp"
#include "host/judge/choice.hpp"
#include "host/judge/free_vectors.hpp"
#include "host/judge/pair_inputs.hpp"
#include "host/judge/rank.hpp"
#include "host/scale.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Pairs with their ratings, in any order.
struct RatedPairs {
  Array<std::int32_t> users, items;
  Array<float> ratings;
  std::int64_t size() const { return users.size(); }
};

/// What a judge of ratings works on. Users and items have a bias of their own in every judge. Where the test has cold
/// items, items have none in a network: none could be used there, and the vectors must explain what is left.
struct RatingCase {
  const PairInputs& inputs;  // fitted on `fit`
  const Csr& fit;            // users × items
  const RatedPairs& validation;
  const RatedPairs& test;  // its ratings are not looked at
  Scale scale;             // predictions are clipped to it
  bool item_biases = true;
  VectorMode vectors = VectorMode::frozen;
  const ProfileCase* profiles = nullptr;  // behind the inputs' users; where vectors are not frozen
  Threads& threads;
};

/// What became of one seed.
struct Verdict : Choice {
  Array<float> predictions;  // of the test pairs, clipped
};

/// A verdict for each seed. The setting is chosen once, with seed 1, whatever the seeds are.
using RateFunction = std::vector<Verdict> (*)(const RatingCase&, Span<const std::uint64_t> seeds);

struct JudgeInfo {
  std::string name;             // as users write it, mlp:fine-tuned; the record's method is "judge-" and this
  std::string summary;          // one sentence
  std::string source;           // paper
  bool chance = true;           // the seed matters
  RateFunction rate = nullptr;  // null: no judge of ratings
  RankFunction rank = nullptr;  // null: no judge of rankings
  VectorMode vectors = VectorMode::frozen;
  bool network = false, cross = false;  // is it a network, with a cross layer?
};

/// All of them, in the order of their listing.
const std::vector<JudgeInfo>& judges();
/// Throws UsageError with the nearest name.
const JudgeInfo& find_judge(std::string_view name);

/// Root mean square of the differences, predictions clipped to the scale.
double clipped_rmse(Span<const float> predictions, Span<const float> ratings, const Scale& scale);

std::vector<Verdict> rate_by_ridge(const RatingCase& work, Span<const std::uint64_t> seeds);
std::vector<Verdict> rate_by_mlp(const RatingCase& work, Span<const std::uint64_t> seeds);
std::vector<Verdict> rate_by_cross(const RatingCase& work, Span<const std::uint64_t> seeds);

}  // namespace embrace::judge
