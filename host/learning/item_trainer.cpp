#include "host/learning/item_trainer.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace embrace {

ItemTrainer::ItemTrainer(const Problem& problem)
    : Trainer(problem.threads), items_(problem.items()), history_(problem.ratings.view()) {}

void ItemTrainer::score_user(std::int32_t user, float* scores) const {
  std::fill_n(scores, items_, 0.0F);
  for (const std::int32_t item : history_.items(user)) add_weights(item, scores);
}

void ItemTrainer::score(std::span<const std::int32_t> users, MatrixView out) const {
  threads_.for_each(out.rows,
                    [&](std::int64_t row, int) { score_user(users[static_cast<std::size_t>(row)], out.row(row)); });
}

void ItemTrainer::predict(const PairsView& pairs, std::span<float> out) const {
  std::vector<std::size_t> by_user(out.size());  // pairs, those of a user next to each other
  std::iota(by_user.begin(), by_user.end(), std::size_t{0});
  std::stable_sort(by_user.begin(), by_user.end(),
                   [&](std::size_t a, std::size_t b) { return pairs.users[a] < pairs.users[b]; });
  std::vector<std::size_t> begins;
  for (std::size_t p = 0; p < by_user.size(); ++p) {
    if (p == 0 || pairs.users[by_user[p]] != pairs.users[by_user[p - 1]]) begins.push_back(p);
  }
  begins.push_back(by_user.size());
  std::vector<std::vector<float>> scores(static_cast<std::size_t>(threads_.count()),
                                         std::vector<float>(static_cast<std::size_t>(items_)));
  threads_.for_each(static_cast<std::int64_t>(begins.size()) - 1, [&](std::int64_t run, int worker) {
    const auto first = begins[static_cast<std::size_t>(run)], last = begins[static_cast<std::size_t>(run) + 1];
    std::vector<float>& row = scores[static_cast<std::size_t>(worker)];
    score_user(pairs.users[by_user[first]], row.data());
    for (std::size_t p = first; p < last; ++p) {
      out[by_user[p]] = row[static_cast<std::size_t>(pairs.items[by_user[p]])];
    }
  });
}

}  // namespace embrace
