#include "host/metadata/prepare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "host/csv.hpp"
#include "host/files.hpp"
#include "host/metadata/block_set.hpp"
#include "host/metadata/information.hpp"
#include "host/metadata/movies.hpp"
#include "host/metadata/tags.hpp"
#include "host/metadata/users.hpp"

namespace embrace {
namespace {

using Json = nlohmann::ordered_json;

/// Lines end with \n alone, as a person's tools expect.
class Csv {
 public:
  explicit Csv(const std::vector<std::string>& header) { row(header); }
  void row(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) text_ += (i == 0 ? "" : ",") + csv_cell(cells[i]);
    text_ += '\n';
  }
  void write(const std::filesystem::path& file) const { write_atomically(file, text_); }

 private:
  std::string text_;
};

/// Five digits are more than ratings carry.
std::string number(double value) { return fmt::format("{:.5g}", value); }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "|") + part;
  return text;
}

Fold whole(const Dataset& dataset) {
  Fold fold;
  for (std::int64_t position = 0; position < dataset.ratings.size(); ++position) fold.train.push_back(position);
  return fold;
}

const std::vector<std::string> aggregate_names = {"ratings", "mean", "spread", "span_days"};

void add_aggregates(std::vector<std::string>& cells, const RatingStatistics& ratings, std::size_t row) {
  cells.push_back(std::to_string(ratings.count[row]));
  cells.push_back(number(ratings.mean[row]));
  cells.push_back(number(ratings.spread[row]));
  cells.push_back(ratings.span_days.empty() ? "" : number(ratings.span_days[row]));
}

/// Entries of a row of the weights, heaviest first; ties by column.
std::vector<std::int64_t> heaviest(const CsrView& weights, std::int64_t row) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(weights.row_size(row)));
  std::iota(order.begin(), order.end(), weights.offsets[row]);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return weights.values[a] > weights.values[b]; });
  return order;
}

void tag_csv(const TagTable& table, const std::filesystem::path& folder) {
  Csv csv({"tag", "spelling", "uses", "users", "movies", "in_vocabulary"});
  for (const TagTable::Tag& tag : table.tags) {
    csv.row({tag.tag, tag.spelling, std::to_string(tag.uses), std::to_string(tag.users), std::to_string(tag.movies),
             tag.column >= 0 ? "yes" : "no"});
  }
  csv.write(folder / "tags.csv");
}

const TagTable::Tag& tag_of(const TagTable& table, std::int32_t column) {
  return table.tags[static_cast<std::size_t>(table.vocabulary[static_cast<std::size_t>(column)])];
}

void movie_tag_csv(const Dataset& dataset, const TagTable& table, const MovieTable& movies,
                   const std::filesystem::path& folder) {
  Csv csv({"movie_id", "title", "tag", "count", "tf_idf"});
  const CsrView weights = table.weights.view();
  for (std::int64_t item = 0; item < weights.rows; ++item) {
    for (const std::int64_t entry : heaviest(weights, item)) {
      csv.row({std::to_string(dataset.ratings.item_ids[static_cast<std::size_t>(item)]),
               movies.title[static_cast<std::size_t>(item)], tag_of(table, weights.indices[entry]).tag,
               std::to_string(static_cast<std::int64_t>(table.counts.values[static_cast<std::size_t>(entry)])),
               number(static_cast<double>(weights.values[entry]))});
    }
  }
  csv.write(folder / "movie_tags.csv");
}

void user_csv(const Dataset& dataset, const UserTable& table, const std::filesystem::path& folder) {
  std::vector<std::string> header = {"user_id", "age_band", "gender", "occupation", "region"};
  header.insert(header.end(), aggregate_names.begin(), aggregate_names.end());
  for (const std::string& genre : table.genres) header.push_back("mean_" + genre);
  Csv csv(header);
  for (std::size_t user = 0; user < table.age_band.size(); ++user) {
    std::vector<std::string> cells = {std::to_string(dataset.ratings.user_ids[user]), table.age_band[user],
                                      table.gender[user], table.occupation[user], table.region[user]};
    add_aggregates(cells, table.ratings, user);
    for (std::size_t genre = 0; genre < table.genres.size(); ++genre) {
      cells.push_back(table.genre_count[genre][user] > 0 ? number(table.genre_mean[genre][user]) : "");
    }
    csv.row(cells);
  }
  csv.write(folder / "users.csv");
}

