#include "host/metadata/features.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "host/error.hpp"
#include "host/metadata/information.hpp"
#include "tests/host/metadata/metadata_fixture.hpp"

namespace embrace {
namespace {

using testing::small_dataset;
using testing::small_fold;

FeatureSet features(const Dataset& data, const Fold& fold, const std::string& information, Task task = Task::rating,
                    std::uint64_t seed = 1, int threads = 1) {
  Threads pool(threads);
  return build_features(data, fold, parse_information(information), task, seed, pool);
}

void expect_same(const std::optional<Features>& a, const std::optional<Features>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->rows.offsets, b->rows.offsets);
  EXPECT_EQ(a->rows.indices, b->rows.indices);
  EXPECT_EQ(a->rows.values, b->rows.values);  // bit by bit: no NaN may be there, see below
  EXPECT_EQ(a->rows.columns, b->rows.columns);
  ASSERT_EQ(a->fields.size(), b->fields.size());
  for (std::size_t f = 0; f < a->fields.size(); ++f) {
    EXPECT_EQ(a->fields[f].name, b->fields[f].name);
    EXPECT_EQ(a->fields[f].first, b->fields[f].first);
    EXPECT_EQ(a->fields[f].last, b->fields[f].last);
  }
}

void expect_same(const FeatureSet& a, const FeatureSet& b) {
  expect_same(a.user, b.user);
  expect_same(a.item, b.item);
  expect_same(a.context, b.context);
}

bool same(const FeatureSet& a, const FeatureSet& b) {
  const auto equal = [](const std::optional<Features>& x, const std::optional<Features>& y) {
    return x.has_value() == y.has_value() &&
           (!x || (x->rows.offsets == y->rows.offsets && x->rows.indices == y->rows.indices &&
                   x->rows.values == y->rows.values));
  };
  return equal(a.user, b.user) && equal(a.item, b.item) && equal(a.context, b.context);
}

const Field& field(const Features& features, const std::string& name) {
  for (const Field& f : features.fields) {
    if (f.name == name) return f;
  }
  throw std::out_of_range("no field " + name);
}

std::int64_t entries(const Features& features, const std::string& name, std::int64_t row) {
  const Field& f = field(features, name);
  std::int64_t n = 0;
  for (const std::int32_t column : features.rows.view().row_indices(row))
    n += column >= f.first && column < f.last ? 1 : 0;
  return n;
}

/// Rows as values, for comparison as multisets.
std::multiset<std::vector<std::pair<std::int32_t, float>>> row_set(const Features& features) {
  std::multiset<std::vector<std::pair<std::int32_t, float>>> rows;
  const CsrView view = features.rows.view();
  for (std::int64_t r = 0; r < view.rows; ++r) {
    std::vector<std::pair<std::int32_t, float>> row;
    for (std::int64_t e = 0; e < view.row_indices(r).size(); ++e) {
      row.emplace_back(view.row_indices(r)[e], view.row_values(r)[e]);
    }
    rows.insert(row);
  }
  return rows;
}

TEST(Information, NamesAreReadInAnyOrderAndWrittenInOne) {
  EXPECT_EQ(parse_information("ratings").text, "ratings");
  EXPECT_EQ(parse_information("+movie+user").text, "+user+movie");
  EXPECT_EQ(parse_information("+sets+time+tags+movie+user").text, "+user+movie+tags+time+sets");
  EXPECT_EQ(parse_information("+tags+tags").text, "+tags");
  EXPECT_EQ(parse_information("all").text, "all");
  EXPECT_EQ(parse_information("shuffled").text, "shuffled");
  EXPECT_EQ(parse_information("shuffled:all").text, "shuffled");
  EXPECT_EQ(parse_information("shuffled:+movie+user").text, "shuffled:+user+movie");
  EXPECT_EQ(parse_information("random").text, "random");
  const Information named = parse_information("+movie+tags");
  EXPECT_TRUE(named.movie && named.tags && !named.user && !named.time && !named.sets && !named.everything);
  EXPECT_EQ(parse_information("shuffled:+movie").control, Information::Control::shuffled);
}

TEST(Information, AMisspeltNameIsRefusedWithTheNearest) {
  for (const char* text : {"", "+", "movie", "+film", "+user+", "++user", "ratings+user",
                           "shuffled:", "shuffled:ratings", "all+user", "Random", "shuffled:+movi"}) {
    EXPECT_THROW(parse_information(text), UsageError) << text;
  }
  try {
    parse_information("+user+moive");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean '+movie'?"), std::string::npos) << error.what();
  }
}

TEST(Features, RatingsAloneHaveNone) {
  const Dataset data = small_dataset();
  const FeatureSet set = features(data, small_fold(data), "ratings");
  EXPECT_FALSE(set.user || set.item || set.context);
}

TEST(Features, FieldsCoverAllColumnsAndNothingIsOutsideOrNaN) {
  const Dataset data = small_dataset();
  const FeatureSet set = features(data, small_fold(data), "all");
  const std::vector<std::pair<const std::optional<Features>*, std::int64_t>> sides = {
      {&set.user, data.ratings.user_count()},
      {&set.item, data.ratings.item_count()},
      {&set.context, data.ratings.size()}};
  for (const auto& [side, rows] : sides) {
    ASSERT_TRUE(side->has_value());
    const Features& f = **side;
    EXPECT_EQ(f.rows.rows(), rows);
    std::int64_t next = 0;
    for (const Field& part : f.fields) {
      EXPECT_EQ(part.first, next);
      EXPECT_GT(part.last, part.first);
      next = part.last;
    }
    EXPECT_EQ(next, f.rows.columns);
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto columns = f.rows.view().row_indices(r);
      for (std::int64_t e = 0; e < columns.size(); ++e) {
        EXPECT_TRUE(columns[e] >= 0 && columns[e] < f.rows.columns);
        EXPECT_TRUE(e == 0 || columns[e - 1] < columns[e]);
        EXPECT_TRUE(std::isfinite(f.rows.view().row_values(r)[e]));
      }
    }
  }
}

