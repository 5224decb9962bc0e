// The search of WARP on the device: for each sample of a batch the first drawn movie that comes near the rated one, by
// the weights before the batch; host/methods/hybrid_loss.hpp has the loss.
#pragma once
#include "cuda/learning/embedding_table.hpp"
#include "cuda/learning/samples.hpp"

namespace embrace::gpu {

struct SearchBatch {
  std::uint32_t epoch;
  std::int64_t first;                               // sample, by its place in the epoch's order
  DeviceSpan<const std::int32_t> users, positives;  // of the samples
  DeviceSpan<const std::int32_t> slot;              // of their users
  DeviceMatrixView<const float> user_vectors;       // by slot
  DeviceMatrixView<const float> frozen_products;    // <row, user> of the movies' frozen columns, by slot
  TableView items;
  IdentityDropout dropout;                // of the movies; `first` is the batch's
  DeviceSpan<const float> trial_weights;  // of a movie, by the number of movies drawn before it
  DeviceSpan<std::int32_t> movies;        // out: the rated ones, then those found, or drawn last
  DeviceSpan<float> sample_weights;       // out: 0 where none comes near
};

void search(Device& device, const DeviceSamples& samples, const SearchBatch& batch);

}  // namespace embrace::gpu
