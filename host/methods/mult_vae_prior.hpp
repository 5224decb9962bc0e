// Where `mult-vae` pulls its codes, by the divergence of q(z) = N(m, e^l), what a user's code is drawn from, from p(z):
//   normal     p = N(0, 1); the divergence in closed form, of weight β; each pass over the users moves all layers
//   composite  p = 3/20 N(0, 1) + 3/4 N(m', e^l') + 1/10 N(0, e^10) for each number of the code, [m' | l'] being what
//   the
//              encoder made of all that the user has when the epoch began; the divergence is log q(z) - log p(z) of the
//              z that is drawn, of weight β n for a user of n items; three passes of an epoch move the encoder alone, a
//              fourth one, for which nothing is left out, the decoder
// Shenbin, Alekseev, Tutubalina, Malykh, Nikolenko 2020 ("RecVAE"), section 3; the parts' weights, the wide part and
// the numbers of passes are those of the authors' program. Logarithms of densities are without log(2π) / 2, which q and
// p share.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "host/enum_text.hpp"
#include "host/hyper.hpp"

namespace embrace {

/// The choices of the hyper-parameter `prior`.
enum class VaePrior { normal, composite };
template <>
inline constexpr std::array enum_texts<VaePrior> = {"normal", "composite"};

bool has_composite_prior(const Hyper& hyper);
/// Of `beta` and `annealing`.
DefaultRule usual_beta();
DefaultRule usual_annealing();

/// Shares of the standard normal part, of that of the encoder before, and of the wide one.
inline constexpr double standard_share = 3.0 / 20, previous_share = 3.0 / 4, wide_share = 1.0 / 10;
inline constexpr double wide_logarithm = 10;  // of its variance

/// What a pass over the users moves.
struct VaeTurn {
  bool encoder = true, decoder = true;
};
/// The passes of an epoch.
std::vector<VaeTurn> vae_turns(bool composite);

/// The logarithm of the composite prior's density at z, and minus its derivative. [mean | logarithm]: of the encoder
/// before.
struct PriorDensity {
  double logarithm, pull;
};
PriorDensity composite_density(double z, double mean, double logarithm);

/// A user's code in training: [m | l], the noise and z, of `size` numbers; the gradient of z, and that of [m | l], to
/// be made.
struct VaeCode {
  std::int64_t size;
  const float *code, *noise, *z, *z_gradient;
  float* gradient;
};
/// From the gradient of z to that of [m | l], with `weight` times the divergence's; returns the divergence.
double pull_to_normal(const VaeCode& user, float weight);
/// `previous`: [m' | l'].
double pull_to_composite(const VaeCode& user, const float* previous, float weight);

}  // namespace embrace
