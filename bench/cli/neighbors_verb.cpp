// embrace neighbors: the items nearest to an item.
#include <fmt/format.h>

#include <algorithm>

#include "bench/cli/ranked_items.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/machine.hpp"
#include "bench/say.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/error.hpp"

namespace embrace::cli {

int neighbors(const EmbeddingArguments& arguments) {
  limit_memory_to_available();
  const Embedding embedding = read_embedding(arguments.file);
  const auto dataset = optional_dataset(arguments.data);
  const Titles titles = dataset ? Titles(*dataset) : Titles();
  const std::string item = titles.find_item(arguments.name, embedding);
  const auto place = std::find(embedding.item_ids.begin(), embedding.item_ids.end(), item);
  const auto rows = nearest(embedding.items, place - embedding.item_ids.begin(), arguments.count);
  if (rows.empty()) {
    throw DataError("item " + item + " has no neighbours", "its vector is zero, or every other one is");
  }
  Fields about = {{"item", item}};
  const std::string title = titles.of(item);
  if (!title.empty()) about.push_back({"title", title});
  say(fmt::format("Nearest to item {}{}{}:", item, title.empty() ? "" : ", ", title));
  print_ranked_items(std::move(about), "neighbors", "cosine", rows, embedding, titles, arguments.json);
  return 0;
}

}  // namespace embrace::cli
