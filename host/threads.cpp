#include "host/threads.hpp"

#include <sched.h>

#include <algorithm>

namespace embrace {

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Threads::Threads(int count) : count_(count > 0 ? count : usable_processors()) {
  threads_.reserve(static_cast<std::size_t>(count_ - 1));
  for (int worker = 1; worker < count_; ++worker) threads_.emplace_back([this, worker] { work(worker); });
}

Threads::~Threads() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Threads::work(int worker) {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
    if (stop_) return;
    seen = generation_;
    lock.unlock();
    drain(worker);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

void Threads::drain(int worker) {
  while (true) {
    std::int64_t t = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_ >= tasks_ || error_) return;
      t = next_++;
    }
    try {
      (*task_)(t, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }
}

void Threads::for_each(std::int64_t tasks, const std::function<void(std::int64_t, int)>& task) {
  if (tasks <= 0) return;
  if (count_ == 1 || tasks == 1) {
    for (std::int64_t t = 0; t < tasks; ++t) task(t, 0);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    tasks_ = tasks;
    next_ = 0;
    error_ = nullptr;
    busy_ = count_ - 1;
    ++generation_;
  }
  wake_.notify_all();
  drain(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return busy_ == 0; });
  if (error_) std::rethrow_exception(error_);
}

void Threads::for_ranges(std::int64_t size, std::int64_t grain,
                         const std::function<void(std::int64_t, std::int64_t, int)>& range) {
  for_each((size + grain - 1) / grain,
           [&](std::int64_t t, int worker) { range(t * grain, std::min(size, (t + 1) * grain), worker); });
}

}  // namespace embrace
