#include "host/data/synthetic/synthetic.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/data/synthetic/synthetic_world.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

using synthetic::Use;
using synthetic::World;

constexpr std::int64_t kMostUsers = 50'000'000, kMostItems = 10'000'000, kMostRatings = 1'000'000'000;
constexpr std::int64_t kFewest = 20;           // ratings a user, when there are enough
constexpr std::int64_t kUsersPerTask = 256;    // fixed, so that the bits do not depend on the threads
constexpr std::int64_t kMostTags = 1'000'000;  // so that the tags of 1e9 ratings still fit in memory

std::uint32_t use(Use u) { return static_cast<std::uint32_t>(u); }

/// A counter for the n-th number of a user.
std::uint64_t counter(std::int64_t user, std::int64_t n) {
  return (static_cast<std::uint64_t>(user) << 32U) | static_cast<std::uint64_t>(n);
}

std::vector<std::int32_t> permutation(std::int64_t size, const Random& random, Use purpose) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(size));
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = static_cast<std::int32_t>(n);
  shuffle(order, random, use(purpose));
  return order;
}

/// Hands out `rest` to the ranks in proportion to their weights; nobody gets more than `most`.
void hand_out(std::vector<std::int64_t>& counts, const std::vector<double>& weights, std::int64_t rest,
              std::int64_t most) {
  while (rest > 0) {
    double total = 0;
    for (std::size_t r = 0; r < counts.size(); ++r) total += counts[r] < most ? weights[r] : 0;
    const std::int64_t before = rest;
    const auto share = static_cast<double>(rest);
    for (std::size_t r = 0; r < counts.size(); ++r) {
      if (counts[r] >= most) continue;
      const auto wanted = static_cast<std::int64_t>(share * weights[r] / total);
      const std::int64_t given = std::min({wanted, most - counts[r], rest});
      counts[r] += given;
      rest -= given;
    }
    if (rest < before && rest > static_cast<std::int64_t>(counts.size())) continue;
    for (std::size_t r = 0; r < counts.size() && rest > 0; ++r) {  // what rounding left over
      if (counts[r] >= most) continue;
      ++counts[r];
      --rest;
    }
  }
}

/// offsets[u] … offsets[u + 1]: the ratings of user u.
std::vector<std::int64_t> user_offsets(const SyntheticSpec& spec, const Random& random) {
  const auto users = static_cast<std::size_t>(spec.users);
  const std::int64_t fewest = std::min({kFewest, spec.ratings / spec.users, spec.items});
  // Half the catalogue at most, unless the size asked for needs more: beyond it, popularity would not show.
  const std::int64_t average = (spec.ratings + spec.users - 1) / spec.users;
  const std::int64_t most =
      std::max({(spec.items + 1) / 2, std::min(spec.items, average + average / 2), std::int64_t{1}});
  std::vector<double> weights(users);
  for (std::size_t r = 0; r < users; ++r) {
    const double root = std::sqrt(static_cast<double>(r) + 20);
    weights[r] = 1 / (root * std::sqrt(root));
  }
  std::vector<std::int64_t> counts(users, fewest);
  hand_out(counts, weights, spec.ratings - fewest * spec.users, most);
  const auto order = permutation(spec.users, random, Use::user_order);
  std::vector<std::int64_t> offsets(users + 1, 0);
  for (std::size_t r = 0; r < users; ++r) offsets[static_cast<std::size_t>(order[r]) + 1] = counts[r];
  for (std::size_t u = 0; u < users; ++u) offsets[u + 1] += offsets[u];
  return offsets;
}

/// Ranks with probability proportional to about (rank + c)^-3/2: its integral is inverted with a square root alone.
class Popularity {
 public:
  explicit Popularity(std::int64_t items)
      : items_(items),
        shift_(10 + static_cast<double>(items) * 0.08),
        first_(1 / std::sqrt(shift_)),
        width_(first_ - 1 / std::sqrt(shift_ + static_cast<double>(items))) {}
  std::int64_t rank(double uniform) const {
    const double root = first_ - uniform * width_;
    const auto rank = static_cast<std::int64_t>(1 / (root * root) - shift_);
    return std::clamp<std::int64_t>(rank, 0, items_ - 1);
  }

 private:
  std::int64_t items_;
  double shift_, first_, width_;
};

