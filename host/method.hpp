// The whole interface between methods and the rest: Problem in, Trainer out, described by a Method.
// A method sees matrices, never "genres". Adding one: host/methods/<name>.cpp, cuda/methods/<name>.cu, one line in
// methods.def.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/array.hpp"
#include "host/hyper.hpp"
#include "host/matrix.hpp"
#include "host/scale.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/task.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// A range of feature columns with one meaning, e.g. genres.
struct Field {
  enum class Kind {
    one_hot,    // at most one entry a row, value 1
    multi_hot,  // any number of entries a row; values are weights that sum to about 1, or 1 each
    numbers,    // real values, standardised on the training part
  };
  std::string name;
  std::int64_t first = 0;  // columns [first, last)
  std::int64_t last = 0;
  Kind kind = Kind::one_hot;
};

/// Side information: one sparse row per user, item or pair. Identity is not in it; a method adds its own. Users and
/// items without a rating, those held out of training among them, have rows as well.
///
/// Beside them each user or item may have a frozen vector, which another method has made: given, not learned, and
/// dense, so that a model reads a block of them by one matrix product. They are one more field, behind all others; what
/// a model makes of them is what it would make of the same values in a field of numbers.
struct Features {
  Csr rows;
  std::vector<Field> fields;  // disjoint, ascending, covering all columns
  Matrix vectors{};           // entities × length, zero where there is none; no columns: without. Not of a context
};

/// What there is to learn from. All of it is the training part; nothing here has seen a test rating. In the ranking
/// task every entry of `ratings` is a positive, whatever its value; a method that makes use of the value says so.
/// Views and references stay valid for the Trainer's life.
struct Problem {
  CsrView ratings;                         // users × items
  CsrView by_item;                         // the same, transposed
  Span<const std::int64_t> by_item_order;  // entry of `ratings` behind each entry of `by_item`
  Scale scale{};                           // of the ratings; predictions are clipped to it after predict()
  Task task = Task::rating;
  const Features* user_features = nullptr;  // one row a user; null when the information has none
  const Features* item_features = nullptr;  // one row an item
  const Features* context = nullptr;        // one row an entry of `ratings` (time); rating task only
  const Hyper& hyper;
  std::uint64_t seed = 0;
  Threads& threads;

  std::int64_t users() const { return ratings.rows; }
  std::int64_t items() const { return ratings.columns; }
};

/// Pairs to be predicted. context.rows is 0 when the problem had no context, else the number of pairs.
struct PairsView {
  Span<const std::int32_t> users;
  Span<const std::int32_t> items;
  CsrView context{};
};

/// Vectors and biases that explain a model's score: offset + user_bias + item_bias + <user, item>.
/// Views into the trainer; valid until its next epoch. An absent bias is an empty span.
struct EmbeddingView {
  ConstMatrixView users;  // users × factors (factors may be 0)
  ConstMatrixView items;  // items × factors
  Span<const float> user_bias;
  Span<const float> item_bias;
  float offset = 0;
};

/// A place of a user's list; item -1: the list ended before.
struct ScoredItem {
  std::int32_t item = -1;
  float score = 0;
};

/// What an epoch did. `objective` is any training figure that stops being finite when the model does
/// (best: the mean training loss).
struct EpochResult {
  double objective = 0;
  std::int64_t updates = 0;  // ratings (or sampled pairs) processed; the unit of updates/s
};

/// What a method has learned, and learns with. Those whose model is vectors and biases derive from EmbeddingTrainer
/// (host/learning/embedding_trainer.hpp), sums over a user's items from ItemTrainer (host/learning/item_trainer.hpp).
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// Pairs, without their ratings, for which predict() will be called after training, all in this order: a method that
  /// averages over its epochs (Traits::averages) sums their predictions as it goes; what it learns may not depend on
  /// them. Called before the first epoch; the views stay valid for the Trainer's life.
  virtual void watch(const PairsView&) {}
  /// One pass over the data; finished when it returns, so the caller may time it. Throws Diverged when it notices. Of a
  /// closed form the first call is the whole training; another one must leave every prediction as it is, to the bit.
  virtual EpochResult epoch() = 0;
  /// Predicted ratings of pairs, not clipped (rating task), or scores (ranking task).
  virtual void predict(const PairsView& pairs, Span<float> out) const = 0;
  /// Scores of all items for each user; out is users.size() × items.
  virtual void score(Span<const std::int32_t> users, MatrixView out) const = 0;
  /// The first `depth` items of each user's list: score descending, then lower item; the items in row u of `mask` are
  /// left out. out is users.size() × depth. False: not offered, the caller ranks what score() gives. Throws Diverged
  /// when a score is not finite.
  virtual bool rank(Span<const std::int32_t> /*users*/, CsrView /*mask*/, std::int64_t /*depth*/,
                    Span<ScoredItem> /*out*/) const {
    return false;
  }
  /// For users that were held out of training (strong generalization): rows of `ratings` with entries are such
  /// users' known ratings. The view need not outlive the call: a trainer copies what it keeps. Only called when the
  /// method declares Traits::fold_in. Default: does nothing, right for methods whose score does not depend on the user.
  virtual void fold_in(CsrView /*ratings*/) {}
  /// Nothing for a model that is no vectors and biases.
  virtual std::optional<EmbeddingView> embedding() const { return std::nullopt; }
  /// What the trainer planned to put on its device, in words; empty for one that lives in the host's memory.
  virtual std::string device_memory() const { return {}; }

 protected:
  explicit Trainer(Threads& threads) : threads_(threads) {}
  Threads& threads_;
};

/// What a method can do and promises.
struct Traits {
  bool rating = true;          // supports the rating task
  bool ranking = true;         // supports the ranking task
  bool user_features = false;  // reads Problem::user_features
  bool item_features = false;
  bool context = false;
  bool fold_in = false;
  bool closed_form = false;  // one epoch is the whole training; takes no `epochs`
  bool schedules = false;    // what an epoch does depends on how many there will be
  bool chance = true;        // the seed matters
  bool averages = false;     // predictions are averages over epochs, of pairs that watch() was told
  bool lock_free = false;    // threads race on purpose: the same seed need not give the same bits
};

/// Largest relative difference between the CPU's and a GPU's metrics that counts as agreement, with the reason. Metrics
/// of rankings move more: they count what comes first, and near ties change places.
struct Parity {
  double rating = 0;
  double ranking = 0;
  std::string reason;
  double relative(Task task) const { return task == Task::rating ? rating : ranking; }
};

struct MethodInfo {
  std::string family;   // what kind of model it is, for tables: "factorization"
  std::string summary;  // one sentence
  std::string source;   // paper and equation
  Traits traits;
  std::vector<HyperSpec> hyper;  // `epochs` is one of them unless closed_form
  Parity parity;
  std::vector<SearchRange>
      search{};  // of what decides accuracy; the others keep their value, which is a matter of cost
};

using Factory = std::unique_ptr<Trainer> (*)(const Problem&);

struct Method {
  std::string name;  // as users write it: "user-mean"
  MethodInfo info;
  Factory cpu = nullptr;
};

}  // namespace embrace
