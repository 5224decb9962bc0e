// Threads: a small pool of std::threads. Work is cut into tasks whose number never depends on the number of
// threads, so that a computation that writes disjoint results per task gives the same bits for any count.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace embrace {

class Threads {
 public:
  /// `count` ≥ 1 workers, the calling thread being one of them; UsageError when not all of them can be started. 0
  /// means: as many as this process may use, or as can be started.
  explicit Threads(int count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return count_; }

  /// Calls task(t, worker) for each t in [0, tasks), 0 ≤ worker < count(); returns when all are done.
  /// Tasks are handed out in ascending order as workers become free. The first exception is thrown again here,
  /// and tasks not yet begun are dropped. Not reentrant: a task must not call for_each of the same pool.
  void for_each(std::int64_t tasks, const std::function<void(std::int64_t, int)>& task);

  /// Calls range(begin, end, worker) over [0, size) in pieces of `grain` elements.
  void for_ranges(std::int64_t size, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t, int)>& range);

  /// While the object lives, `check` is called before each task, by whatever thread; what it throws ends the loop as an
  /// exception of a task does. So long work of many loops can be stopped without a word in any of them.
  class Checked {
   public:
    Checked(Threads& threads, std::function<void()> check);
    ~Checked();
    Checked(const Checked&) = delete;
    Checked& operator=(const Checked&) = delete;

   private:
    Threads& threads_;
  };

 private:
  void start(int wanted);
  void stop();
  void work(int worker);
  void drain(int worker);

  int count_;
  std::chrono::microseconds patience_;  // of a thread that has nothing to do, before it sleeps
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(std::int64_t, int)>* task_ = nullptr;
  std::int64_t tasks_ = 0;
  std::exception_ptr error_;
  std::function<void()> check_;
  std::atomic<std::uint64_t> generation_ = 0;  // a loop more, or the end
  std::atomic<int> busy_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> stop_ = false;
  alignas(64) std::atomic<std::int64_t> next_ = 0;  // a cache line of its own: every task writes it
};

/// Processors that this process may use (affinity respected), at least 1. Counted when first asked for: that a tool
/// ties a thread to one of them later changes nothing.
int usable_processors();

}  // namespace embrace