/// Chooses the items of one user after the other; owned by one worker.
class Chooser {
 public:
  Chooser(const SyntheticSpec& spec, const World& world, const std::vector<std::int32_t>& item_order,
          const Random& random)
      : spec_(spec), world_(world), order_(item_order), random_(random), popularity_(spec.items) {
    taken_.assign(static_cast<std::size_t>(spec.items), -1);
  }

  /// Items (from 0) of a user that has the ratings [begin, end), in random order.
  const std::vector<std::int32_t>& choose(std::int64_t user, std::int64_t begin, std::int64_t end) {
    chosen_.clear();
    user_ = user;
    require(begin, end);
    draw(end - begin);
    fill(end - begin);
    for (auto n = static_cast<std::int64_t>(chosen_.size()); n > 1; --n) {
      const auto j = random_.below(static_cast<std::uint64_t>(n), counter(user, n), use(Use::rating_order));
      std::swap(chosen_[static_cast<std::size_t>(n - 1)], chosen_[static_cast<std::size_t>(j)]);
    }
    return chosen_;
  }

 private:
  void take(std::int32_t item) {
    auto& mark = taken_[static_cast<std::size_t>(item)];
    if (mark == user_) return;
    mark = static_cast<std::int32_t>(user_);
    chosen_.push_back(item);
  }

  /// Item of rank r belongs to rating floor(r * ratings / items): so every item is rated at least once.
  void require(std::int64_t begin, std::int64_t end) {
    const std::int64_t items = std::min(spec_.items, spec_.ratings);
    std::int64_t r = (begin * items + spec_.ratings - 1) / spec_.ratings;
    for (; r < items && r * spec_.ratings / items < end; ++r) take(order_[static_cast<std::size_t>(r)]);
  }

  void draw(std::int64_t wanted) {
    const std::int64_t most = 24 * wanted + 64;
    for (std::int64_t n = 0; n < most && size() < wanted; ++n) {
      const auto bits = random_.bits(counter(user_, n), use(Use::item_draw));
      const double u = (static_cast<double>((std::uint64_t{bits[0]} << 20U) | (bits[1] >> 12U)) + 0.5) * 0x1p-52;
      const std::int32_t item = order_[static_cast<std::size_t>(popularity_.rank(u))];
      if (taken_[static_cast<std::size_t>(item)] == user_) continue;
      const double liking = std::clamp(0.35 + 0.30 * world_.affinity(user_, item), 0.04, 1.0);
      if (static_cast<double>(bits[2]) * 0x1p-32 < liking) take(item);
    }
  }

  /// A user of nearly everything: the rest from a random place on.
  void fill(std::int64_t wanted) {
    if (size() == wanted) return;
    auto r = static_cast<std::int64_t>(
        random_.below(static_cast<std::uint64_t>(spec_.items), counter(user_, 0), use(Use::item_fill)));
    for (; size() < wanted; r = r + 1 == spec_.items ? 0 : r + 1) take(order_[static_cast<std::size_t>(r)]);
  }

  std::int64_t size() const { return static_cast<std::int64_t>(chosen_.size()); }

  const SyntheticSpec& spec_;
  const World& world_;
  const std::vector<std::int32_t>& order_;
  const Random& random_;
  Popularity popularity_;
  std::vector<std::int32_t> taken_;  // the last user that took the item
  std::vector<std::int32_t> chosen_;
  std::int64_t user_ = 0;
};

/// A user comes in sessions of about thirty ratings, some seconds apart, with days between.
class Clock {
 public:
  Clock(std::int64_t user, const Random& random) : user_(user), random_(random) {
    constexpr std::int64_t start = 956'703'932, span = 2 * 365 * 86400;
    now_ = start + static_cast<std::int64_t>(random.below(span, counter(user, 0), use(Use::time)));
  }
  std::int64_t next() {
    const auto bits = random_.bits(counter(user_, ++number_), use(Use::time));
    now_ += bits[0] % 30 == 0 ? 43'200 + bits[1] % (20 * 86'400) : bits[1] % 45;
    return now_;
  }

 private:
  std::int64_t user_, number_ = 0, now_ = 0;
  const Random& random_;
};

struct Task {
  double squares = 0;  // of best prediction - rating
  std::string sha256;
  std::vector<TagUse> tags;
};

