// RowPlan: which threads take which rows of a sparse matrix. Rating data are skewed: most rows have tens of entries,
// a few have a hundred thousand, and a launch ends with its longest row. So rows are binned by their size:
//   short    ≤ 32 entries     a group of 8 lanes a row, four rows a warp
//   medium   ≤ 2048           a warp a row
//   long     the rest         pieces of at most 4096 entries, a block a piece; the row's result is the sum of its
//                             pieces in order, hence the same in every run
// Inside a bin the longest rows come first, so that none starts last. All row kernels share this plan;
// cuda/math/rows.cuh has the simplest of them.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// Entries [begin, end) of the matrix, a part of row `row`.
struct RowPiece {
  std::int64_t begin;
  std::int64_t end;
  std::int32_t row;
  std::int32_t owner;  // index of the row among the long ones
};
/// A long row and its pieces [first, last).
struct LongRow {
  std::int32_t row;
  std::int32_t first;
  std::int32_t last;
};

struct RowPlanView {
  DeviceSpan<const std::int32_t> short_rows;  // empty rows are among them
  DeviceSpan<const std::int32_t> medium_rows;
  DeviceSpan<const LongRow> long_rows;
  DeviceSpan<const RowPiece> pieces;  // by owner, then begin
};

class RowPlan {
 public:
  static constexpr int lanes_a_short_row = 8;
  static constexpr std::int64_t longest_short = 32;
  static constexpr std::int64_t longest_medium = 2048;
  static constexpr std::int64_t longest_piece = 4096;

  RowPlan() = default;
  /// `rows` lies on the host; only its offsets are read. Cost: O(rows log rows) on the host, 4 bytes a row uploaded.
  RowPlan(Device& device, CsrView rows);
  static std::int64_t bytes(CsrView rows);  // at most
  RowPlanView view() const { return {short_.span(), medium_.span(), long_.span(), pieces_.span()}; }

 private:
  DeviceBuffer<std::int32_t> short_;
  DeviceBuffer<std::int32_t> medium_;
  DeviceBuffer<LongRow> long_;
  DeviceBuffer<RowPiece> pieces_;
};

}  // namespace embrace::gpu
