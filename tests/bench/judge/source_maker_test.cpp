// Controls made of a source.
#include "bench/judge/source_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/judge/scaling.hpp"

namespace embrace::judge {
namespace {

/// Squares, of the rows that are known.
Array<double> sorted_lengths(const EntityVectors& vectors) {
  Array<double> lengths;
  for (std::int64_t r = 0; r < vectors.rows.rows(); ++r) {
    if (vectors.known[r] == 0) continue;
    double squares = 0;
    for (std::int64_t k = 0; k < vectors.rows.columns(); ++k) {
      squares += std::pow(static_cast<double>(vectors.rows(r, k)), 2);
    }
    lengths.push_back(squares);
  }
  std::sort(lengths.begin(), lengths.end());
  return lengths;
}

// Of a source for rankings most rows are short, and random rows of one length would tell more items apart than it does.
TEST(SourceMaker, RandomRowsInTheShapeOfASourceHaveItsLengths) {
  Threads threads(2);
  DataChoice choice;
  choice.data = "synth:60x40x900";
  choice.split = parse_split("holdout:0.2");
  Experiment part = make_experiment(choice, threads);
  const DeviceInfo device = cpu_device();
  const std::vector<Setting> settings;
  VectorFiles files;
  SourceMaker maker(part, {}, Task::ranking, device, settings, files, 1, threads);
  const SourceVectors source = maker.make(parse_sources("ials").front(), 8).vectors;
  const SourceVectors random = maker.make(parse_sources("random:ials").front(), 8).vectors;
  ASSERT_TRUE(std::equal(source.items.known.begin(), source.items.known.end(), random.items.known.begin()));
  EXPECT_NE(source.items.rows(0, 0), random.items.rows(0, 0));
  const Axes axes(source.items, source.items.known, 8, threads);  // about which a judge sees the source
  const Array<double> wanted = sorted_lengths(axes.apply(source.items, source.items.known, threads));
  const Array<double> got = sorted_lengths(random.items);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::int64_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], wanted[k], 1e-5 * wanted[k] + 1e-12) << k;
}

}  // namespace
}  // namespace embrace::judge
