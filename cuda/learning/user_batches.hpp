// Batches of users, for models that go through all that a user has: which users, in the order of the methods on the
// host, and a bit for each user and item of a batch, so that sums over the users of an item have an order. The
// ratings' values are not read. cuda/learning/user_batches.cuh has the kernels.
#pragma once
#include <cstdint>
#include <functional>

#include "cuda/device/device.hpp"
#include "host/array.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

/// What users have, each item once, and who has something.
struct UserRows {
  UserRows(Device& device, CsrView rows);
  static std::int64_t bytes(CsrView rows) { return 8 * (rows.rows + 1) + 4 * rows.entries() + 4 * rows.rows; }

  DeviceCsr items;                   // without values
  Array<std::int32_t> who;           // ascending
  DeviceBuffer<std::int32_t> users;  // the same, there
};

struct UserBatch {
  DeviceSpan<const std::int32_t> users;
  DeviceSpan<double> losses;              // of each of them, for the model to fill
  DeviceMatrixView<std::uint32_t> marks;  // item × 32 users a word, all 0
  std::int64_t epoch;                     // epochs before
  double done;                            // the same, with the share of this one that is before the batch
  std::int64_t step;                      // from 1, in all epochs
};

/// Of a matrix with room for the largest batch.
inline DeviceMatrixView<float> first_rows(DeviceMatrix& matrix, std::int64_t rows) {
  DeviceMatrixView<float> out = matrix.view();
  out.rows = rows;
  return out;
}

class UserBatches {
 public:
  UserBatches(Device& device, const Problem& problem);
  static std::int64_t bytes(const Problem& problem);
  /// Of a batch, at most.
  static std::int64_t most_users(const Problem& problem);

  /// Those of the training.
  const UserRows& rows() const { return rows_; }
  /// Calls step for each batch of the next epoch, whose users are in an order of its own.
  void epoch(const std::function<void(const UserBatch&)>& step);
  /// What the epoch did; waits for it. Throws Diverged when the mean of the losses is not finite.
  EpochResult result() const;

 private:
  Device& device_;
  std::uint64_t seed_;
  std::int64_t size_;  // of a batch
  UserRows rows_;      // whose users are in the order of the last epoch
  std::int64_t words_;
  DeviceBuffer<std::uint32_t> marks_;
  DeviceBuffer<double> losses_;
  std::int64_t epochs_ = 0, steps_ = 0;
};

}  // namespace embrace::gpu
