#include "bench/judge/prepared.hpp"

#include <chrono>

#include "host/digest.hpp"
#include "host/judge/profiles.hpp"
#include "host/judge/scaling.hpp"

namespace embrace::judge {

Prepared prepare(const Draw& draw, const MadeSource& made, int width, Threads& threads) {
  const auto begin = std::chrono::steady_clock::now();
  const DrawData& data = draw.data;
  const Axes axes(made.vectors.items, data.fitted_items, width, threads);
  Prepared out{axes.apply(made.vectors.items, data.fitted_items, threads), {}, 0};
  out.users = draw.options.mode == Mode::native
                  ? axes.apply(made.vectors.users, data.fitted_users, threads)
                  : user_profiles(data.profile_ratings.view(), data.without_vectors.residuals, out.items, threads);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return out;
}

std::string digest(const Prepared& prepared) {
  Sha256 sha;
  for (const EntityVectors* vectors : {&prepared.items, &prepared.users}) {
    sha.add(vectors->rows.data(), static_cast<std::size_t>(vectors->rows.size()) * sizeof(float));
  }
  return sha.hex();
}

}  // namespace embrace::judge