class Generator {
 public:
  Generator(const SyntheticSpec& spec, Threads& threads)
      : spec_(spec),
        threads_(threads),
        random_(spec.seed, Stream::synthetic),
        world_(synthetic::make_world(spec, threads)),
        offsets_(user_offsets(spec, random_)),
        item_order_(permutation(spec.items, random_, Use::item_order)) {
    constexpr std::uint64_t all = std::uint64_t{1} << 32U;
    const auto ratings = static_cast<std::uint64_t>(spec.ratings);
    tag_threshold_ = std::min(all / 20, all * static_cast<std::uint64_t>(kMostTags) / ratings);
  }

  Dataset make() {
    const auto size = static_cast<std::size_t>(spec_.ratings);
    ratings_.users.resize(size);
    ratings_.items.resize(size);
    ratings_.values.resize(size);
    ratings_.times.resize(size);
    std::vector<Task> tasks(static_cast<std::size_t>((spec_.users + kUsersPerTask - 1) / kUsersPerTask));
    std::vector<std::unique_ptr<Chooser>> choosers(static_cast<std::size_t>(threads_.count()));
    threads_.for_each(static_cast<std::int64_t>(tasks.size()), [&](std::int64_t t, int worker) {
      auto& chooser = choosers[static_cast<std::size_t>(worker)];
      if (!chooser) chooser = std::make_unique<Chooser>(spec_, world_, item_order_, random_);
      make_users(t * kUsersPerTask, std::min((t + 1) * kUsersPerTask, spec_.users), *chooser,
                 tasks[static_cast<std::size_t>(t)]);
    });
    return finish(tasks);
  }

 private:
  void make_users(std::int64_t first, std::int64_t last, Chooser& chooser, Task& task) {
    for (std::int64_t u = first; u < last; ++u) make_user(u, chooser, task);
    const auto begin = static_cast<std::size_t>(offsets_[static_cast<std::size_t>(first)]);
    const auto count = static_cast<std::size_t>(offsets_[static_cast<std::size_t>(last)]) - begin;
    Sha256 digest;
    digest.add(ratings_.users.data() + begin, count * sizeof(std::int32_t));
    digest.add(ratings_.items.data() + begin, count * sizeof(std::int32_t));
    digest.add(ratings_.values.data() + begin, count * sizeof(float));
    digest.add(ratings_.times.data() + begin, count * sizeof(std::int64_t));
    task.sha256 = digest.hex();
  }

  void make_user(std::int64_t u, Chooser& chooser, Task& task) {
    const std::int64_t begin = offsets_[static_cast<std::size_t>(u)], end = offsets_[static_cast<std::size_t>(u) + 1];
    const auto& items = chooser.choose(u, begin, end);
    Clock clock(u, random_);
    for (std::int64_t n = 0; n < end - begin; ++n) {
      const std::int32_t item = items[static_cast<std::size_t>(n)];
      const double mean = world_.mean(u, item);
      const int rating = synthetic::noisy_rating(mean, synthetic::bell(random_.bits(counter(u, n), use(Use::noise))));
      const double error = synthetic::expected_rating(mean) - rating;
      task.squares += error * error;
      const auto p = static_cast<std::size_t>(begin + n);
      ratings_.users[p] = static_cast<std::int32_t>(u);
      ratings_.items[p] = item;
      ratings_.values[p] = static_cast<float>(rating);
      ratings_.times[p] = clock.next();
      tag(u, n, p, task);
    }
  }

  /// About every twentieth rating comes with a tag: two thirds of them are true of the movie.
  void tag(std::int64_t u, std::int64_t n, std::size_t p, Task& task) const {
    const auto bits = random_.bits(counter(u, n), use(Use::tag));
    if (bits[0] >= tag_threshold_) return;
    const auto& concepts = world_.items[static_cast<std::size_t>(ratings_.items[p])].concepts;
    const std::uint32_t kind = bits[1] % 6;
    const char* text = kind < 4    ? synthetic::concept_name(concepts[bits[2] % concepts.size()])
                       : kind == 4 ? synthetic::concept_name(static_cast<int>(bits[2] % synthetic::kConcepts))
                                   : synthetic::noise_tag(static_cast<int>(bits[2] % synthetic::kNoiseTags));
    const auto item = static_cast<std::int64_t>(ratings_.items[p]);
    task.tags.push_back({u + 1, item + 1, text, ratings_.times[p] + 5 + bits[3] % 60});
  }

