#include "bench/answers.hpp"

#include <charconv>

#include "host/files.hpp"
#include "host/metrics/ranking.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

template <typename T>
void append(std::string& text, T value, char end) {
  char buffer[48];
  const auto [last, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value);  // shortest text that reads back equal
  text.append(buffer, last);
  text += end;
}

}  // namespace

std::filesystem::path answers_path(const std::filesystem::path& folder, const std::string& id) {
  return folder / (id + ".answers.csv.gz");
}

void write_rating_answers(const std::filesystem::path& file, const Ratings& ratings, Span<const std::int64_t> test,
                          Span<const float> predicted) {
  std::string text = "user,item,rating,prediction\n";
  for (std::int64_t t = 0; t < test.size(); ++t) {
    const auto p = static_cast<std::size_t>(test[t]);
    append(text, ratings.user_ids[static_cast<std::size_t>(ratings.users[p])], ',');
    append(text, ratings.item_ids[static_cast<std::size_t>(ratings.items[p])], ',');
    append(text, ratings.values[p], ',');
    append(text, predicted[t], '\n');
  }
  write_atomically(file, gzip(text));
}

void write_ranking_answers(const std::filesystem::path& file, const Ratings& ratings, Span<const RankedItem> answers) {
  std::string text = "user,rank,item,score\n";
  for (const RankedItem& answer : answers) {
    append(text, ratings.user_ids[static_cast<std::size_t>(answer.user)], ',');
    append(text, answer.rank, ',');
    append(text, ratings.item_ids[static_cast<std::size_t>(answer.item)], ',');
    append(text, answer.score, '\n');
  }
  write_atomically(file, gzip(text));
}

}  // namespace embrace
