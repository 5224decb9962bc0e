#include "host/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "host/error.hpp"

namespace embrace {
namespace {

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Looks for a while whether it has happened. Loops often follow each other at once, and to wake a sleeping thread
/// takes longer than many of them.
template <typename Condition>
bool soon(std::chrono::microseconds patience, const Condition& happened) {
  constexpr int looks = 64;  // between two looks at the clock
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    for (int look = 0; look < looks; ++look) {
      if (happened()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

/// Threads that have a processor each may keep it; else others need it.
std::chrono::microseconds patience_of(int threads) {
  return std::chrono::microseconds(threads <= usable_processors() ? 100 : 0);
}

}  // namespace

int usable_processors() {
  static const int processors = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }();
  return processors;
}

Threads::Threads(int count) : count_(count > 0 ? count : usable_processors()), patience_(patience_of(count_)) {
  try {
    start(count_);
  } catch (const std::system_error& error) {
    const auto started = static_cast<int>(threads_.size()) + 1;
    if (count > 0) {
      stop();
      throw UsageError(std::to_string(count) + " threads cannot be started, only " + std::to_string(started) + " (" +
                           error.code().message() + ")",
                       "give --threads a smaller number, or raise the limits on processes and memory");
    }
    count_ = started;
  } catch (...) {
    stop();
    throw;
  }
}

Threads::~Threads() { stop(); }

void Threads::start(int wanted) {
  threads_.reserve(static_cast<std::size_t>(wanted - 1));
  for (int worker = 1; worker < wanted; ++worker) threads_.emplace_back([this, worker] { work(worker); });
}

/// A thread that was started must be joined before what it waits for is destroyed.
void Threads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    ++generation_;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Threads::work(int worker) {
  std::uint64_t seen = 0;
  while (true) {
    if (!soon(patience_, [&] { return generation_ != seen; })) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_ != seen; });
    }
    seen = generation_;
    if (stop_) return;
    drain(worker);
    if (--busy_ == 0) {
      const std::lock_guard lock(mutex_);  // not between the caller's look and its sleep
      done_.notify_one();
    }
  }
}

void Threads::drain(int worker) {
  while (!failed_) {
    const std::int64_t t = next_++;
    if (t >= tasks_) return;
    try {
      if (check_) check_();
      (*task_)(t, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      failed_ = true;
    }
  }
}

void Threads::for_each(std::int64_t tasks, const std::function<void(std::int64_t, int)>& task) {
  if (tasks <= 0) return;
  if (count_ == 1 || tasks == 1) {
    for (std::int64_t t = 0; t < tasks; ++t) {
      if (check_) check_();
      task(t, 0);
    }
    return;
  }
  task_ = &task;
  tasks_ = tasks;
  next_ = 0;
  failed_ = false;
  error_ = nullptr;
  busy_ = count_ - 1;
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  wake_.notify_all();
  drain(0);
  if (!soon(patience_, [&] { return busy_ == 0; })) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return busy_ == 0; });
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

Threads::Checked::Checked(Threads& threads, std::function<void()> check) : threads_(threads) {
  threads.check_ = std::move(check);
}

Threads::Checked::~Checked() { threads_.check_ = nullptr; }

void Threads::for_ranges(std::int64_t size, std::int64_t grain,
                         const std::function<void(std::int64_t, std::int64_t, int)>& range) {
  for_each((size + grain - 1) / grain,
           [&](std::int64_t t, int worker) { range(t * grain, std::min(size, (t + 1) * grain), worker); });
}

}  // namespace embrace