void movie_csv(const Dataset& dataset, const MovieTable& table, const TagTable& tags,
               const std::filesystem::path& folder) {
  constexpr std::size_t shown_tags = 5;
  std::vector<std::string> header = {"movie_id", "title", "year", "decade", "genres", "title_words"};
  header.insert(header.end(), aggregate_names.begin(), aggregate_names.end());
  header.emplace_back("tags");
  Csv csv(header);
  for (std::size_t item = 0; item < table.title.size(); ++item) {
    const auto year = table.year[item];
    std::vector<std::string> cells = {std::to_string(dataset.ratings.item_ids[item]),
                                      table.title[item],
                                      year ? std::to_string(*year) : "",
                                      year ? decade_name(*year) : "",
                                      joined(table.genres[item]),
                                      joined(table.words[item])};
    add_aggregates(cells, table.ratings, item);
    std::vector<std::string> top;
    for (const std::int64_t entry : heaviest(tags.weights.view(), static_cast<std::int64_t>(item))) {
      if (top.size() < shown_tags)
        top.push_back(tag_of(tags, tags.weights.indices[static_cast<std::size_t>(entry)]).tag);
    }
    cells.push_back(joined(top));
    csv.row(cells);
  }
  csv.write(folder / "movies.csv");
}

Json block_json(const FeatureBlock& block) {
  static constexpr const char* kinds[] = {"one_hot", "multi_hot", "numbers"};
  std::int64_t filled = 0;
  for (std::int64_t row = 0; row < block.rows.rows(); ++row) filled += block.rows.view().row_size(row) > 0 ? 1 : 0;
  Json json = {{"name", block.name},
               {"information", block.part},
               {"kind", kinds[static_cast<std::size_t>(block.kind)]},
               {"columns", block.rows.columns},
               {"entries", block.rows.entries()},
               {"rows_with_entries", filled}};
  // The columns of a set are all the items or users; their ids stand in movies.csv and users.csv.
  if (block.part != "+sets") json["names"] = block.columns;
  return json;
}

/// Tag spellings and titles come from files: a byte that is not UTF-8 must not end the writing.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

void feature_json(const Dataset& dataset, const std::filesystem::path& folder) {
  Threads threads(1);
  const BlockSet set = build_blocks(dataset, whole(dataset), parse_information("all"), Task::rating, threads);
  Json json = {{"schema", "embrace.features/1"}};
  const auto add = [&](const char* side, const std::vector<FeatureBlock>& blocks, std::int64_t rows) {
    Json list = Json::array();
    for (const FeatureBlock& block : blocks) {
      if (block.rows.columns == 0) continue;
      list.push_back(block_json(block));
      json["sets"][block.part].push_back(std::string(side) + "." + block.name);
    }
    json["blocks"][side] = {{"rows", rows}, {"blocks", std::move(list)}};
  };
  json["sets"] = {{"ratings", Json::array()}};
  add("user", set.user, dataset.ratings.user_count());
  add("item", set.item, dataset.ratings.item_count());
  add("rating", set.context, dataset.ratings.size());
  json["notes"] = set.notes;
  write_atomically(folder / "features.json", text_of(json));
}

/// How many rows have something in a column of text.
std::int64_t filled(const std::vector<std::string>& column) {
  return static_cast<std::int64_t>(column.size()) - std::count(column.begin(), column.end(), std::string());
}

Json transfer_json(const TransferReport& report) {
  Json json = {{"by", report.by},
               {"reason", report.reason},
               {"tag_uses", report.uses},
               {"tag_uses_matched", report.uses_matched},
               {"tag_uses_missed", report.uses - report.uses_matched},
               {"tag_uses_already_there", report.uses_known},
               {"tags", report.tags},
               {"tags_matched", report.tags_matched},
               {"source_movies", report.source_movies},
               {"source_movies_matched", report.source_movies_matched},
               {"movies", report.movies},
               {"movies_found", report.movies_found},
               {"movies_missed", report.movies - report.movies_found},
               {"movies_tagged", report.movies_tagged},
               {"ratings", report.ratings},
               {"ratings_covered", report.ratings_covered}};
  for (const auto& [way, movies] : report.found_by) json["found_by"][way] = movies;
  json["examples_matched"] = report.examples_matched;
  json["examples_missed"] = report.examples_missed;
  return json;
}

