// What a judge has chosen on the validation part, and what that took; said of ratings and rankings alike.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace embrace::judge {

struct Choice {
  double validation = 0;                                // the metric there: RMSE, or NDCG@10
  int epochs = 0;                                       // that it was trained for
  std::vector<std::pair<std::string, double>> setting;  // by name
  std::vector<std::string> edges;                       // of it, what was the last value tried
  std::int64_t parameters = 0;                          // but for biases
  double seconds = 0;                                   // the first seed has those of all settings
};

}  // namespace embrace::judge
