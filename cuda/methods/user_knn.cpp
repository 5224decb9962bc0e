// user-knn on a device; the twin of host/methods/user_knn.cpp. What a user is told is its row in the product of
// neighbours with what these have.
#include <utility>

#include "cuda/methods/knn_trainer.hpp"
#include "cuda/trainers.hpp"
#include "host/learning/history.hpp"

namespace embrace::gpu {
namespace {

class UserKnn final : public NeighborTrainer {
 public:
  UserKnn(DevicePtr shared, const Problem& problem, const MemoryPlan& plan)
      : NeighborTrainer(std::move(shared), problem, plan), order_(longest_first(device(), problem.ratings)) {}

  static MemoryPlan plan(const Device& device, const Problem& problem) {
    const std::int64_t users = problem.users();
    const NeighborSettings settings = settings_of(problem);
    return ratings_plan(problem)
        .add("neighbors", neighbors_bytes(users, users, settings))
        .add("similarities", nearest_rows_bytes(device, users, users, settings) + 4 * users);
  }

  EpochResult epoch() override {
    neighbors_ = nearest(by_user(), order_.span());
    return result_of(neighbors_);
  }

 private:
  DeviceCsr nearest(DeviceCsrView rows, DeviceSpan<const std::int32_t> order) const {
    return nearest_rows(device(), {.rows = rows, .order = order, .others = by_user(), .by_column = by_item()},
                        settings_);
  }

  SparseFactors sums() const override { return {neighbors_.view(), by_user()}; }
  SparseFactors weights() const override { return {neighbors_.view(), without_values(by_user())}; }

  /// They have neighbours among the users that were trained, and are nobody's.
  void know(CsrView ratings) override {
    const DeviceCsr values = values_of(ratings);
    const DeviceBuffer<std::int32_t> order = longest_first(device(), ratings);
    const Csr before = neighbors_.download(), found = nearest(values.view(), order.span()).download();
    neighbors_ = DeviceCsr(device(), replace_rows(before.view(), found.view()).view());
  }

  DeviceBuffer<std::int32_t> order_;  // of users
  DeviceCsr neighbors_;
};

}  // namespace

std::unique_ptr<Trainer> make_user_knn(DevicePtr device, const Problem& problem) {
  const MemoryPlan plan = UserKnn::plan(*device, problem);
  return std::make_unique<UserKnn>(std::move(device), problem, plan);
}

}  // namespace embrace::gpu
