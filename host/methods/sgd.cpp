// sgd: biased matrix factorization by stochastic gradient descent; r_ui ≈ mean + b_u + b_i + p_u · q_i.
// One update, for the rating r of user u and item i (Koren, Bell, Volinsky 2009, "Matrix Factorization Techniques for
// Recommender Systems"; the penalty of a row is spread over its ratings):
//   e = r - mean - b_u - b_i - p_u · q_i
//   p_u += η (e q_i - λ n_u^(ν-1) p_u)   b_u += η (e - λ_b / n_u b_u)   and the same for the item
// so that an epoch penalises a row by λ n^ν |p|² + λ_b b², as als does. η falls linearly from learning_rate to a
// twentieth of it over the declared epochs, and stays there.
//
// Order (Gemulla et al. 2011, stratified): users and items are dealt into as many strips each as the number of
// ratings allows, giving a grid of blocks. A round takes one block of every strip of users with different strips of
// items: these share no row, so they run at the same time and the result does not depend on threads. The order of
// rounds and of groups of 16 neighbouring users in a block is drawn anew each epoch. A user's vector stays in registers
// or the first-level cache for a run of ratings, a strip of items in the second-level cache, and what a group needs
// lies side by side in memory.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/first_vectors.hpp"
#include "host/math/aggregate.hpp"
#include "host/math/normal_equations.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/methods/sgd_kernel.hpp"
#include "host/random.hpp"

namespace embrace::cpu {
namespace {

/// Number of strips: a power of two. Blocks hold 2048 ratings or more, so that handing them out costs nothing. Beyond
/// 16 strips a row has 8 ratings or more in a block on average: its vector comes from memory once in each of them.
std::int64_t strips_for(CsrView ratings) {
  const std::int64_t all = ratings.entries(), rows = std::max(ratings.rows, ratings.columns);
  std::int64_t strips = 1;
  while (strips < 64 && 4 * strips * strips * 2048 <= all && (strips < 16 || 2 * strips * 8 * rows <= all)) strips *= 2;
  return strips;
}

/// Rows are dealt in groups of 16 neighbours: their biases fill a cache line, which then has one writer at a time, and
/// their vectors follow each other.
constexpr std::int64_t group_rows = 16;

/// Strip of each group: dealt by falling number of ratings, there and back, so that strips hold about the same number.
Array<std::int32_t> deal(CsrView rows, std::int64_t strips) {
  const std::int64_t groups = (rows.rows + group_rows - 1) / group_rows;
  const auto ratings = [&](std::int64_t g) {
    return rows.offsets[std::min(rows.rows, (g + 1) * group_rows)] - rows.offsets[g * group_rows];
  };
  Array<std::int64_t> order(groups);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return ratings(a) > ratings(b); });
  Array<std::int32_t> strip(order.size());
  for (std::int64_t n = 0; n < groups; ++n) {
    const std::int64_t place = n % (2 * strips);
    const std::int64_t s = place < strips ? place : 2 * strips - 1 - place;
    strip[order[n]] = static_cast<std::int32_t>(s);
  }
  return strip;
}

struct Block {
  Array<UserRun> runs;         // by user
  Array<std::int32_t> groups;  // run with which each group of users begins; the end comes last

  /// The runs, groups in random order.
  void shuffled(const Random& random, std::uint32_t stream, Array<UserRun>& out) const;
};

void Block::shuffled(const Random& random, std::uint32_t stream, Array<UserRun>& out) const {
  Array<std::int32_t> order(groups.size() - 1);
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random, stream);
  out.clear();
  for (const std::int32_t g : order) out.insert(out.end(), runs.begin() + groups[g], runs.begin() + groups[g + 1]);
}

/// The ratings in block order, each user's part of a block in random order.
struct Blocks {
  std::int64_t strips = 1;
  Array<std::int32_t> items;
  Array<float> values;  // less the mean
  Array<Block> blocks;  // strip of users × strips + strip of items

  Blocks(CsrView ratings, CsrView by_item, double mean, const Random& random);
};