  Dataset finish(std::vector<Task>& tasks) {
    Dataset data;
    Sha256 digest;
    digest.add("synthetic 1\n");
    double squares = 0;
    for (Task& task : tasks) {
      squares += task.squares;
      digest.add(task.sha256);
      std::move(task.tags.begin(), task.tags.end(), std::back_inserter(data.catalogue.tags));
    }
    data.best_rmse = std::sqrt(squares / static_cast<double>(spec_.ratings));
    data.sha256 = digest.hex();
    data.layout = "synthetic";
    data.report.rows = spec_.ratings;
    data.catalogue.users = std::move(world_.catalogue.users);
    data.catalogue.movies = std::move(world_.catalogue.movies);
    number_ids();
    data.ratings = std::move(ratings_);
    return data;
  }

  /// Users and items without a rating (there are some only in odd sizes) have no index.
  void number_ids() {
    const auto used = [&](std::vector<std::int32_t>& indices, std::int64_t count) {
      std::vector<std::int32_t> index(static_cast<std::size_t>(count), -1);
      for (const std::int32_t i : indices) index[static_cast<std::size_t>(i)] = 0;
      std::vector<std::int64_t> ids;
      for (std::size_t i = 0; i < index.size(); ++i) {
        if (index[i] < 0) continue;
        index[i] = static_cast<std::int32_t>(ids.size());
        ids.push_back(static_cast<std::int64_t>(i) + 1);
      }
      if (static_cast<std::int64_t>(ids.size()) < count) {
        for (std::int32_t& i : indices) i = index[static_cast<std::size_t>(i)];
      }
      return ids;
    };
    ratings_.user_ids = used(ratings_.users, spec_.users);
    ratings_.item_ids = used(ratings_.items, spec_.items);
  }

  SyntheticSpec spec_;
  Threads& threads_;
  Random random_;
  World world_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> item_order_;
  std::uint64_t tag_threshold_ = 0;
  Ratings ratings_;
};

std::string size_text(const SyntheticSpec& spec) {
  return std::to_string(spec.users) + "x" + std::to_string(spec.items) + "x" + std::to_string(spec.ratings);
}

}  // namespace

SyntheticSpec parse_synthetic(const std::string& name) {
  SyntheticSpec spec;
  if (name == "synth") return spec;
  const UsageError wrong("no built-in data set '" + name + "'", "synth or synth:USERSxITEMSxRATINGS");
  if (!name.starts_with("synth:")) throw wrong;
  const char* place = name.data() + 6;
  const char* const end = name.data() + name.size();
  for (std::int64_t* number : {&spec.users, &spec.items, &spec.ratings}) {
    const auto [next, error] = std::from_chars(place, end, *number);
    const bool last = number == &spec.ratings;
    if (error != std::errc() || (last ? next != end : next == end || *next != 'x')) throw wrong;
    place = next + (last ? 0 : 1);
  }
  check_synthetic(spec);
  return spec;
}

void check_synthetic(const SyntheticSpec& spec) {
  const auto check = [](const char* what, std::int64_t number, std::int64_t most) {
    if (number < 1 || number > most) {
      throw UsageError("synthetic data with " + std::to_string(number) + " " + what + " cannot be",
                       "from 1 to " + std::to_string(most) + " " + what);
    }
  };
  check("users", spec.users, kMostUsers);
  check("items", spec.items, kMostItems);
  check("ratings", spec.ratings, kMostRatings);
  if (spec.ratings > spec.users * spec.items) {
    throw UsageError("synthetic data of " + size_text(spec) + " cannot be",
                     "there are only " + std::to_string(spec.users * spec.items) + " (user, item) pairs");
  }
}

Dataset make_synthetic(const SyntheticSpec& spec, Threads& threads) {
  check_synthetic(spec);
  Dataset data = Generator(spec, threads).make();
  const SyntheticSpec standard;
  const bool plain = size_text(spec) == size_text(standard);
  data.name = plain ? "synth" : "synth:" + size_text(spec);
  return data;
}

}  // namespace embrace
