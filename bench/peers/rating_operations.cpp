#include "bench/peers/rating_operations.hpp"

#include <stdexcept>

#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/write.hpp"
#include "host/math/aggregate.hpp"
#include "host/npy.hpp"
#include "host/permutation.hpp"
#include "host/sparse.hpp"

namespace embrace::peers {
namespace {

std::vector<double> sums_of(const UserItemAggregates& sums) {
  std::vector<double> all;
  for (const auto* side : {&sums.users, &sums.items}) {
    all.insert(all.end(), side->count.begin(), side->count.end());
    for (const double sum : side->sum) all.push_back(2 * sum);
    for (const double squares : side->squares) all.push_back(4 * squares);
  }
  return all;
}

std::vector<double> rows_of(const Csr& csr) {
  std::vector<double> all(csr.offsets.begin(), csr.offsets.end());
  all.insert(all.end(), csr.indices.begin(), csr.indices.end());
  for (const float value : csr.values) all.push_back(2 * static_cast<double>(value));
  return all;
}

Csr prepare_file(const std::filesystem::path& csv, Threads& threads) {
  const Dataset dataset = load_dataset(csv.string(), LoadOptions{}, threads);
  const Ratings& ratings = dataset.ratings;
  return csr_from_triples(ratings.user_count(), ratings.item_count(), ratings.users, ratings.items, ratings.values,
                          threads);
}

}  // namespace

OperationInput make_operation_input(const Dataset& dataset, const Fold& fold, const std::filesystem::path& folder) {
  const Ratings& ratings = dataset.ratings;
  OperationInput input;
  input.users = ratings.user_count();
  input.items = ratings.item_count();
  const auto size = static_cast<std::int64_t>(fold.train.size());
  const Permutation order(size, Random(1, Stream::shuffle), 0);
  for (std::int64_t n = 0; n < size; ++n) {
    const auto p = static_cast<std::size_t>(fold.train[static_cast<std::size_t>(order(n))]);
    input.user.push_back(ratings.users[p]);
    input.item.push_back(ratings.items[p]);
    input.value.push_back(ratings.values[p]);
  }
  std::filesystem::create_directories(folder);
  write_npy<std::int32_t>(folder / "train_users.npy", input.user, {size});
  write_npy<std::int32_t>(folder / "train_items.npy", input.item, {size});
  write_npy<float>(folder / "train_values.npy", input.value, {size});
  write_split(dataset, {fold}, folder);
  const auto made = folder / ("fold-" + std::to_string(fold.number));
  input.csv = folder / "train.csv";
  std::filesystem::rename(made / "train.csv", input.csv);
  std::filesystem::remove_all(made);
  return input;
}

cases::TimedRun timed_operation(const std::string& name, const OperationInput& input, Threads& threads) {
  if (name == "aggregate") {
    return cases::timed_on_cpu(
        [&] { return aggregate_ratings(input.users, input.items, input.user, input.item, input.value, threads); },
        sums_of);
  }
  if (name == "csr") {
    return cases::timed_on_cpu(
        [&] { return csr_from_triples(input.users, input.items, input.user, input.item, input.value, threads); },
        rows_of);
  }
  if (name == "prepare") return cases::timed_on_cpu([&] { return prepare_file(input.csv, threads); }, rows_of);
  throw std::invalid_argument("there is no operation '" + name + "'");
}

}  // namespace embrace::peers
