// Records made by hand, for reports.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/report/report.hpp"
#include "host/metrics/estimate.hpp"
#include "host/random.hpp"

namespace embrace::test {

inline Record record_of(const std::string& method, const std::string& information, int fold = 0,
                        std::uint64_t seed = 1) {
  Record r;
  r.data = {"ml-100k", "d", 943, 1682, 100000, std::nullopt};
  r.split = {"kfold:5", fold, 7, "s" + std::to_string(fold), 80000, 20000};
  r.method = method;
  r.family = "factorization";
  r.information = information;
  r.task = Task::rating;
  r.seed = seed;
  r.hyper = {{"factors", 64.0}};
  r.device = {DeviceKind::cpu, "Some CPU", 2};
  r.cost = Record::Cost{0.1, 2, 0.1, {1, 1}, 2, 1000, 100};
  r.provenance = {{"version", "0.1.0"}, {"commit", "abc"}};
  return r;
}

/// Gives the record an accuracy: draws value + shared + own, where `shared` is the same for every record.
inline void set_rmse(Record& r, double value, double own_spread, const std::string& name = "rmse") {
  const Random random(5, Stream::sampling);
  std::uint32_t own = 0;
  for (const char c : r.method + r.information) own = own * 31 + static_cast<unsigned char>(c);
  Accuracy a{value, 0, 0, 20000, {}};
  for (std::uint64_t b = 0; b < 1000; ++b) {
    a.draws.push_back(value + 0.05 * random.normal(b) + own_spread * random.normal(b, own));
  }
  const Interval interval = percentile_interval(a.draws);
  a.low = interval.low;
  a.high = interval.high;
  r.accuracy[name] = a;
}

inline std::vector<Record> with_ids(std::vector<Record> records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string digits = std::to_string(i + 1);
    records[i].id = std::string(16 - digits.size(), '0') + digits;
  }
  return records;
}

inline const Row& row_of(const Report& report, const std::string& method, const std::string& information = "ratings") {
  for (const Row& row : report.rows) {
    if (row.method == method && row.information == information) return row;
  }
  throw std::out_of_range(method + " " + information);
}

inline Record scored(const std::string& method, double value, double own_spread = 0.001, int fold = 0) {
  Record r = record_of(method, "ratings", fold);
  set_rmse(r, value, own_spread);
  return r;
}
}  // namespace embrace::test