TEST(Features, WeightsOfGenresWordsAndTagsSumToOne) {
  const Dataset data = small_dataset();
  const FeatureSet set = features(data, small_fold(data), "+movie+tags");
  for (const char* name : {"genres", "title", "tags"}) {
    const Field& f = field(*set.item, name);
    EXPECT_EQ(f.kind, Field::Kind::multi_hot);
    for (std::int64_t item = 0; item < data.ratings.item_count(); ++item) {
      double sum = 0;
      const auto columns = set.item->rows.view().row_indices(item);
      for (std::int64_t e = 0; e < columns.size(); ++e) {
        if (columns[e] >= f.first && columns[e] < f.last)
          sum += static_cast<double>(set.item->rows.view().row_values(item)[e]);
      }
      // At most ten terms, each rounded to 2^-24 of at most one.
      EXPECT_NEAR(sum, 1.0, 10 * 0x1p-24) << name << " of " << item;
    }
  }
}

TEST(Features, SetsHoldTheTrainingPartWithSvdPlusPlusWeights) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  const FeatureSet set = features(data, fold, "+sets");
  std::vector<std::set<std::int32_t>> rated(testing::user_count);
  for (const std::int64_t p : fold.train) {
    rated[static_cast<std::size_t>(data.ratings.users[static_cast<std::size_t>(p)])].insert(
        data.ratings.items[static_cast<std::size_t>(p)]);
  }
  for (std::int64_t u = 0; u < testing::user_count; ++u) {
    const auto columns = set.user->rows.view().row_indices(u);
    const auto& expected = rated[static_cast<std::size_t>(u)];
    EXPECT_EQ(std::set<std::int32_t>(columns.begin(), columns.end()), expected);
    for (const float value : set.user->rows.view().row_values(u)) {
      EXPECT_FLOAT_EQ(value, static_cast<float>(1 / std::sqrt(static_cast<double>(expected.size()))));
    }
  }
  EXPECT_EQ(set.item->rows.columns, testing::user_count);
}

TEST(Features, ANumbersZeroIsTheMeanOverTrainingRatings) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  const FeatureSet set = features(data, fold, "+movie");
  const Field& popularity = field(*set.item, "popularity");
  double sum = 0, square = 0, rows = 0;
  const auto value = [&](std::int64_t item) {
    const auto columns = set.item->rows.view().row_indices(item);
    const auto found = std::find(columns.begin(), columns.end(), static_cast<std::int32_t>(popularity.first));
    EXPECT_NE(found, columns.end());
    return static_cast<double>(
        set.item->rows.view().row_values(item)[static_cast<std::size_t>(found - columns.begin())]);
  };
  for (const std::int64_t p : fold.train) sum += value(data.ratings.items[static_cast<std::size_t>(p)]);
  for (std::int64_t item = 0; item < data.ratings.item_count(); ++item) {
    square += value(item) * value(item);
    rows += 1;
  }
  // Values of a few units rounded to float: below 2^-22 each.
  EXPECT_NEAR(sum / static_cast<double>(fold.train.size()), 0.0, 0x1p-20);
  EXPECT_NEAR(square / rows, 1.0, 0x1p-18);
}

