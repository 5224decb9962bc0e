#include "host/threads.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string_view>

#include "host/error.hpp"

namespace embrace {
namespace {

TEST(Threads, EveryTaskOfManyShortLoopsRunsOnce) {
  for (const int count : {1, 2, 5}) {
    Threads threads(count);
    std::vector<int> runs(7, 0);
    for (int loop = 1; loop <= 2000; ++loop) {  // the next loop begins while workers may still look for it
      threads.for_each(7, [&](std::int64_t task, int worker) {
        ASSERT_TRUE(worker >= 0 && worker < count);
        ++runs[static_cast<std::size_t>(task)];
      });
      ASSERT_EQ(runs, std::vector<int>(7, loop));
    }
  }
}

// Whoever waits must let those run who are waited for.
TEST(Threads, MoreThreadsThanProcessorsAreNoStandstill) {
  Threads threads(4 * usable_processors());
  std::atomic<std::int64_t> runs = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int loop = 0; loop < 500; ++loop) {
    threads.for_each(2 * threads.count(), [&](std::int64_t, int) { ++runs; });
  }
  EXPECT_EQ(runs, 500 * 2 * threads.count());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Threads, WorkersThatFellAsleepAreWoken) {
  Threads threads(3);
  std::atomic<int> runs = 0;
  for (int loop = 1; loop <= 5; ++loop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // far longer than they look
    threads.for_each(3, [&](std::int64_t, int) {
      ++runs;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    EXPECT_EQ(runs, 3 * loop);
  }
}

TEST(Threads, TheFirstErrorIsThrownAndTheNextLoopIsWhole) {
  Threads threads(3);
  for (int loop = 0; loop < 100; ++loop) {
    EXPECT_THROW(threads.for_each(50,
                                  [](std::int64_t task, int) {
                                    if (task % 10 == 3) throw std::runtime_error("no");
                                  }),
                 std::runtime_error);
    std::atomic<int> runs = 0;
    threads.for_each(50, [&](std::int64_t, int) { ++runs; });
    ASSERT_EQ(runs, 50);
  }
}

TEST(Threads, RangesCoverEverythingOnce) {
  Threads threads(2);
  std::vector<int> seen(1003, 0);
  threads.for_ranges(1003, 10, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
  });
  EXPECT_EQ(seen, std::vector<int>(1003, 1));
  threads.for_ranges(0, 10, [](std::int64_t, std::int64_t, int) { FAIL(); });
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadow needs more space than any limit

/// What a child process exits with that may have `bytes` more of address space than now.
int in_a_child_with(std::int64_t bytes, const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    const Threads keeper(16);  // takes the stacks that ended threads have left for the next ones
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const auto most = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + bytes);
    const rlimit limit{most, most};
    setrlimit(RLIMIT_AS, &limit);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Threads, ThoseThatWereStartedEndWhenOneCannotBe) {
  EXPECT_EQ(in_a_child_with(std::int64_t{256} << 20U,
                            [] {
                              try {
                                const Threads threads(900);  // 8 MiB of stack each
                                return 1;
                              } catch (const UsageError& error) {
                                return std::string_view(error.what()).starts_with("900 threads cannot be started") ? 0
                                                                                                                   : 2;
                              }
                            }),
            0);
}

TEST(Threads, ByDefaultThereAreAsManyAsCanBeStarted) {
  if (usable_processors() == 1) GTEST_SKIP() << "one processor: there is nothing to start";
  EXPECT_EQ(in_a_child_with(std::int64_t{1} << 20U,
                            [] {
                              Threads threads;
                              int tasks = 0;
                              if (threads.count() == 1) threads.for_each(5, [&](std::int64_t, int) { ++tasks; });
                              return tasks == 5 ? 0 : 1;
                            }),
            0);
}

#endif

TEST(Threads, ACheckEndsALoopBeforeItsNextTask) {
  struct Stopped {};
  for (const int count : {1, 3}) {
    Threads threads(count);
    std::atomic<int> runs = 0;
    std::atomic<bool> stop = false;
    const auto loop = [&] {
      threads.for_each(1000, [&](std::int64_t, int) {
        if (++runs == 10) stop = true;
      });
    };
    {
      const Threads::Checked checked(threads, [&] {
        if (stop) throw Stopped{};
      });
      EXPECT_THROW(loop(), Stopped);
      EXPECT_LT(runs, 10 + count);
    }
    runs = 0;
    loop();
    EXPECT_EQ(runs, 1000) << "the check is over";
  }
}

}  // namespace
}  // namespace embrace
