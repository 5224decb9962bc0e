// What a batch of `lightgcn` does on the device between two passes along the graph: from vectors of nodes to a batch's
// losses and their derivatives. host/methods/lightgcn_loss.hpp has the formulas.
//
// What a batch of n samples says of nodes are parts, a row each: of the n users, of the n rated items, then of what is
// drawn: for bpr n other items, for ccl and softmax `negatives` items of each group of samples.
#pragma once
#include "cuda/learning/node_sums.hpp"
#include "cuda/learning/samples.hpp"
#include "host/math/adam.hpp"
#include "host/methods/lightgcn_loss.hpp"
#include "host/permutation.hpp"

namespace embrace::gpu {

struct LightGcnBatch {
  std::int64_t size = 0;                   // samples
  DeviceSpan<const std::int32_t> users;    // of the samples
  DeviceSpan<const std::int32_t> items;    // rated; for bpr the others behind them
  DeviceSpan<const Permutation> orders{};  // of each group: the order in which it draws items; for bpr none
};

/// Parts of the batch by the node that they are about, which is `users` + item for an item.
struct PartLists {
  std::int64_t users;      // nodes that are users
  std::int64_t negatives;  // items that a group draws
  PartList list;
  DeviceMatrixView<std::int32_t> place{};  // (group, item): which of the group's drawn items it is, or -1
};
void list_parts(Device& device, const DeviceSamples& samples, const LightGcnBatch& batch, const PartLists& parts);

/// directions(p) is the vector of node p, or nodes[p] where there are `nodes`, with length one; `lengths`, unless
/// empty: those that the vectors had.
void find_directions(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const std::uint32_t> nodes,
                     DeviceMatrixView<float> directions, DeviceSpan<float> lengths);

/// Blocks of samples whose losses are added apart.
std::int64_t pair_loss_blocks(std::int64_t samples, std::int64_t factors);
std::int64_t contrast_loss_blocks(std::int64_t samples);

/// For bpr: losses of each block of samples; parts of the gradient by the vectors, of the mean loss.
void compare_pairs(Device& device, const LightGcnBatch& batch, DeviceMatrixView<const float> vectors,
                   std::int64_t users, DeviceSpan<double> losses, DeviceMatrixView<float> parts);

/// For ccl and softmax: the scores of the items that each sample's group has drawn become derivatives of the sample's
/// loss by them; of those that the user has, zero. `slopes`: by the rated item's, of the mean loss.
struct ContrastBatch {
  LightGcnBatch batch;
  embrace::Contrast loss;
  DeviceMatrixView<const float> directions;    // of the parts
  DeviceMatrixView<const std::int32_t> place;  // as PartLists
  DeviceMatrixView<float> scores;              // sample × drawn items
  DeviceSpan<float> slopes;
  DeviceSpan<double> losses;  // of each block of samples
};
void contrast(Device& device, const DeviceSamples& samples, const ContrastBatch& batch);

/// The parts of users and of drawn items hold sums over scores; all parts become gradients by vectors, of the mean
/// loss.
void finish_parts(Device& device, std::int64_t samples, DeviceSpan<const float> slopes,
                  DeviceMatrixView<const float> directions, DeviceSpan<const float> lengths,
                  DeviceMatrixView<float> parts);

/// gradient += each · count · table, for each node.
void add_penalties(Device& device, double each, DeviceSpan<const float> counts, DeviceMatrixView<const float> table,
                   DeviceMatrixView<float> gradient);

/// A step of Adam for all numbers of a table; all four are one shape.
void step_table(Device& device, const AdamStep& step, DeviceMatrixView<const float> gradient,
                DeviceMatrixView<float> table, DeviceMatrixView<float> first_moment,
                DeviceMatrixView<float> second_moment);

}  // namespace embrace::gpu
