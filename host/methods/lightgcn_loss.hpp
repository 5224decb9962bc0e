// The losses of `lightgcn`: what a user's rated item pays beside items that the user does not have.
//   bpr      -log sigmoid(s - s_j), one item j; scores are products (Rendle et al. 2009)
//   ccl      1 - s + weight / n · Σ_j max(0, s_j - margin), n items j; scores are cosines (Mao et al. 2021, "SimpleX",
//            equation 1)
//   softmax  -log(exp(s / t) / (exp(s / t) + items / n · Σ_j exp(s_j / t))), n items j, t the temperature; scores are
//            cosines (Wu et al. 2024, "On the effectiveness of sampled softmax loss for item recommendation"). Items
//            are drawn evenly among the `items` that the user does not have: each stands for items / n of them (Jean et
//            al. 2015, section 3), so that the loss is the softmax over all of them, however many are drawn.
#pragma once
#include <array>
#include <cstdint>

#include "host/enum_text.hpp"
#include "host/hyper.hpp"
#include "host/span.hpp"

namespace embrace {

/// The choices of the hyper-parameter `loss`.
enum class GraphLoss { bpr, ccl, softmax };
template <>
inline constexpr std::array enum_texts<GraphLoss> = {"bpr", "ccl", "softmax"};

/// A loss with its settings.
struct Contrast {
  GraphLoss kind = GraphLoss::bpr;
  float margin = 0;       // of ccl
  float weight = 0;       // of ccl
  float temperature = 1;  // of softmax
  explicit Contrast(const Hyper& hyper);
  Contrast() = default;
  /// Whether scores are cosines, and each rated item stands against many drawn ones.
  bool of_directions() const { return kind != GraphLoss::bpr; }
};

/// Of bpr: turns how far rated items are ahead of drawn ones into the derivatives of their losses by that; returns the
/// sum of the losses.
double pair_losses(Span<float> ahead);

/// A sample's loss, and its derivative by the score of the rated item.
struct ContrastTerm {
  double loss = 0;
  float positive = 0;
};

/// Of ccl and softmax: turns the scores of drawn items into the derivatives of the loss by them. A drawn item that is
/// the user's has the score minus infinity, and no part; `drawn` are the others, of the `items` that the user does not
/// have.
ContrastTerm contrast_losses(const Contrast& loss, float positive, std::int64_t drawn, std::int64_t items,
                             Span<float> scores);

}  // namespace embrace