Blocks::Blocks(CsrView ratings, CsrView by_item, double mean, const Random& random)
    : strips(strips_for(ratings)), blocks(strips * strips) {
  const Array<std::int32_t> user_strip = deal(ratings, strips);
  const Array<std::int32_t> item_strip = deal(by_item, strips);
  const auto block_of = [&](std::int64_t user, std::int32_t item) {
    return (user_strip[user / group_rows] * strips + item_strip[item / group_rows]);
  };
  Array<std::int64_t> next(blocks.size() + 1, 0);
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t item : ratings.row_indices(u)) ++next[block_of(u, item) + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  items.resize(ratings.entries());
  values.resize(items.size());
  Array<std::int64_t> entries;
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    entries.resize(ratings.row_size(u));
    std::iota(entries.begin(), entries.end(), ratings.offsets[u]);
    for (auto n = static_cast<std::uint64_t>(entries.size()); n > 1; --n) {
      std::swap(entries[n - 1], entries[random.below(n, static_cast<std::uint64_t>(entries[n - 1]))]);
    }
    for (const std::int64_t e : entries) {
      const std::int64_t b = block_of(u, ratings.indices[e]);
      auto& [runs, groups] = blocks[b];
      if (runs.empty() || runs.back().user / group_rows != u / group_rows) {
        groups.push_back(static_cast<std::int32_t>(runs.size()));
      }
      if (runs.empty() || runs.back().user != u) runs.push_back({static_cast<std::int32_t>(u), 0, next[b]});
      ++runs.back().count;
      const auto place = next[b]++;
      items[place] = ratings.indices[e];
      values[place] = static_cast<float>(static_cast<double>(ratings.values[e]) - mean);
    }
  }
  for (auto& [runs, groups] : blocks) groups.push_back(static_cast<std::int32_t>(runs.size()));
}

/// regularization · n^power by row; 0 for rows without ratings.
Array<float> decay_by_row(CsrView rows, double regularization, double power) {
  Array<float> decay(rows.rows);
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto n = static_cast<double>(rows.row_size(r));
    if (n > 0) decay[r] = static_cast<float>(regularization * std::pow(n, power));
  }
  return decay;
}

struct Side {
  Matrix factors;  // rows × padded width
  AlignedVector<float> bias;
  Array<float> decay;
  Array<float> bias_decay;

  Side(CsrView rows, const Hyper& hyper, std::uint64_t seed, std::int64_t first_row)
      : factors(rows.rows, padded_width(hyper.integer("factors"))),
        bias(rows.rows),
        decay(decay_by_row(rows, hyper["regularization"], hyper["nu"] - 1)),
        bias_decay(decay_by_row(rows, hyper["bias_regularization"], -1)) {
    draw_vectors(seed, first_row, rows, initial_deviation(hyper), factors.left(hyper.integer("factors")));
  }
};

/// Far beyond any model that predicts, and small enough that sums of products stay finite.
constexpr float largest_factor = 1e15F;

bool bounded(const float* values, std::int64_t size) {
  // A NaN fails the comparison.
  return std::all_of(values, values + size, [](float x) { return std::fabs(x) < largest_factor; });
}

