// Whole rows are a matrix product. Items are packed into panels of 16, factor by factor, so that a tile of some users
// × 16 items reads 16 floats of a panel and one of each user for every step, and sums in registers: each score from
// its first factor to its last. Users stay in the first-level cache while panels stream by.
#include "host/math/scores.hpp"

#include <algorithm>

#include "host/matrix.hpp"

// Vectors whose length is known only at run time cannot be held in arrays of accumulators.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/scores.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/math/vectors-inl.hpp"
#include "host/span.hpp"

#ifndef EMBRACE_HOST_CPU_SCORES_ONCE
#define EMBRACE_HOST_CPU_SCORES_ONCE
namespace embrace {

constexpr std::int64_t panel_items = 16;

inline float bias_of(Span<const float> bias, std::int64_t index) { return bias.empty() ? 0.0F : bias[index]; }

/// Items [first, first + 16) for users[0, count).
struct PanelTask {
  const float* panel;
  const float* bias;  // of its 16 items, with the offset
  std::int64_t first;
  const std::int32_t* users;
  std::int64_t count;
  MatrixView out;  // rows of these users
};

}  // namespace embrace
#endif

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {

inline constexpr int vectors = static_cast<int>(panel_items / lanes);
inline constexpr std::size_t most_rows = vectors == 1 ? 8 : vectors == 2 ? 6 : 3;  // 8 to 12 accumulators

template <std::size_t rows>
HWY_INLINE void score_tile(const EmbeddingView& e, const PanelTask& task, std::int64_t begin) {
  const Tag d;
  const std::int32_t* users = task.users + begin;
  const float* user[rows];
  Vector sum[rows][vectors];
  for (std::size_t r = 0; r < rows; ++r) {
    user[r] = e.users.row(users[r]);
    for (int v = 0; v < vectors; ++v) {
      sum[r][v] = hn::Add(hn::Set(d, bias_of(e.user_bias, users[r])), hn::Load(d, task.bias + v * lanes));
    }
  }
  const std::int64_t factors = e.users.columns;
  for (std::int64_t k = 0; k < factors; ++k) {
    Vector item[vectors];
    for (int v = 0; v < vectors; ++v) item[v] = hn::Load(d, task.panel + k * panel_items + v * lanes);
    for (std::size_t r = 0; r < rows; ++r) {
      const Vector x = hn::Set(d, user[r][k]);
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(x, item[v], sum[r][v]);
    }
  }
  const std::int64_t width = std::min(panel_items, task.out.columns - task.first);
  for (std::size_t r = 0; r < rows; ++r) {
    float* to = task.out.row(begin + static_cast<std::int64_t>(r)) + task.first;
    if (width == panel_items) {
      for (int v = 0; v < vectors; ++v) hn::StoreU(sum[r][v], d, to + v * lanes);
    } else {
      alignas(64) float all[panel_items];
      for (int v = 0; v < vectors; ++v) hn::Store(sum[r][v], d, all + v * lanes);
      std::copy_n(all, width, to);
    }
  }
}

void score_panel(const EmbeddingView& e, const PanelTask& task) {
  constexpr auto tile = static_cast<std::int64_t>(most_rows);
  std::int64_t begin = 0;
  for (; begin + tile <= task.count; begin += tile) score_tile<most_rows>(e, task, begin);
  for (; begin < task.count; ++begin) score_tile<1>(e, task, begin);
}

/// Vectors of pairs lie anywhere: those of a pair some places ahead are fetched while this one is summed.
void score_some_pairs(const EmbeddingView& e, const std::int32_t* users, const std::int32_t* items, std::int64_t count,
                      float* out) {
  constexpr std::int64_t ahead = 8;
  constexpr std::int64_t line = 16;
  const std::int64_t factors = e.users.columns;
  for (std::int64_t p = 0; p < count; ++p) {
    if (p + ahead < count) {
      const float* user = e.users.row(users[p + ahead]);
      const float* item = e.items.row(items[p + ahead]);
      for (std::int64_t k = 0; k < factors; k += line) {
        hwy::Prefetch(user + k);
        hwy::Prefetch(item + k);
      }
    }
    out[p] = e.offset + bias_of(e.user_bias, users[p]) + bias_of(e.item_bias, items[p]) +
             dot(e.users.row(users[p]), e.items.row(items[p]), factors);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(score_panel);
HWY_EXPORT(score_some_pairs);

namespace {

constexpr std::int64_t users_a_task = 48;   // whole tiles of any target
constexpr std::int64_t panels_a_task = 64;  // 1024 items

/// Items in panels, with their biases; items that fill the last panel up are zero.
struct Panels {
  Panels(const EmbeddingView& e, Threads& threads)
      : count((e.items.rows + panel_items - 1) / panel_items),
        vectors(count * e.items.columns, panel_items),
        bias(count, panel_items) {
    threads.for_ranges(count, panels_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t i = begin * panel_items; i < std::min(e.items.rows, end * panel_items); ++i) {
        const std::int64_t panel = i / panel_items, lane = i % panel_items;
        for (std::int64_t k = 0; k < e.items.columns; ++k) vectors(panel * e.items.columns + k, lane) = e.items(i, k);
        bias(panel, lane) = e.offset + bias_of(e.item_bias, i);
      }
    });
  }
  std::int64_t count;
  Matrix vectors;  // panel after panel, a row for each factor
  Matrix bias;
};

}  // namespace

void score_rows(const EmbeddingView& e, Span<const std::int32_t> users, MatrixView out, Threads& threads) {
  const Panels panels(e, threads);
  const auto count = users.size();
  const std::int64_t blocks = (panels.count + panels_a_task - 1) / panels_a_task;
  threads.for_each((count + users_a_task - 1) / users_a_task * blocks, [&](std::int64_t task, int) {
    const std::int64_t begin = task / blocks * users_a_task, first = task % blocks * panels_a_task;
    const std::int64_t rows = std::min(users_a_task, count - begin);
    for (std::int64_t p = first; p < std::min(panels.count, first + panels_a_task); ++p) {
      HWY_DYNAMIC_DISPATCH(score_panel)
      (e, {panels.vectors.row(p * e.items.columns),
           panels.bias.row(p),
           p * panel_items,
           users.data() + begin,
           rows,
           {out.row(begin), rows, out.columns, out.stride}});
    }
  });
}

void score_pairs(const EmbeddingView& e, Span<const std::int32_t> users, Span<const std::int32_t> items,
                 Span<float> out, Threads& threads) {
  threads.for_ranges(out.size(), 4096, [&](std::int64_t begin, std::int64_t end, int) {
    HWY_DYNAMIC_DISPATCH(score_some_pairs)
    (e, users.data() + begin, items.data() + begin, end - begin, out.data() + begin);
  });
}

}  // namespace embrace
#endif  // HWY_ONCE
