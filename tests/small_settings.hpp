// Settings for trainings on a software CUDA device, of methods whose defaults take it a quarter of a minute each: fewer
// and narrower layers' units, fewer epochs, the same code.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "host/method.hpp"

namespace embrace::test {

/// Those of a method, to be followed by what a test sets itself; none where the defaults are fast enough.
inline std::vector<std::pair<std::string, double>> small_settings(const Method& method) {
  if (method.name == "mult-vae") return {{"hidden", 20}, {"latent", 8}, {"epochs", 12}, {"learning_rate", 0.01}};
  if (method.name == "deep") return {{"factors", 8}, {"hidden", 16}, {"epochs", 6}, {"batch", 4096}};
  if (method.name == "item2vec") return {{"factors", 16}, {"epochs", 12}, {"learning_rate", 0.06}};
  if (method.name == "two-tower") return {{"factors", 16}, {"epochs", 8}, {"learning_rate", 0.04}};
  return {};
}

}  // namespace embrace::test