/// The test demanded of everything computed from ratings or tags: what the test part says changes nothing.
TEST(Features, NothingDependsOnTheTestPart) {
  const Dataset data = small_dataset();
  for (const std::int32_t cold : {-1, 3}) {
    const Fold fold = small_fold(data, cold);
    Dataset changed = data;
    for (const std::int64_t p : fold.test) {
      const auto at = static_cast<std::size_t>(p);
      changed.ratings.values[at] = 6 - changed.ratings.values[at];
      const std::int64_t user = data.ratings.user_ids[static_cast<std::size_t>(data.ratings.users[at])];
      const std::int64_t item = data.ratings.item_ids[static_cast<std::size_t>(data.ratings.items[at])];
      std::erase_if(changed.catalogue.tags, [&](const TagUse& use) { return use.user == user && use.item == item; });
      for (int copy = 0; copy < 3; ++copy)
        changed.catalogue.tags.push_back({user, item, "planted" + std::to_string(p % 3), 5});
    }
    for (const char* information :
         {"all", "+user", "+movie", "+tags", "+sets", "shuffled", "random", "shuffled:+tags"}) {
      SCOPED_TRACE(information);
      expect_same(features(data, fold, information), features(changed, fold, information));
      expect_same(features(data, fold, information, Task::ranking),
                  features(changed, fold, information, Task::ranking));
    }
    // The same change in the training part is noticed, or the comparison above would prove nothing.
    Dataset trained = data;
    trained.catalogue.tags = changed.catalogue.tags;
    EXPECT_FALSE(same(features(data, testing::whole_fold(data), "+tags"),
                      features(trained, testing::whole_fold(data), "+tags")));
  }
}

TEST(Features, TestPairsThatAreThereOrNotChangeNothing) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  // Without the last test rating at all (its user and movie have others, so the indices stay).
  std::vector<std::int64_t> keep;
  for (std::int64_t p = 0; p < data.ratings.size(); ++p) {
    if (p != fold.test.back()) keep.push_back(p);
  }
  Dataset smaller = data;
  smaller.ratings = subset(data.ratings, keep);
  ASSERT_EQ(smaller.ratings.item_ids, data.ratings.item_ids);
  Fold less;
  for (std::int64_t p = 0; p < static_cast<std::int64_t>(keep.size()); ++p) {
    const std::int64_t old = keep[static_cast<std::size_t>(p)];
    const bool test = std::find(fold.test.begin(), fold.test.end(), old) != fold.test.end();
    (test ? less.test : less.train).push_back(p);
  }
  expect_same(features(data, fold, "+user+movie+sets"), features(smaller, less, "+user+movie+sets"));
}

TEST(Features, ATestTimeChangesOnlyItsOwnContext) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  Dataset changed = data;
  for (const std::int64_t p : fold.test) changed.ratings.times[static_cast<std::size_t>(p)] += 86400 * 365;
  for (const char* information : {"+time", "shuffled:+time"}) {
    const FeatureSet a = features(data, fold, information), b = features(changed, fold, information);
    EXPECT_EQ(a.context->rows.columns, b.context->rows.columns);
    for (const std::int64_t p : fold.train) {
      const auto x = a.context->rows.view().row_indices(p), y = b.context->rows.view().row_indices(p);
      EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end()));
    }
    // A day that training never saw is nothing; the hour is still known.
    const std::int64_t p = fold.test.front();
    EXPECT_EQ(entries(*b.context, "day", p), 0);
    EXPECT_EQ(entries(*b.context, "hour", p), 1);
  }
  expect_same(features(data, fold, "+user+movie+tags+sets"), features(changed, fold, "+user+movie+tags+sets"));
}

TEST(Features, VocabulariesComeFromTraining) {
  Dataset data = small_dataset();
  const std::int32_t cold = 3;
  data.catalogue.movies[cold].genres = {"Western", "Drama"};
  data.catalogue.movies[cold].year = 1950;
  const FeatureSet with = features(data, small_fold(data, cold), "+movie");
  // Western and 1950 are known only from the cold movie: not a column; Drama is, and the cold movie has it.
  EXPECT_EQ(field(*with.item, "genres").last - field(*with.item, "genres").first, 3);
  EXPECT_EQ(entries(*with.item, "genres", cold), 1);
  EXPECT_EQ(entries(*with.item, "year", cold), 0);
  const FeatureSet all = features(data, testing::whole_fold(data), "+movie");
  EXPECT_EQ(field(*all.item, "genres").last - field(*all.item, "genres").first, 4);
}