Json user_summary(const UserTable& users) {
  return {{"users", users.age_band.size()},
          {"with_age", filled(users.age_band)},
          {"with_gender", filled(users.gender)},
          {"with_occupation", filled(users.occupation)},
          {"with_region", filled(users.region)}};
}

Json movie_summary(const MovieTable& movies) {
  std::int64_t with_year = 0, with_genres = 0;
  for (std::size_t item = 0; item < movies.title.size(); ++item) {
    with_year += movies.year[item] ? 1 : 0;
    with_genres += movies.genres[item].empty() ? 0 : 1;
  }
  return {{"movies", movies.title.size()},
          {"with_title", filled(movies.title)},
          {"with_year", with_year},
          {"with_genres", with_genres}};
}

Json tag_summary(const Dataset& dataset, const TagTable& tags) {
  const CsrView weights = tags.weights.view();
  std::int64_t tagged = 0, covered = 0;
  for (std::int64_t item = 0; item < weights.rows; ++item) tagged += weights.row_size(item) > 0 ? 1 : 0;
  for (const std::int32_t item : dataset.ratings.items) covered += weights.row_size(item) > 0 ? 1 : 0;
  return {{"uses", dataset.catalogue.tags.size()},
          {"uses_counted", tags.used},
          {"uses_of_movies_without_rating", tags.without_movie},
          {"uses_without_a_name", tags.nameless},
          {"tags", tags.tags.size()},
          {"vocabulary", tags.vocabulary.size()},
          {"movies_with_vocabulary_tags", tagged},
          {"ratings_covered", covered}};
}

void summary_json(const Dataset& dataset, const std::optional<TransferReport>& transfer, const TagTable& tags,
                  const UserTable& users, const MovieTable& movies, const std::filesystem::path& folder) {
  Json json = {{"schema", "embrace.prepared/1"},
               {"data",
                {{"name", dataset.name},
                 {"layout", dataset.layout},
                 {"sha256", dataset.sha256},
                 {"users", dataset.ratings.user_count()},
                 {"items", dataset.ratings.item_count()},
                 {"ratings", dataset.ratings.size()}}},
               {"training_part",
                "all ratings and tags: there is no split here; an experiment builds its own from its "
                "training ratings"},
               {"tags", tag_summary(dataset, tags)},
               {"users", user_summary(users)},
               {"movies", movie_summary(movies)}};
  if (transfer) json["travelled_tags"] = transfer_json(*transfer);
  write_atomically(folder / "summary.json", text_of(json));
}

}  // namespace

void prepare(const Dataset& dataset, const std::optional<TransferReport>& transfer, const std::filesystem::path& folder,
             Threads& threads) {
  const Fold fold = whole(dataset);
  const TagTable tags = count_tags(dataset, fold);
  const UserTable users = user_table(dataset, fold, threads);
  const MovieTable movies = movie_table(dataset, fold, threads);
  tag_csv(tags, folder);
  movie_tag_csv(dataset, tags, movies, folder);
  user_csv(dataset, users, folder);
  movie_csv(dataset, movies, tags, folder);
  feature_json(dataset, folder);
  summary_json(dataset, transfer, tags, users, movies, folder);
}

void write_tags(const Dataset& dataset, const std::filesystem::path& folder) {
  tag_csv(count_tags(dataset, whole(dataset)), folder);
}

void write_movie_tags(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads) {
  const Fold fold = whole(dataset);
  movie_tag_csv(dataset, count_tags(dataset, fold), movie_table(dataset, fold, threads), folder);
}

void write_users(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads) {
  user_csv(dataset, user_table(dataset, whole(dataset), threads), folder);
}

void write_movies(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads) {
  const Fold fold = whole(dataset);
  movie_csv(dataset, movie_table(dataset, fold, threads), count_tags(dataset, fold), folder);
}

void write_features(const Dataset& dataset, const std::filesystem::path& folder) { feature_json(dataset, folder); }

void write_summary(const Dataset& dataset, const std::optional<TransferReport>& transfer,
                   const std::filesystem::path& folder, Threads& threads) {
  const Fold fold = whole(dataset);
  summary_json(dataset, transfer, count_tags(dataset, fold), user_table(dataset, fold, threads),
               movie_table(dataset, fold, threads), folder);
}

}  // namespace embrace
