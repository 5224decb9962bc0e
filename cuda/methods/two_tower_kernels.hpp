// What a batch of `two-tower` does on the device between its products of matrices: from the vectors of users and items
// to the losses of pairs and what these say of both. host/methods/two_tower_model.hpp has the formulas and the names.
#pragma once
#include "cuda/learning/node_sums.hpp"

namespace embrace::gpu {

/// How a batch is dealt to groups, as embrace::TwoTowerModel::groups() says, and where a group's pairs lie: in `places`
/// rows of each of the batch's matrices, the last of which is empty where others have a pair more.
struct PairGroups {
  std::int64_t pairs = 0, count = 0, places = 0;

  /// Of groups of at most `most` pairs.
  PairGroups(std::int64_t n, std::int64_t most)
      : pairs(n), count((n + most - 1) / most), places(count > 0 ? (n + count - 1) / count : 0) {}
  constexpr std::int64_t rows() const { return count * places; }
  constexpr std::int64_t first(std::int64_t group) const { return pairs * group / count; }
  constexpr std::int64_t size(std::int64_t group) const { return first(group + 1) - first(group); }
};

struct TowerBatch {
  PairGroups groups;
  DeviceSpan<const std::int32_t> users, items;  // of the pairs
  // What is given: e, x, and the sums of histories by user.
  DeviceMatrixView<const float> user_vectors, item_vectors, sums;
  DeviceCsrView histories;            // users × items, each once
  DeviceSpan<const float> log_share;  // log Q, by item
  float temperature;
  // What is made, users' rows first, then items'.
  DeviceMatrixView<float> directions;    // of p and x of the pairs, of length one; zeros at empty places
  DeviceSpan<float> lengths;             // that they had
  DeviceSpan<float> corrections;         // temperature · log(m Q), by row
  DeviceMatrixView<std::int32_t> place;  // (group, item): a place of the item in the group, or -1
  DeviceSpan<std::int32_t> next;         // by row: another place of its item in its group, or -1
  DeviceMatrixView<float> scores;        // row × place in its group
  DeviceMatrixView<float> parts;         // what pairs say of p and x
};

/// Makes directions, lengths, corrections and who has which item; lists the parts by user, or by users + item.
void take_in_pairs(Device& device, const TowerBatch& batch, const PartList& list);

/// Blocks of rows whose losses are added apart.
std::int64_t pair_blocks(const PairGroups& groups);
/// Scores, which are cosines, become the derivatives of the pairs' losses by them.
void learn_pairs(Device& device, const TowerBatch& batch, DeviceSpan<double> losses);

/// Parts become, from gradients by directions, those of the mean loss by e and x.
void finish_pairs(Device& device, const TowerBatch& batch);

/// Of a user, or an item, that is e, or x, plus the mean of a history.
struct Represented {
  DeviceMatrixView<const float> vectors;
  DeviceMatrixView<const float> sums{};      // of histories; items have none
  DeviceSpan<const std::int64_t> offsets{};  // of histories; likewise
  bool all = true;                           // false: only who has a history
};
/// out = their directions.
void represent_entities(Device& device, const Represented& entities, DeviceMatrixView<float> out);

}  // namespace embrace::gpu
