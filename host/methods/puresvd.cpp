// puresvd: vectors of items are the right singular vectors of who has what; a user's is the sum of those of its items.
// Every rating is a positive, whatever its value.
// Cremonesi, Koren, Turrin 2010 ("Performance of recommender algorithms on top-N recommendation tasks"), section 3.2: X
// ≈ U Σ Vᵀ, the users × items matrix of ones where there is a rating;  score(u, ·) = x_u V Vᵀ.
#include <algorithm>
#include <utility>

#include "host/array.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/math/randomized_svd.hpp"
#include "host/math/sparse_product.hpp"
#include "host/matrix.hpp"

namespace embrace::cpu {
namespace {

/// The matrix with ones for values, which `ones` holds.
CsrView with_ones(CsrView matrix, Array<float>& ones) {
  ones.assign(matrix.entries(), 1.0F);
  return {matrix.offsets, matrix.indices, ones.data(), matrix.rows, matrix.columns};
}

class PureSvd final : public EmbeddingTrainer {
 public:
  explicit PureSvd(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        settings_{.rank = problem.hyper.integer("factors"), .seed = problem.seed},
        users_(problem.users(), settings_.rank),
        items_(problem.items(), settings_.rank) {}

  EpochResult epoch() override {
    Array<float> ones;
    const CsrView have = with_ones(ratings_, ones);
    Svd svd = randomized_svd(have, {by_item_.offsets, by_item_.indices, ones.data(), by_item_.rows, by_item_.columns},
                             settings_, threads_);
    items_ = std::move(svd.right);
    multiply_sparse(have, items_.view(), users_.view(), threads_);
    double explained = 0;
    for (const float value : svd.values) explained += static_cast<double>(value) * static_cast<double>(value);
    const auto entries = static_cast<double>(ratings_.entries());
    return {entries > 0 ? 1 - explained / entries : 0, ratings_.entries()};  // |X|² is the number of its ones
  }

  void fold_in(CsrView ratings) override {
    Array<float> ones;
    Matrix known(users_.rows(), users_.columns());
    multiply_sparse(with_ones(ratings, ones), items_.view(), known.view(), threads_);
    for (std::int64_t u = 0; u < ratings.rows; ++u) {
      if (ratings.row_size(u) > 0) std::copy_n(known.row(u), known.columns(), users_.row(u));
    }
  }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), items_.view(), {}, {}, 0};
  }

 private:
  CsrView ratings_, by_item_;
  SvdSettings settings_;
  Matrix users_, items_;
};

}  // namespace

MethodInfo puresvd_info() {
  return {"factorization",
          "The largest singular vectors of who rated what",
          "Cremonesi, Koren, Turrin 2010, section 3.2; Halko, Martinsson, Tropp 2011, algorithm 4.4",
          {.rating = false, .fold_in = true, .closed_form = true},
          {{"factors", 50, 50, 1, 1024, true, "singular vectors"}},
          {0.0, 1e-3, "singular vectors of values that are close turn among each other"},
          {{"factors", 8, 256}}};
}

std::unique_ptr<Trainer> make_puresvd(const Problem& problem) { return std::make_unique<PureSvd>(problem); }

}  // namespace embrace::cpu
