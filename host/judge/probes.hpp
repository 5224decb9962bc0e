// Probes: what can be said of vectors without a judge; cheap, and the same bits for any number of threads. They are
// said beside the judges and never in place of them: vectors that rank badly can be good by one of these, and vice
// versa.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/judge/judge.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Ratings by a linear model of the item's vector, with weights of all users together and of each user alone:
///   r_ui = m_u + c + <g + w_u, q_i> + b_i
/// One after the other, each on what those before it leave of `fit`: the user's mean, a ridge of the items' means on
/// their vectors, the items' biases (0 without ratings), and a ridge for each user. The penalties of g and of w are
/// those of least RMSE on `validation`, from 5 × 7 values. So a user's own taste shows what it can find in the vectors,
/// for items without ratings, too. Predictions of the test pairs, clipped. Costs 35 Cholesky factorizations a user.
Array<float> predict_by_user_ridge(const EntityVectors& items, const Csr& fit, const RatedPairs& validation,
                                   const RatedPairs& test, const Scale& scale, Threads& threads);

/// The share of an item's 100 nearest by overlap of users (Jaccard's index of who has rated them in `ratings`, users ×
/// items) that are among its 100 nearest by cosine; ties by index. Among known items with 10 ratings or more; the mean
/// over 2,000 of these, evenly spread, or all. After https://gorse.io, "embedding benchmark"; who has rated what says
/// much of era and popularity. 0 for fewer than two such items. Costs items · (users' ratings + items · width).
double neighbour_recall(const EntityVectors& items, CsrView ratings, Threads& threads);

/// How much of a number of items a ridge finds in their vectors: R² over 5 parts of the items, each predicted by the
/// others, the penalty chosen inside these. Items that are not known, or whose `target` is NaN, are left out. Below 0:
/// the mean is better. NaN for fewer than 20 items, or when the target is the same for all.
double encoded_number(const EntityVectors& items, Span<const double> target);

/// The share of items whose likeliest label by the same ridge, on 0 and 1, is one of theirs. Each item has the labels
/// of its place, below `count`; those without are left out. NaN for fewer than 20 items.
double encoded_label(const EntityVectors& items, const std::vector<std::vector<std::int32_t>>& labels,
                     std::int64_t count);

/// exp of the entropy of the shares that the axes have in the variance of the known rows (Roy and Vetterli 2007, "The
/// effective rank"); from 1 to the width, and 0 when nothing varies. The rows are on their principal axes.
double effective_rank(const EntityVectors& items);

/// How much alike two sets of vectors are after the best rotation of one onto the other: the sum of the singular values
/// of AᵀB over |A| |B|, rows known in both (Schönemann 1966). 1: the same but for a rotation and a factor; of unrelated
/// rows about the root of width / rows. NaN where one has nothing. Both of one width.
double aligned_similarity(const EntityVectors& a, const EntityVectors& b, Threads& threads);

}  // namespace embrace::judge
