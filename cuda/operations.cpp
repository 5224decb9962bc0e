#include <algorithm>
#include <numeric>
#include <utility>

#include "cuda/device_operations.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/scoring.hpp"
#include "cuda/math/sparse.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

/// What the closures of a DeviceRun share: `State` is what an operation reads and writes.
template <typename State>
struct Shared {
  Shared(DevicePtr on, State from) : device(std::move(on)), timer(*device), state(std::move(from)) {}
  DevicePtr device;  // before what lies on it
  Timer timer;
  State state;
};

/// `work(device, state)` is timed between two events; `answer(device, state)` reads the result.
template <typename State, typename Work, typename Answer>
DeviceRun timed(const DevicePtr& device, State state, Work work, Answer answer) {
  auto shared = std::make_shared<Shared<State>>(device, std::move(state));
  return {[shared, work] {
            shared->timer.start();
            work(*shared->device, shared->state);
            return shared->timer.seconds();
          },
          [shared, answer] { return answer(*shared->device, std::as_const(shared->state)); }};
}

template <typename T>
void append(std::vector<double>& to, const std::vector<T>& values) {
  for (const T value : values) to.push_back(static_cast<double>(value));
}

template <typename T>
std::vector<double> doubles(const std::vector<T>& values) {
  std::vector<double> all;
  append(all, values);
  return all;
}

DeviceMatrix uploaded(Device& device, ConstMatrixView from) {
  DeviceMatrix matrix(device, from.rows, from.columns);
  matrix.upload(device, from);
  return matrix;
}

class OnDevice final : public Operations {
 public:
  explicit OnDevice(DevicePtr device)
      : device_(std::move(device)), flushed_(*device_, std::max<std::int64_t>(2 * device_->cache_bytes(), 1)) {}

  DeviceRun copy(Span<const float> from) const override {
    struct State {
      DeviceBuffer<float> from, to;
    };
    const std::int64_t size = from.size();
    State state{{*device_, from}, {*device_, size}};
    const auto work = [bytes = from.size_bytes()](Device& device, State& s) {
      if (bytes == 0) return;
      EMBRACE_CHECK(
          cudaMemcpyAsync(s.to.span().data, s.from.span().data, bytes, cudaMemcpyDeviceToDevice, device.stream()));
    };
    return timed(device_, std::move(state), work, [](Device&, const State& s) { return doubles(s.to.download()); });
  }

  DeviceRun gemm(std::int64_t n, Span<const float> a, Span<const float> b) const override {
    struct State {
      DeviceMatrix a, b, c;
    };
    State state{uploaded(*device_, {a.data(), n, n, n}), uploaded(*device_, {b.data(), n, n, n}), {*device_, n, n}};
    const auto work = [](Device& device, State& s) { multiply(device, s.a.view(), s.b.view(), 0, s.c.view()); };
    return timed(device_, std::move(state), work, [](Device& device, const State& s) {
      const Matrix c = download(device, s.c);
      return std::vector<double>(c.data(), c.data() + c.size());
    });
  }

  DeviceRun aggregate(std::int64_t users, std::int64_t items, Span<const std::int32_t> user,
                      Span<const std::int32_t> item, Span<const float> value) const override {
    struct State {
      DeviceTriples ratings;
      DeviceAggregates sums;
    };
    State state{{*device_, user, item, value}, {}};
    const auto work = [users, items](Device& device, State& s) {
      s.sums = aggregate_ratings(device, users, items, s.ratings.view());
    };
    return timed(device_, std::move(state), work, [users](Device&, const State& s) {
      const auto columns = {s.sums.count.download(), s.sums.half_stars.download(), s.sums.quarter_stars.download()};
      std::vector<double> all;
      for (const auto& column : columns) all.insert(all.end(), column.begin(), column.begin() + users);
      for (const auto& column : columns) all.insert(all.end(), column.begin() + users, column.end());
      return all;
    });
  }

  DeviceRun csr(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row, Span<const std::int32_t> column,
                Span<const float> value) const override {
    struct State {
      DeviceTriples triples;
      DeviceCsr matrix;
    };
    State state{{*device_, row, column, value}, {}};
    const auto work = [rows, columns](Device& device, State& s) {
      s.matrix = csr_from_triples(device, rows, columns, s.triples.view());
    };
    return timed(device_, std::move(state), work, [](Device&, const State& s) {
      const Csr matrix = s.matrix.download();
      std::vector<double> all;
      append(all, matrix.offsets);
      append(all, matrix.indices);
      append(all, matrix.values);
      return all;
    });
  }

  DeviceRun predict(ConstMatrixView users, ConstMatrixView items, Span<const std::int32_t> user,
                    Span<const std::int32_t> item) const override {
    struct State {
      DeviceEmbedding model;
      DeviceBuffer<std::int32_t> users, items;
      DeviceBuffer<float> out;
    };
    State state;
    state.model.users = uploaded(*device_, users);
    state.model.items = uploaded(*device_, items);
    state.users = {*device_, user};
    state.items = {*device_, item};
    state.out = {*device_, user.size()};
    const auto work = [](Device& device, State& s) {
      predict_pairs(device, s.model.view(), s.users.span(), s.items.span(), s.out.span());
    };
    return timed(device_, std::move(state), work, [](Device&, const State& s) { return doubles(s.out.download()); });
  }

  DeviceRun rank(ConstMatrixView users, ConstMatrixView items, CsrView mask, std::int64_t depth) const override {
    struct State {
      DeviceEmbedding model;
      DeviceCsr mask;
      DeviceBuffer<std::int32_t> users, items;
      DeviceBuffer<float> scores;
    };
    State state;
    state.model.users = uploaded(*device_, users);
    state.model.items = uploaded(*device_, items);
    state.mask = {*device_, mask};
    std::vector<std::int32_t> everybody(static_cast<std::size_t>(users.rows));
    std::iota(everybody.begin(), everybody.end(), 0);
    state.users = {*device_, Span<const std::int32_t>(everybody)};
    state.items = {*device_, users.rows * depth};
    state.scores = {*device_, users.rows * depth};
    const auto work = [depth](Device& device, State& s) {
      const auto score = [&](DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> out) {
        score_items(device, s.model.view(), chosen, out);
      };
      rank_users(device, score, std::as_const(s.users).span(), s.mask.view(), depth, s.items.span(), s.scores.span());
    };
    return timed(device_, std::move(state), work, [](Device&, const State& s) { return doubles(s.items.download()); });
  }

  void flush_caches() const override {
    flushed_.clear();
    device_->synchronize();
  }

 private:
  DevicePtr device_;
  mutable DeviceBuffer<char> flushed_;
};

}  // namespace

std::unique_ptr<Operations> operations_on(DevicePtr device) { return std::make_unique<OnDevice>(std::move(device)); }

}  // namespace embrace::gpu
