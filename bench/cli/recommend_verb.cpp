// embrace recommend: the items that score best for a user.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "bench/cli/ranked_items.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/machine.hpp"
#include "bench/say.hpp"
#include "host/embedding/ids.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/error.hpp"

namespace embrace::cli {
namespace {

/// Ids of what the user has rated anywhere in the data.
std::unordered_set<std::string> rated_by(const std::string& user, const Ratings& ratings) {
  const auto found = std::find_if(ratings.user_ids.begin(), ratings.user_ids.end(),
                                  [&](std::int64_t id) { return std::to_string(id) == user; });
  const auto index = static_cast<std::int32_t>(found - ratings.user_ids.begin());
  std::unordered_set<std::string> items;
  for (std::size_t r = 0; r < ratings.users.size(); ++r) {
    if (ratings.users[r] != index) continue;
    items.insert(std::to_string(ratings.item_ids[static_cast<std::size_t>(ratings.items[r])]));
  }
  return items;
}

std::int64_t row_of_user(const std::string& user, const Embedding& embedding, const EmbeddingArguments& arguments,
                         bool in_data) {
  if (!embedding.has_users()) {
    throw UsageError(arguments.file + " has no vectors of users", "embrace neighbors needs none");
  }
  const auto found = std::find(embedding.user_ids.begin(), embedding.user_ids.end(), user);
  if (found != embedding.user_ids.end()) return found - embedding.user_ids.begin();
  if (in_data) throw UsageError("user " + user + " has no vector", "no rating of this user's was in the training part");
  throw UsageError("user '" + user + "' has no vector",
                   fmt::format("the file has the vectors of {} users", embedding.user_ids.size()));
}

}  // namespace

int recommend(const EmbeddingArguments& arguments) {
  limit_memory_to_available();
  const Embedding embedding = read_embedding(arguments.file);
  const auto dataset = optional_dataset(arguments.data);
  const Titles titles = dataset ? Titles(*dataset) : Titles();
  const std::string user = canonical_id(arguments.name);
  const auto rated = dataset ? rated_by(user, dataset->ratings) : std::unordered_set<std::string>();
  const std::int64_t row = row_of_user(user, embedding, arguments, !rated.empty());
  if (dataset && rated.empty()) say("note: the data have no rating of user " + user + ", so nothing is left out");
  std::vector<bool> left_out;
  for (const std::string& item : embedding.item_ids) left_out.push_back(!arguments.keep_rated && rated.contains(item));
  const auto rows = recommended(embedding, row, left_out, arguments.count);
  print_ranked_items({{"user", user}}, "recommendations", "score", rows, embedding, titles, arguments.json);
  return 0;
}

}  // namespace embrace::cli
