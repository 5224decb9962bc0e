// The losses of `hybrid`. Rating task: squared error. Ranking task, with movies drawn evenly among the trained ones
// that the user does not have:
//   logistic  -log sigmoid(score) of a rating and -log(1 - sigmoid(score)) of each of four drawn movies, offset -log 4
//   bpr       -log sigmoid(score - score of one drawn movie) (Rendle et al. 2009)
//   warp      w · (1 - score + score of the first of ten drawn movies that is less than 1 behind the rated one); w is
//             the log of the rank that such a movie suggests when it is the t-th drawn, (movies - 1) / t (Weston,
//             Bengio and Usunier 2011, section 3.2; the log in place of their sum of inverse ranks). Movies are
//             compared by the weights before the batch. Without such a movie the sample has no loss.
#pragma once
#include <cstdint>

#include "host/enum_text.hpp"
#include "host/learning/samples.hpp"
#include "host/method.hpp"

namespace embrace {

/// The choices of the hyper-parameter `loss`.
enum class Loss { squared, logistic, bpr, warp };
template <>
inline constexpr std::array enum_texts<Loss> = {"squared", "logistic", "bpr", "warp"};

constexpr std::int64_t logistic_negatives = 4;  // sampled movies for each rating

/// The loss asked for; throws UsageError when it is not one of the task's.
Loss loss_of(const Problem& problem);
Samples::Negatives negatives_of(Loss loss);
/// Whether a sample is a pair of movies.
inline bool is_paired(Loss loss) { return loss == Loss::bpr || loss == Loss::warp; }
/// Constant of every score.
float offset_of(const Problem& problem, Loss loss);
/// w above, for a movie found as the t-th.
float warp_weight(std::int64_t movies, int t);

/// Turns the scores of n samples into the derivatives of their losses by them; returns the sum of the losses. A score
/// is that of the pair, or for bpr and warp how far the rated movie is ahead of the drawn one; a target is the rating,
/// 1 or 0 for logistic, the weight for warp.
double losses(Loss loss, const float* target, std::int64_t n, float* score);

}  // namespace embrace
