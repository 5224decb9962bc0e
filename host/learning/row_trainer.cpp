#include "host/learning/row_trainer.hpp"

#include <algorithm>
#include <numeric>

#include "host/array.hpp"

namespace embrace {

void RowTrainer::score(Span<const std::int32_t> users, MatrixView out) const {
  threads_.for_each(out.rows, [&](std::int64_t row, int) { score_user(users[row], out.row(row)); });
}

void RowTrainer::predict(const PairsView& pairs, Span<float> out) const {
  Array<std::int64_t> by_user(out.size());  // pairs, those of a user next to each other
  std::iota(by_user.begin(), by_user.end(), std::int64_t{0});
  std::stable_sort(by_user.begin(), by_user.end(),
                   [&](std::int64_t a, std::int64_t b) { return pairs.users[a] < pairs.users[b]; });
  Array<std::int64_t> begins;
  for (std::int64_t p = 0; p < by_user.size(); ++p) {
    if (p == 0 || pairs.users[by_user[p]] != pairs.users[by_user[p - 1]]) begins.push_back(p);
  }
  begins.push_back(by_user.size());
  Array<Array<float>> scores(threads_.count(), Array<float>(items_));
  threads_.for_each(begins.size() - 1, [&](std::int64_t run, int worker) {
    const auto first = begins[run], last = begins[run + 1];
    Array<float>& row = scores[worker];
    score_user(pairs.users[by_user[first]], row.data());
    for (std::int64_t p = first; p < last; ++p) {
      out[by_user[p]] = row[pairs.items[by_user[p]]];
    }
  });
}

}  // namespace embrace
