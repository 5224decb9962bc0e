// What mult-vae does between products of matrices; host/methods/mult_vae.cpp has the formulas and the names.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/learning/user_batches.hpp"
#include "host/math/adam.hpp"

namespace embrace::gpu {

/// A row of constants, on 16 bytes and with zeros up to whole quads.
using VaeConstants = DeviceSpan<const float>;

/// The first layer: weights, a row an item, and constants.
struct VaeInputs {
  DeviceMatrixView<const float> weights;
  VaeConstants constants;
};

/// Which of a user's items a step leaves out, by the host's counters.
struct VaeDropout {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  double share = 0;
};

/// h(r) of user users[r], with all that the user has.
void encode_users(Device& device, const DeviceCsr& rows, DeviceSpan<const std::int32_t> users, const VaeInputs& inputs,
                  DeviceMatrixView<float> h);
/// The same for training: items are left out, the others are marked; scales[r]: what the user's rows are weighed by.
void encode_batch(Device& device, const DeviceCsr& rows, const UserBatch& batch, const VaeInputs& inputs,
                  const VaeDropout& dropout, DeviceSpan<float> scales, DeviceMatrixView<float> h);

/// x += constants
void add_constants(Device& device, VaeConstants constants, DeviceMatrixView<float> x);
/// out(users[r]) = x(r) + constants
void store_users(Device& device, VaeConstants constants, DeviceMatrixView<const float> x,
                 DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out);
/// x = tanh(x + constants)
void activate(Device& device, VaeConstants constants, DeviceMatrixView<float> x);
/// out(users[r]) = tanh(x(r) + constants)
void activate_users(Device& device, VaeConstants constants, DeviceMatrixView<const float> x,
                    DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out);
/// gradient *= 1 - y²
void pass_tanh(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> gradient);

/// Codes of a batch, a row a user: [m | l], noise, z.
struct VaeCodes {
  DeviceMatrixView<float> code, noise, z;
};
/// The code gets its constants, noise is drawn, z made; losses become `beta` times the divergence. first + users[r]:
/// the noise's counter.
void draw_codes(Device& device, const UserBatch& batch, std::uint64_t seed, std::uint64_t first, double beta,
                VaeConstants constants, const VaeCodes& codes);
/// The gradient of [m | l] from that of z; `pull`: beta over the number of users.
void pass_codes(Device& device, float pull, const VaeCodes& codes, DeviceMatrixView<const float> g_z,
                DeviceMatrixView<float> g_code);

/// The same by the composite prior, with `beta` for each of a user's items; the users' losses are added to. previous:
/// [m' | l'], a row each of all users.
void pass_composite_codes(Device& device, const DeviceCsr& rows, const UserBatch& batch, double beta,
                          DeviceMatrixView<const float> previous, const VaeCodes& codes,
                          DeviceMatrixView<const float> g_z, DeviceMatrixView<float> g_code);

/// Scores get their constants and become the gradient of the mean loss; the users' losses are added to.
void learn_scores(Device& device, const DeviceCsr& rows, const UserBatch& batch, DeviceSpan<const float> constants,
                  DeviceMatrixView<float> scores);

/// Adam's moments.
struct VaeMoments {
  DeviceMatrixView<float> m, v;
};
/// Adam's step of the first layer's weights, with the gradient Σ scales[r] g1(r) over the users who kept an item.
void update_inputs(Device& device, const embrace::AdamStep& step, DeviceMatrixView<const std::uint32_t> marks,
                   DeviceSpan<const float> scales, DeviceMatrixView<const float> g1, DeviceMatrixView<float> weights,
                   const VaeMoments& moments);

}  // namespace embrace::gpu
