#include "cuda/learning/user_batches.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/math/sums.hpp"
#include "host/error.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t users_a_word = 32;

Array<std::int32_t> who_has_something(CsrView rows) {
  Array<std::int32_t> who;
  for (std::int32_t u = 0; u < rows.rows; ++u) {
    if (rows.row_size(u) > 0) who.push_back(u);
  }
  return who;
}

std::int64_t words_of(std::int64_t users) { return (users + users_a_word - 1) / users_a_word; }

}  // namespace

UserRows::UserRows(Device& device, CsrView rows)
    : items({device, Span<const std::int64_t>(rows.offsets, rows.rows + 1)},
            {device, Span<const std::int32_t>(rows.indices, rows.entries())}, {}, rows.rows, rows.columns),
      who(who_has_something(rows)),
      users(device, Span<const std::int32_t>(who)) {}

UserBatches::UserBatches(Device& device, const Problem& problem)
    : device_(device),
      seed_(problem.seed),
      size_(problem.hyper.integer("batch")),
      rows_(device, problem.ratings),
      words_(words_of(most_users(problem))),
      marks_(device, problem.items() * words_),
      losses_(device, rows_.who.size()) {}

std::int64_t UserBatches::bytes(const Problem& problem) {
  return UserRows::bytes(problem.ratings) + 8 * problem.users() + 4 * problem.items() * words_of(most_users(problem));
}

std::int64_t UserBatches::most_users(const Problem& problem) {
  return std::min(problem.hyper.integer("batch"), problem.users());
}

void UserBatches::epoch(const std::function<void(const UserBatch&)>& step) {
  Array<std::int32_t> order = rows_.who;
  shuffle(order, Random(seed_, Stream::shuffle), static_cast<std::uint32_t>(epochs_));
  device_.upload(Span<const std::int32_t>(order), rows_.users.span());
  const std::int64_t batches = (order.size() + size_ - 1) / size_;
  for (std::int64_t b = 0; b < batches; ++b) {
    const std::int64_t first = b * size_, count = std::min(size_, order.size() - first);
    marks_.clear();
    step({rows_.users.span().part(first, count),
          losses_.span().part(first, count),
          {marks_.span().data, rows_.items.view().columns, words_, words_},
          epochs_,
          static_cast<double>(epochs_) + static_cast<double>(b) / static_cast<double>(batches),
          ++steps_});
  }
  ++epochs_;
}

EpochResult UserBatches::result() const {
  const double loss = sum(device_, losses_.span());
  if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
  return {loss / static_cast<double>(std::max<std::int64_t>(1, rows_.who.size())), rows_.items.view().entries()};
}

}  // namespace embrace::gpu