class Sgd final : public EmbeddingTrainer {
 public:
  explicit Sgd(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        factors_(problem.hyper.integer("factors")),
        epochs_(problem.hyper.integer("epochs")),
        learning_rate_(problem.hyper["learning_rate"]),
        mean_(aggregate_ratings(problem.ratings, threads_).mean),
        order_random_(problem.seed, Stream::shuffle),
        blocks_(problem.ratings, problem.by_item, mean_, Random(problem.seed, Stream::sampling)),
        users_(problem.ratings, problem.hyper, problem.seed, 0),
        items_(problem.by_item, problem.hyper, problem.seed, problem.users()),
        runs_(threads_.count()),
        squares_(blocks_.blocks.size()) {}

  EpochResult epoch() override {
    const auto strips = blocks_.strips;
    Array<std::int64_t> shifts(strips);
    std::iota(shifts.begin(), shifts.end(), 0);
    shuffle(shifts, order_random_, stream_of(strips * strips));
    const SgdState state = state_now();
    for (const std::int64_t shift : shifts) {
      threads_.for_each(strips, [&](std::int64_t strip, int worker) {
        const std::int64_t block = strip * strips + (strip + shift) % strips;
        Array<UserRun>& runs = runs_[worker];
        blocks_.blocks[block].shuffled(order_random_, stream_of(block), runs);
        squares_[block] = descend(state, runs);
      });
    }
    ++done_;
    const double squares = std::accumulate(squares_.begin(), squares_.end(), 0.0);
    const auto n = blocks_.values.size();
    if (!std::isfinite(squares) || !side_bounded(users_) || !side_bounded(items_)) {
      throw Diverged("factors grow without bound; lower the learning rate");
    }
    return {squares / static_cast<double>(std::max<std::int64_t>(1, n)), n};
  }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.factors.left(factors_), items_.factors.left(factors_), users_.bias, items_.bias,
                         static_cast<float>(mean_)};
  }

 private:
  /// Counter of a shuffle: one for each block and, after those, one for the rounds of the epoch.
  std::uint32_t stream_of(std::int64_t block) const {
    return static_cast<std::uint32_t>(done_ * (blocks_.strips * blocks_.strips + 1) + block);
  }
  static bool side_bounded(const Side& side) {
    return bounded(side.factors.data(), side.factors.size()) && bounded(side.bias.data(), side.bias.size());
  }
  SgdState state_now() {
    const double done = static_cast<double>(done_) / static_cast<double>(epochs_);
    return {users_.factors.data(),    items_.factors.data(),
            users_.bias.data(),       items_.bias.data(),
            users_.decay.data(),      items_.decay.data(),
            users_.bias_decay.data(), items_.bias_decay.data(),
            blocks_.items.data(),     blocks_.values.data(),
            users_.factors.columns(), static_cast<float>(learning_rate_ * std::max(0.05, 1.0 - done))};
  }

  std::int64_t factors_;
  std::int64_t epochs_;
  double learning_rate_;
  double mean_;
  Random order_random_;
  Blocks blocks_;
  Side users_;
  Side items_;
  Array<Array<UserRun>> runs_;  // of the block at hand, by worker
  Array<double> squares_;       // by block; summed in their order
  std::int64_t done_ = 0;
};

}  // namespace

MethodInfo sgd_info() {
  return {"factorization",
          "Matrix factorization with biases by stochastic gradient descent",
          "Koren, Bell, Volinsky 2009; blocks as in Gemulla, Nijkamp, Haas, Sismanis 2011",
          {.schedules = true},
          {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
           {"epochs", 50, 50, 1, 10000, true, "passes over the ratings; the learning rate falls over them"},
           {"learning_rate", 0.02, 0.02, 1e-9, 1e6, false, "first step size"},
           {"regularization", 1.2, 1.2, 0, 1e6, false, "of a vector, times its number of ratings to the power nu"},
           {"nu", 0.5, 0.5, 0, 2, false, "how the regularization grows with the number of ratings"},
           {"bias_regularization", 3, 3, 0, 1e6, false, "of a bias"},
           {"spread", 0.4, 0.4, 0, 100, false, "initial standard deviation of a factor, times sqrt(factors)"}},
          {1e-3, 0.02,
           "a GPU deals the rows into more strips: free of conflicts too, in another order; metrics move by less than "
           "with another seed"},
          {{"epochs", 10, 80},
           {"learning_rate", 0.003, 0.1},
           {"regularization", 0.05, 20},
           {"nu", 0, 1, SearchRange::Scale::linear},
           {"bias_regularization", 0.1, 100},
           {"spread", 0.05, 2}}};
}

std::unique_ptr<Trainer> make_sgd(const Problem& problem) { return std::make_unique<Sgd>(problem); }

}  // namespace embrace::cpu
