#include "bench/judge/probing.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "bench/identity.hpp"
#include "bench/judge/outcome.hpp"
#include "bench/run.hpp"
#include "host/judge/probes.hpp"
#include "host/judge/scaling.hpp"
#include "host/metadata/movies.hpp"

namespace embrace::judge {
namespace {

/// On its axes, as a judge reads it.
EntityVectors on_axes(const MadeSource& made, const DrawData& data, int width, Threads& threads) {
  return Axes(made.vectors.items, data.fitted_items, width, threads)
      .apply(made.vectors.items, data.fitted_items, threads);
}

/// Of the judge's and the validation part: what no source has seen.
Csr unseen_ratings(const Draw& draw, Threads& threads) {
  RatedPairs pairs = draw.data.fit_pairs;
  const RatedPairs& more = draw.data.validation;
  pairs.users.insert(pairs.users.end(), more.users.begin(), more.users.end());
  pairs.items.insert(pairs.items.end(), more.items.begin(), more.items.end());
  pairs.ratings.insert(pairs.ratings.end(), more.ratings.begin(), more.ratings.end());
  const Ratings& ratings = draw.whole.dataset.ratings;
  return csr_from_triples(ratings.user_count(), ratings.item_count(), pairs.users, pairs.items, pairs.ratings, threads);
}

}  // namespace

ProbeTargets probe_targets(const Experiment& whole, Threads& threads) {
  const MovieTable table = movie_table(whole.dataset, whole.fold, threads);
  const CsrView by_item = whole.data.by_item.view();
  const double none = std::numeric_limits<double>::quiet_NaN();
  ProbeTargets targets;
  std::map<std::string, std::int32_t> genres;
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto count = static_cast<double>(by_item.row_size(i));
    targets.popularity.push_back(count > 0 ? std::log1p(count) : none);
    targets.year.push_back(table.year[at] ? static_cast<double>(*table.year[at]) : none);
    std::vector<std::int32_t>& own = targets.genres.emplace_back();
    for (const std::string& genre : table.genres[at]) {
      own.push_back(genres.emplace(genre, static_cast<std::int32_t>(genres.size())).first->second);
    }
  }
  targets.genre_count = static_cast<std::int64_t>(genres.size());
  return targets;
}

void probe(const Draw& draw, const ProbeTargets& targets, const MadeSource& made, const MadeSource* again, int width,
           Threads& threads, Record& record) {
  const auto begin = std::chrono::steady_clock::now();
  record.provenance = provenance(draw.options.device, draw.options.command);
  record.notes = made.notes;
  record.judge->source_seconds = made.seconds;
  record_outcome(record, [&] {
    const EntityVectors items = on_axes(made, draw.data, width, threads);
    record.judge->bytes_per_item = items.rows.columns() * static_cast<std::int64_t>(sizeof(float));
    const auto put = [&](const char* name, double value) {
      if (std::isfinite(value)) record.judge->setting.emplace_back(name, value);
    };
    put("effective_rank", effective_rank(items));
    if (targets.genre_count > 0) put("genre_hits", encoded_label(items, targets.genres, targets.genre_count));
    put("neighbours@100", neighbour_recall(items, unseen_ratings(draw, threads).view(), threads));
    put("popularity_r2", encoded_number(items, targets.popularity));
    if (again != nullptr)
      put("stability", aligned_similarity(items, on_axes(*again, draw.data, width, threads), threads));
    put("year_r2", encoded_number(items, targets.year));
    const Array<float> predictions = predict_by_user_ridge(items, draw.data.fit, draw.data.validation, draw.data.test,
                                                           draw.whole.data.scale, threads);
    record.cost = Record::Cost{};
    record.cost->epochs = 1;
    record.cost->train_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    add_accuracy(rating_metrics_of(draw, predictions), threads, record);
  });
}

}  // namespace embrace::judge
