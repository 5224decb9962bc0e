// --keep-answers: what a method answered, beside its record, so that anyone can compute any metric again.
#pragma once
#include <filesystem>
#include <string>

#include "host/data/ratings.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"
#include "host/span.hpp"

namespace embrace {

std::filesystem::path answers_path(const std::filesystem::path& folder, const std::string& id);

/// `user,item,rating,prediction` with raw ids, one line a test rating.
void write_rating_answers(const std::filesystem::path& file, const Ratings& ratings, Span<const std::int64_t> test,
                          Span<const float> predicted);

/// `user,rank,item,score` with raw ids.
void write_ranking_answers(const std::filesystem::path& file, const Ratings& ratings, Span<const RankedItem> answers);

}  // namespace embrace
