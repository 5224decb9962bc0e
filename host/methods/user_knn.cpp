// user-knn: the users who are most like a user, by what they have, and what those think of an item.
// Herlocker, Konstan, Borchers, Riedl 1999 ("An algorithmic framework for performing collaborative filtering"):
// neighbours by cosine, of ratings less their biases or, for rankings, of who has what; s as in
// host/math/neighbors.hpp.
//   ratings    r(u, i) = b_ui + Σ_v s(u, v) (r_vi - b_vi) / (Σ_v s(u, v) + damping)    v: neighbours of u that have i
//   rankings   score(u, i) = Σ_v s(u, v)
// Cost: Σ n_i² additions, and k neighbours a user.
#include "host/learning/neighbor_trainer.hpp"

namespace embrace::cpu {
namespace {

class UserKnn final : public NeighborTrainer {
 public:
  explicit UserKnn(const Problem& problem) : NeighborTrainer(problem) {}

  EpochResult epoch() override {
    neighbors_ = nearest_rows(by_user(), by_item(), true, settings_, threads_);
    return result_of(neighbors_);
  }

 private:
  void ask_neighbors(std::int32_t user, float* sums, float* weights) const override {
    const auto others = neighbors_.view().row_indices(user);
    const auto similarities = neighbors_.view().row_values(user);
    for (std::int64_t n = 0; n < others.size(); ++n) {
      const auto items = by_user().row_indices(others[n]);
      const auto values = by_user().row_values(others[n]);
      for (std::int64_t e = 0; e < items.size(); ++e) {
        sums[items[e]] += similarities[n] * values[e];
        if (weights != nullptr) weights[items[e]] += similarities[n];
      }
    }
  }

  /// They have neighbours among the users that were trained, and are nobody's.
  void know(CsrView values) override {
    neighbors_ = replace_rows(neighbors_.view(), nearest_rows(values, by_item(), true, settings_, threads_).view());
  }

  Csr neighbors_;
};

}  // namespace

MethodInfo user_knn_info() {
  return {"neighbors",
          "Weighted mean of what the nearest users think of the movie",
          "Herlocker, Konstan, Borchers, Riedl 1999; Koren and Bell 2011, section 5.5; Aiolli 2013",
          {.fold_in = true, .closed_form = true, .chance = false},
          {{"neighbors", 400, 100, 1, 1e6, true, "neighbours of a user, at most"},
           {"shrinkage", 50, 5, 0, 1e9, false, "added to the product of two users' lengths"},
           {"exponent", 0.5, 0.4, 0, 1, false, "of a user's own length; the neighbour's has the rest of 1"},
           {"damping", 0.25, 0.25, 0, 1e6, false, "ratings: added to the sum of similarities, draws to the biases"}},
          {1e-5, 1e-3, "sums in another order; near ties change places"},
          {{"neighbors", 10, 1000},
           {"shrinkage", 0.1, 1000},
           {"exponent", 0, 1, SearchRange::Scale::linear},
           {"damping", 0.02, 2}}};
}

std::unique_ptr<Trainer> make_user_knn(const Problem& problem) { return std::make_unique<UserKnn>(problem); }

}  // namespace embrace::cpu
