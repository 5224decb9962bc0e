// TaskList: several loops run as one parallel region, so that a batch pays for few of them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "host/array.hpp"
#include "host/threads.hpp"

namespace embrace {

class TaskList {
 public:
  using Range = std::function<void(std::int64_t begin, std::int64_t end, int worker)>;

  /// Pieces of `grain` elements of [0, size); the pieces do not depend on the number of threads.
  void add(std::int64_t size, std::int64_t grain, Range range) {
    if (size <= 0) return;
    const std::int64_t first = loops_.empty() ? 0 : loops_.back().last;
    loops_.push_back({first, first + (size + grain - 1) / grain, size, grain, std::move(range)});
  }

  /// Runs all pieces of all loops, in any order; they must not depend on each other.
  void run(Threads& threads) const {
    if (loops_.empty()) return;
    threads.for_each(loops_.back().last, [&](std::int64_t t, int worker) {
      const auto loop = std::upper_bound(loops_.begin(), loops_.end(), t,
                                         [](std::int64_t task, const Loop& l) { return task < l.last; });
      const std::int64_t begin = (t - loop->first) * loop->grain;
      loop->range(begin, std::min(loop->size, begin + loop->grain), worker);
    });
  }

 private:
  struct Loop {
    std::int64_t first, last;  // tasks
    std::int64_t size, grain;
    Range range;
  };
  Array<Loop> loops_;
};

}  // namespace embrace
