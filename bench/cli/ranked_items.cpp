#include "bench/cli/ranked_items.hpp"

#include <fmt/format.h>

namespace embrace::cli {

void print_ranked_items(Fields about, const char* name, const char* score, const std::vector<ScoredRow>& rows,
                        const Embedding& embedding, const Titles& titles, bool json) {
  std::vector<Fields> entries;
  for (const ScoredRow& row : rows) {
    const std::string& id = embedding.item_ids[static_cast<std::size_t>(row.row)];
    Fields entry = {{"rank", static_cast<std::int64_t>(entries.size()) + 1}};
    if (json) {
      entry.push_back({score, row.score});
    } else {
      entry.push_back({score, fmt::format("{:.4f}", row.score)});
    }
    entry.push_back({"item", id});
    if (const std::string title = titles.of(id); !title.empty()) entry.push_back({"title", title});
    entries.push_back(std::move(entry));
  }
  if (!json) return print_listing(entries, {"rank", score, "item", "title"}, false);
  about.push_back({name, std::move(entries)});
  print_fields(about, true);
}

}  // namespace embrace::cli
