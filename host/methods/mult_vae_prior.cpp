#include "host/methods/mult_vae_prior.hpp"

#include <algorithm>
#include <cmath>

namespace embrace {
namespace {

double beta_of(Task, const DataShape&, const Hyper& others) { return has_composite_prior(others) ? 0.02 : 0.3; }

double annealing_of(Task, const DataShape&, const Hyper& others) { return has_composite_prior(others) ? 0 : 20; }

}  // namespace

bool has_composite_prior(const Hyper& hyper) {
  return static_cast<VaePrior>(hyper.integer("prior")) == VaePrior::composite;
}

DefaultRule usual_beta() { return {beta_of, "0.3; of the composite prior 0.02"}; }

DefaultRule usual_annealing() { return {annealing_of, "20; of the composite prior 0"}; }

std::vector<VaeTurn> vae_turns(bool composite) {
  if (!composite) return {{true, true}};
  return {{true, false}, {true, false}, {true, false}, {false, true}};
}

PriorDensity composite_density(double z, double mean, double logarithm) {
  const double shares[] = {standard_share, previous_share, wide_share};
  const double distances[] = {z, z - mean, z}, logarithms[] = {0, logarithm, wide_logarithm};
  double parts[3], pulls[3];
  for (int c = 0; c < 3; ++c) {
    pulls[c] = distances[c] * std::exp(-logarithms[c]);
    parts[c] = std::log(shares[c]) - 0.5 * (logarithms[c] + distances[c] * pulls[c]);
  }
  const double most = std::max({parts[0], parts[1], parts[2]});
  double sum = 0, pull = 0;
  for (int c = 0; c < 3; ++c) {
    const double part = std::exp(parts[c] - most);
    sum += part;
    pull += part * pulls[c];
  }
  return {most + std::log(sum), pull / sum};
}

double pull_to_normal(const VaeCode& user, float weight) {
  double divergence = 0;
  for (std::int64_t k = 0; k < user.size; ++k) {
    const float log_variance = user.code[user.size + k];
    const auto m = static_cast<double>(user.code[k]), l = static_cast<double>(log_variance);
    divergence += 0.5 * (m * m + std::exp(l) - l - 1);
    const float g = user.z_gradient[k], half = std::exp(0.5F * log_variance);
    user.gradient[k] = g + weight * user.code[k];
    user.gradient[user.size + k] = 0.5F * (g * user.noise[k] * half + weight * (half * half - 1));
  }
  return divergence;
}

double pull_to_composite(const VaeCode& user, const float* previous, float weight) {
  double divergence = 0;
  for (std::int64_t k = 0; k < user.size; ++k) {
    const float log_variance = user.code[user.size + k], noise = user.noise[k];
    const PriorDensity prior = composite_density(static_cast<double>(user.z[k]), static_cast<double>(previous[k]),
                                                 static_cast<double>(previous[user.size + k]));
    const auto e = static_cast<double>(noise);
    divergence -= 0.5 * (static_cast<double>(log_variance) + e * e) + prior.logarithm;
    const float g = user.z_gradient[k] + weight * static_cast<float>(prior.pull);
    user.gradient[k] = g;
    user.gradient[user.size + k] = 0.5F * (g * noise * std::exp(0.5F * log_variance) - weight);
  }
  return divergence;
}

}  // namespace embrace
