#include "bench/judge/block_vectors.hpp"

#include <algorithm>
#include <cmath>

#include "host/error.hpp"
#include "host/judge/scaling.hpp"
#include "host/metadata/movies.hpp"
#include "host/metadata/rating_statistics.hpp"
#include "host/metadata/tags.hpp"
#include "host/metadata/users.hpp"

namespace embrace::judge {
namespace {

EntityVectors dense(CsrView rows) {
  EntityVectors out{Matrix(rows.rows, rows.columns), Array<std::uint8_t>(rows.rows, 0)};
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto columns = rows.row_indices(r);
    const auto values = rows.row_values(r);
    for (std::int64_t e = 0; e < columns.size(); ++e) out.rows(r, columns[e]) = values[e];
    out.known[r] = columns.empty() ? 0 : 1;
  }
  return out;
}

void make_rows_unit(Matrix& rows) {
  for (std::int64_t r = 0; r < rows.rows(); ++r) {
    double squares = 0;
    for (std::int64_t k = 0; k < rows.columns(); ++k) squares += std::pow(static_cast<double>(rows(r, k)), 2);
    if (squares <= 0) continue;
    const auto factor = static_cast<float>(1 / std::sqrt(squares));
    for (std::int64_t k = 0; k < rows.columns(); ++k) rows(r, k) *= factor;
  }
}

/// max(0, ln(n_it N / (n_i n_t))) of the counts of items and tags (Church and Hanks 1990; Levy and Goldberg 2014).
/// N and the tags' totals are of movies with a training rating.
Csr positive_information(const TagTable& tags, const std::vector<bool>& trained) {
  Csr out = tags.counts;
  const CsrView counts = tags.counts.view();
  Array<double> of_tag(counts.columns, 0.0);
  double all = 0;
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    if (!trained[static_cast<std::size_t>(i)]) continue;
    for (std::int64_t e = counts.offsets[i]; e < counts.offsets[i + 1]; ++e) {
      of_tag[counts.indices[e]] += static_cast<double>(counts.values[e]);
      all += static_cast<double>(counts.values[e]);
    }
  }
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    double of_item = 0;
    for (const float n : counts.row_values(i)) of_item += static_cast<double>(n);
    for (std::int64_t e = counts.offsets[i]; e < counts.offsets[i + 1]; ++e) {
      const double ratio = static_cast<double>(counts.values[e]) * all / (of_item * of_tag[counts.indices[e]]);
      out.values[e] = static_cast<float>(std::max(0.0, std::log(ratio)));
    }
  }
  return out;
}

/// An item's row is the mean of the rows of its training users.
EntityVectors mean_of_users(const Experiment& experiment, const EntityVectors& users) {
  const CsrView by_item = experiment.data.by_item.view();
  EntityVectors out{Matrix(by_item.rows, users.rows.columns()), Array<std::uint8_t>(by_item.rows, 0)};
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    std::int64_t n = 0;
    for (const std::int32_t user : by_item.row_indices(i)) {
      if (users.known[user] == 0) continue;
      ++n;
      for (std::int64_t k = 0; k < users.rows.columns(); ++k) out.rows(i, k) += users.rows(user, k);
    }
    if (n == 0) continue;
    out.known[i] = 1;
    for (std::int64_t k = 0; k < users.rows.columns(); ++k) out.rows(i, k) /= static_cast<float>(n);
  }
  return out;
}

/// The parts of a name, to be weighed alike.
class Parts {
 public:
  Parts(const Experiment& experiment, Threads& threads)
      : experiment_(experiment),
        threads_(threads),
        trained_(in_training(experiment.dataset.ratings, experiment.fold.train, Side::item)) {}

  void add(const std::string& name) {
    if (name == "user") return add_user();
    if (name == "tags" || name == "tags-ppmi") return add_tags(name == "tags-ppmi");
    const MovieTable table = movie_table(experiment_.dataset, experiment_.fold, threads_);
    if (!table.movies) throw Unsupported("+" + name + ": the data describes none of its movies");
    const std::int64_t before = parts_.size();
    for (const FeatureBlock& block : movie_blocks(table)) {
      const bool wanted = name == "movie" || block.name == (name == "year" ? "decade" : name);
      if (wanted && block.rows.columns > 0) parts_.push_back(dense(block.rows.view()));
    }
    if (parts_.size() == before) throw Unsupported("+" + name + ": the data has none");
  }

  /// Each part on its own leading axes, so that many columns cannot hide behind few.
  EntityVectors joined(std::int64_t width) {
    const Array<std::uint8_t> fitted(trained_.begin(), trained_.end());
    for (EntityVectors& part : parts_) part = Axes(part, fitted, width, threads_).apply(part, fitted, threads_);
    const std::int64_t items = experiment_.dataset.ratings.item_count();
    std::int64_t columns = 0;
    for (const EntityVectors& part : parts_) columns += part.rows.columns();
    EntityVectors out{Matrix(items, columns), Array<std::uint8_t>(items, 0)};
    std::int64_t first = 0;
    for (EntityVectors& part : parts_) {
      for (std::int64_t i = 0; i < items; ++i) {
        if (part.known[i] != 0) out.known[i] = 1;
        std::copy(part.rows.row(i), part.rows.row(i) + part.rows.columns(), out.rows.row(i) + first);
      }
      first += part.rows.columns();
    }
    return out;
  }

 private:
  void add_user() {
    const UserTable table = user_table(experiment_.dataset, experiment_.fold, threads_);
    if (!table.profiles) throw Unsupported("+user: the data describes none of its users");
    for (const FeatureBlock& block : user_blocks(table)) {
      if (block.rows.columns > 0) parts_.push_back(mean_of_users(experiment_, dense(block.rows.view())));
    }
  }

  void add_tags(bool ppmi) {
    const TagTable table = count_tags(experiment_.dataset, experiment_.fold);
    if (table.vocabulary.empty()) throw Unsupported("+tags: the data has no tag that is common enough");
    if (ppmi) {
      parts_.push_back(dense(positive_information(table, trained_).view()));
      return;
    }
    parts_.push_back(dense(table.weights.view()));
    make_rows_unit(parts_.back().rows);
  }

  const Experiment& experiment_;
  Threads& threads_;
  std::vector<bool> trained_;
  Array<EntityVectors> parts_;
};

}  // namespace

const std::vector<std::pair<std::string, std::string>>& block_names() {
  static const std::vector<std::pair<std::string, std::string>> names = {
      {"genres", "genres of the movie"},
      {"year", "decade of the movie: of a single year there are too few movies"},
      {"title", "words of the title"},
      {"tags", "tags of the movie, tf-idf"},
      {"tags-ppmi", "tags of the movie, positive pointwise mutual information"},
      {"movie", "all that -i +movie gives: genres, year, decade, title words, popularity"},
      {"user", "age band, gender, occupation, zip region and activity: the mean of the movie's training users"},
  };
  return names;
}

EntityVectors block_vectors(const Experiment& experiment, const std::vector<std::string>& names, std::int64_t width,
                            Threads& threads) {
  Parts parts(experiment, threads);
  for (const std::string& name : names) parts.add(name);
  return parts.joined(width);
}

}  // namespace embrace::judge
