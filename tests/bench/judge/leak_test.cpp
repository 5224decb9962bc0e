// Why the parts are disjoint. A judge that is fitted on the ratings that made the embedding sees vectors that have
// memorised them, trusts these, and ranks an over-fitted source behind no vectors at all; one that is fitted on other
// ratings shrinks what was memorised, and finds what was learned. The check that refuses the former stands in
// make_draw_data; here the judge is called beside it.
#include <gtest/gtest.h>

#include <stdexcept>

#include "bench/judge/draw_data.hpp"
#include "bench/judge/source_maker.hpp"
#include "host/judge/scaling.hpp"

namespace embrace::judge {
namespace {

class Leak : public testing::Test {
 protected:
  void SetUp() override {
    DataChoice choice;
    choice.data = "synth:400x300x24000";
    choice.split = parse_split("holdout:0.2");
    whole_ = make_experiment(choice, threads_);
    parts_ = divide_training(whole_.dataset.ratings, whole_.fold, choice.split, 1);
  }

  /// Test RMSE of `source`, made of the embedding part, by the ridge fitted on `fit`; with the source's own users.
  double judged(const std::string& source, const DrawData& data) {
    Experiment part{whole_.dataset, embedding_fold(whole_.dataset.ratings, whole_.fold, parts_), {}};
    part.data = make_fold_data(part.dataset, part.fold, threads_);
    const DeviceInfo device = cpu_device();
    const SourceSpec spec = parse_sources(source).front();
    // A penalty so small that the vectors go through all ratings that they have seen.
    const std::vector<Setting> settings =
        spec.method == nullptr ? std::vector<Setting>{} : parse_settings({"regularization=0.005"}, {spec.method});
    VectorFiles files;
    SourceMaker maker(part, {}, Task::rating, device, settings, files, 1, threads_);
    const MadeSource made = maker.make(spec, 16);
    const Axes axes(made.vectors.items, data.fitted_items, 16, threads_);
    const EntityVectors items = axes.apply(made.vectors.items, data.fitted_items, threads_);
    const EntityVectors users = axes.apply(made.vectors.users, data.fitted_users, threads_);
    PairInputs inputs(users, items, data.without_vectors.habits.view(), made.vectors.own());
    inputs.fit(data.fit_pairs.users, data.fit_pairs.items);
    const std::uint64_t seed = 1;
    const std::vector<Verdict> verdicts = rate_by_ridge({.inputs = inputs,
                                                         .fit = data.fit,
                                                         .validation = data.validation,
                                                         .test = data.test,
                                                         .scale = whole_.data.scale,
                                                         .threads = threads_},
                                                        {&seed, 1});
    return clipped_rmse(verdicts[0].predictions, data.test.ratings, whole_.data.scale);
  }

  /// As if nobody had looked: the judge's part is the embedding's, and so is the part that the setting is chosen on.
  DrawData with_the_same_ratings() {
    DrawData data = make_draw_data(whole_, parts_, threads_);
    Parts swapped = parts_;
    std::swap(swapped.embedding, swapped.fit);
    const DrawData other = make_draw_data(whole_, swapped, threads_);
    data.fit = other.fit;
    data.fit_pairs = other.fit_pairs;
    data.validation = other.fit_pairs;
    return data;
  }

  Threads threads_{2};
  Experiment whole_;
  Parts parts_;
};

TEST_F(Leak, TheSameRatingsAreRefused) {
  Parts same = parts_;
  same.fit = same.embedding;
  EXPECT_THROW(make_draw_data(whole_, same, threads_), std::invalid_argument);
}

TEST_F(Leak, WithoutTheCheckAnOverfittedSourceIsBehindNone) {
  const DrawData same = with_the_same_ratings();
  EXPECT_GT(judged("als", same), judged("zero", same) + 0.005) << "the wrong sign that the check prevents";
}

TEST_F(Leak, WithDisjointPartsTheSameSourceIsAhead) {
  const DrawData disjoint = make_draw_data(whole_, parts_, threads_);
  EXPECT_LT(judged("als", disjoint), judged("zero", disjoint));
}

}  // namespace
}  // namespace embrace::judge
