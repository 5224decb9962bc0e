// item-knn: the items that are most like an item, by who has them, and what the user thinks of those.
// Sarwar, Karypis, Konstan, Riedl 2001, section 3: neighbours by cosine, of ratings less their biases (Koren and Bell
// 2011, section 5.5) or, for rankings, of who has what; s as in host/math/neighbors.hpp.
//   ratings    r(u, i) = b_ui + Σ_j s(i, j) (r_uj - b_uj) / (Σ_j s(i, j) + damping)    j: neighbours of i that u has
//   rankings   score(u, i) = Σ_j s(i, j)
// Cost: Σ n_u² additions, and k neighbours an item.
#include "host/learning/neighbor_trainer.hpp"
#include "host/sparse.hpp"

namespace embrace::cpu {
namespace {

class ItemKnn final : public NeighborTrainer {
 public:
  explicit ItemKnn(const Problem& problem) : NeighborTrainer(problem) {}

  EpochResult epoch() override {
    const Csr neighbors = nearest_rows(by_item(), by_user(), true, settings_, threads_);
    neighbor_of_ = transposed(neighbors.view(), threads_);
    return result_of(neighbors);
  }

 private:
  void ask_neighbors(std::int32_t user, float* sums, float* weights) const override {
    const auto items = history_.items(user);
    const auto values = history_.values(user);
    for (std::int64_t e = 0; e < items.size(); ++e) {
      const auto others = neighbor_of_.view().row_indices(items[e]);
      const auto similarities = neighbor_of_.view().row_values(items[e]);
      for (std::int64_t n = 0; n < others.size(); ++n) {
        sums[others[n]] += similarities[n] * values[e];
        if (weights != nullptr) weights[others[n]] += similarities[n];
      }
    }
  }

  Csr neighbor_of_;  // row j: the items i that have j among their neighbours, with s(i, j)
};

}  // namespace

MethodInfo item_knn_info() {
  return {"neighbors",
          "Weighted mean of what the user thinks of the nearest movies",
          "Sarwar, Karypis, Konstan, Riedl 2001, section 3; Koren and Bell 2011, section 5.5; Aiolli 2013",
          {.fold_in = true, .closed_form = true, .chance = false},
          {{"neighbors", 200, 100, 1, 1e6, true, "neighbours of a movie, at most"},
           {"shrinkage", 20, 20, 0, 1e9, false, "added to the product of two movies' lengths"},
           {"exponent", 0.5, 0.2, 0, 1, false, "of a movie's own length; the neighbour's has the rest of 1"},
           {"damping", 0.25, 0.25, 0, 1e6, false, "ratings: added to the sum of similarities, draws to the biases"}},
          {1e-5, 1e-3, "sums in another order; near ties change places"},
          {{"neighbors", 10, 1000},
           {"shrinkage", 0.1, 1000},
           {"exponent", 0, 1, SearchRange::Scale::linear},
           {"damping", 0.02, 2}}};
}

std::unique_ptr<Trainer> make_item_knn(const Problem& problem) { return std::make_unique<ItemKnn>(problem); }

}  // namespace embrace::cpu
