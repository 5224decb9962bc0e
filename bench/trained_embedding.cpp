#include "bench/trained_embedding.hpp"

#include <algorithm>
#include <charconv>

#include "host/digest.hpp"

namespace embrace {
namespace {

/// Rows of a matrix that have an entry.
std::vector<std::int64_t> rows_with_entries(CsrView matrix) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < matrix.rows; ++row) {
    if (matrix.row_size(row) > 0) rows.push_back(row);
  }
  return rows;
}

Matrix chosen(ConstMatrixView vectors, const std::vector<std::int64_t>& rows) {
  Matrix result(static_cast<std::int64_t>(rows.size()), vectors.columns);
  for (std::int64_t r = 0; r < result.rows(); ++r) {
    std::copy_n(vectors.row(rows[static_cast<std::size_t>(r)]), vectors.columns, result.row(r));
  }
  return result;
}

Array<float> chosen(Span<const float> bias, const std::vector<std::int64_t>& rows) {
  Array<float> result;
  if (bias.empty()) return result;
  for (const std::int64_t row : rows) result.push_back(bias[row]);
  return result;
}

std::vector<std::string> chosen(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& rows) {
  std::vector<std::string> result;
  for (const std::int64_t row : rows) result.push_back(std::to_string(ids[static_cast<std::size_t>(row)]));
  return result;
}

}  // namespace

std::optional<Embedding> embedding_of(const Trainer& trainer, const Experiment& experiment) {
  const std::optional<EmbeddingView> view = trainer.embedding();
  if (!view || view->items.columns == 0) return std::nullopt;
  const Ratings& ratings = experiment.dataset.ratings;
  const std::vector<std::int64_t> items = rows_with_entries(experiment.data.by_item.view());
  const std::vector<std::int64_t> users = rows_with_entries(experiment.data.ratings.view());
  return Embedding{.item_ids = chosen(ratings.item_ids, items),
                   .items = chosen(view->items, items),
                   .user_ids = chosen(ratings.user_ids, users),
                   .users = chosen(view->users, users),
                   .item_bias = chosen(view->item_bias, items),
                   .user_bias = chosen(view->user_bias, users),
                   .offset = view->offset};
}

std::string ratings_sha256(const Experiment& experiment) {
  const Ratings& all = experiment.dataset.ratings;
  const CsrView ratings = experiment.data.ratings.view();
  Sha256 digest;
  std::string text;
  for (std::int64_t user = 0; user < ratings.rows; ++user) {
    text.clear();
    const std::string begin = std::to_string(all.user_ids[static_cast<std::size_t>(user)]) + ",";
    for (std::int64_t entry = ratings.offsets[user]; entry < ratings.offsets[user + 1]; ++entry) {
      char value[48];
      const auto end = std::to_chars(value, value + sizeof value, ratings.values[entry]).ptr;
      text += begin + std::to_string(all.item_ids[static_cast<std::size_t>(ratings.indices[entry])]) + ",";
      text.append(value, end);
      text += '\n';
    }
    digest.add(text);
  }
  return digest.hex();
}

std::map<std::string, std::string> about_run(const Record& record, const Experiment& experiment) {
  return {{"method", record.method},
          {"information", record.information},
          {"data", record.data.name},
          {"split", record.split.name},
          {"fold", std::to_string(record.split.fold)},
          {"seed", std::to_string(record.seed)},
          {"record", record.id},
          {"ratings_sha256", ratings_sha256(experiment)}};
}

}  // namespace embrace