TEST(Features, AColdItemKeepsItsMetadataAndHasNoAggregates) {
  Dataset data = small_dataset();
  const std::int32_t cold = 3;
  for (std::int64_t m = 0; m < testing::movie_count; ++m) {
    TagUse use{7, testing::movie_id(m), "travelled tag", 9};
    use.travelled = true;
    for (int user = 0; user < 5; ++user) data.catalogue.tags.push_back(use);
  }
  const FeatureSet set = features(data, small_fold(data, cold), "+movie+tags+sets");
  EXPECT_GT(entries(*set.item, "genres", cold), 0);
  EXPECT_EQ(entries(*set.item, "decade", cold), 1);
  EXPECT_GT(entries(*set.item, "title", cold), 0);
  EXPECT_GT(entries(*set.item, "tags", cold), 0);
  EXPECT_EQ(entries(*set.item, "popularity", cold), 0);
  EXPECT_EQ(entries(*set.item, "raters", cold), 0);
  EXPECT_GT(entries(*set.item, "popularity", 0), 0);
}

TEST(Features, WhatTheDataLacksIsUnsupportedWhenNamedAndANoteInAll) {
  Dataset bare = small_dataset();
  bare.catalogue = {};
  bare.ratings.times.clear();
  const Fold fold = small_fold(bare);
  for (const char* information : {"+user", "+movie", "+tags", "+time", "+user+sets", "shuffled:+movie"}) {
    EXPECT_THROW(features(bare, fold, information), Unsupported) << information;
  }
  const FeatureSet all = features(bare, fold, "all");
  EXPECT_EQ(all.notes.size(), 4U);
  expect_same(all, features(bare, fold, "+sets"));
}

TEST(Features, RankingsHaveNoTime) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  EXPECT_THROW(features(data, fold, "+time", Task::ranking), Unsupported);
  EXPECT_THROW(features(data, fold, "+movie+time", Task::ranking), Unsupported);
  EXPECT_FALSE(features(data, fold, "all", Task::ranking).context);
  EXPECT_TRUE(features(data, fold, "all", Task::rating).context);
}

TEST(Features, ShufflingKeepsTheRowsAndMovesThem) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  const FeatureSet plain = features(data, fold, "all"), moved = features(data, fold, "shuffled");
  EXPECT_EQ(row_set(*plain.user), row_set(*moved.user));
  EXPECT_EQ(row_set(*plain.item), row_set(*moved.item));
  EXPECT_EQ(row_set(*plain.context), row_set(*moved.context));
  EXPECT_FALSE(same(plain, moved));
  EXPECT_FALSE(same(moved, features(data, fold, "shuffled", Task::rating, 2)));
  const FeatureSet part = features(data, fold, "shuffled:+movie");
  EXPECT_FALSE(part.user || part.context);
  EXPECT_EQ(row_set(*part.item), row_set(*features(data, fold, "+movie").item));
}

TEST(Features, RandomHasTheShapeAndOtherColumns) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  const FeatureSet plain = features(data, fold, "all"), noise = features(data, fold, "random");
  EXPECT_EQ(plain.user->rows.offsets, noise.user->rows.offsets);
  EXPECT_EQ(plain.item->rows.offsets, noise.item->rows.offsets);
  EXPECT_EQ(plain.context->rows.offsets, noise.context->rows.offsets);
  for (std::int64_t row = 0; row < data.ratings.item_count(); ++row) {
    for (const Field& f : plain.item->fields)
      EXPECT_EQ(entries(*plain.item, f.name, row), entries(*noise.item, f.name, row));
    const auto columns = noise.item->rows.view().row_indices(row);
    for (std::int64_t e = 1; e < columns.size(); ++e) EXPECT_LT(columns[e - 1], columns[e]);
  }
  EXPECT_NE(plain.item->rows.indices, noise.item->rows.indices);
  EXPECT_NE(plain.user->rows.values, noise.user->rows.values);
  EXPECT_FALSE(same(noise, features(data, fold, "random", Task::rating, 2)));
}

TEST(Features, TheNumberOfThreadsChangesNoBit) {
  const Dataset data = small_dataset();
  const Fold fold = small_fold(data);
  for (const char* information : {"all", "shuffled", "random"}) {
    expect_same(features(data, fold, information, Task::rating, 5, 1),
                features(data, fold, information, Task::rating, 5, 3));
  }
}

TEST(Features, AnEmptyTrainingPartGivesEmptyVocabulariesNotACrash) {
  const Dataset data = small_dataset();
  Fold fold;
  fold.test = testing::whole_fold(data).train;
  const FeatureSet set = features(data, fold, "+user+movie");
  EXPECT_FALSE(set.user || set.item);
  EXPECT_THROW(features(data, fold, "+tags"), Unsupported);
}

}  // namespace
}  // namespace embrace
