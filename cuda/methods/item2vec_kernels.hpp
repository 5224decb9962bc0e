// What a batch of `item2vec` does on the device between its products of matrices; host/methods/item2vec_model.hpp has
// the formulas.
//
// Groups of baskets become matrices of one shape, of `room` rows: an item a row, then rows of zeros, which add nothing
// to a product. What a batch says of vectors are parts, a row each: of its items as themselves, in the groups' rows; of
// the same as contexts, likewise; then of what groups draw.
#pragma once
#include "cuda/learning/node_sums.hpp"
#include "cuda/learning/user_batches.hpp"
#include "cuda/methods/item2vec_baskets.hpp"
#include "host/methods/item2vec_model.hpp"

namespace embrace::gpu {

struct Item2VecBatch {
  static constexpr std::int64_t drawn_items = embrace::Item2VecModel::drawn_items;  // of a group

  BasketsView baskets;                    // of the epoch
  DeviceSpan<const std::int64_t> begins;  // of each group among their items, and the end of the last
  std::int64_t first = 0, size = 0;       // items of the batch
  std::int64_t room = 0;
  std::int64_t number = 0;  // of its first group since training began

  constexpr std::int64_t groups() const { return begins.size - 1; }
  constexpr std::int64_t rows() const { return groups() * room; }
  constexpr std::int64_t drawn() const { return groups() * drawn_items; }
};

/// The table has vectors of items, then those of contexts.
struct Item2VecTable {
  DeviceMatrixView<const float> rows;
  constexpr std::int64_t items() const { return rows.rows / 2; }
};

/// embrace::NegativeItems there.
struct NegativesView {
  DeviceSpan<const std::int32_t> items;
  DeviceSpan<const double> up_to;
  std::uint64_t seed = 0;
};

/// Lists the parts, 2 · size + drawn(), by the row of the table that they are about. Draws the groups' items, too.
void list_parts(Device& device, const Item2VecBatch& batch, std::int64_t items, const NegativesView& negatives,
                const PartList& lists);

/// vectors: those of the batch's items, in the groups' rows; drawn: of the contexts that groups have drawn, which are
/// the last of the listed rows.
void take_in(Device& device, const Item2VecBatch& batch, const Item2VecTable& table,
             DeviceSpan<const std::uint32_t> listed, DeviceMatrixView<float> vectors, DeviceMatrixView<float> drawn);

/// Blocks of a batch, at most, whose losses are added apart: each adds to its own.
std::int64_t item2vec_loss_blocks(std::int64_t rows);

/// The scores of a group's items with what it has drawn become derivatives, `negatives` for each context of an item.
void push_away(Device& device, const Item2VecBatch& batch, double negatives, DeviceMatrixView<float> scores,
               DeviceSpan<double> losses);

/// The contexts that are there: adds to the parts of items as themselves and writes those of items as contexts.
void pull_together(Device& device, const Item2VecBatch& batch, const Item2VecTable& table,
                   DeviceMatrixView<float> parts, DeviceSpan<double> losses);

/// known: vectors of items, of length one if `cosines`; scored: the same then, those of contexts otherwise.
void represent_items(Device& device, bool cosines, const Item2VecTable& table, DeviceMatrixView<float> known,
                     DeviceMatrixView<float> scored);
/// Rows that have no share become the mean.
void fill_in(Device& device, DeviceSpan<const float> shares, DeviceMatrixView<const float> mean,
             DeviceMatrixView<float> vectors);
/// Users who have something become the mean of what they have.
void average(Device& device, const UserRows& rows, DeviceMatrixView<const float> known, DeviceMatrixView<float> users);

}  // namespace embrace::gpu
