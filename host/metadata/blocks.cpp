#include "host/metadata/blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace embrace {
namespace {

void end_row(Csr& rows) { rows.offsets.push_back(rows.entries()); }

void add(Csr& rows, std::int32_t column, double value) {
  rows.indices.push_back(column);
  rows.values.push_back(static_cast<float>(value));
}

}  // namespace

FeatureBlock one_hot_block(std::string name, const std::vector<std::string>& labels, const std::vector<bool>& trained) {
  std::vector<std::vector<std::string>> lists(labels.size());
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!labels[row].empty()) lists[row].push_back(labels[row]);
  }
  FeatureBlock block = multi_hot_block(std::move(name), lists, trained, 1);
  block.kind = Field::Kind::one_hot;
  return block;
}

FeatureBlock multi_hot_block(std::string name, const std::vector<std::vector<std::string>>& labels,
                             const std::vector<bool>& trained, std::int64_t minimum) {
  FeatureBlock block{std::move(name), Field::Kind::multi_hot, {}, {}, {}};
  std::map<std::string, std::int64_t> count;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!trained[row]) continue;
    auto distinct = labels[row];
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const std::string& label : distinct) ++count[label];
  }
  std::map<std::string, std::int32_t> column;
  for (const auto& [label, rows] : count) {
    if (rows < minimum) continue;
    column.emplace(label, static_cast<std::int32_t>(block.columns.size()));
    block.columns.push_back(label);
  }
  for (const auto& list : labels) {
    std::vector<std::int32_t> found;
    for (const std::string& label : list) {
      if (const auto entry = column.find(label); entry != column.end()) found.push_back(entry->second);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    for (const std::int32_t c : found) add(block.rows, c, 1.0 / static_cast<double>(found.size()));
    end_row(block.rows);
  }
  block.rows.columns = static_cast<std::int64_t>(block.columns.size());
  return block;
}

FeatureBlock number_block(std::string name, const std::vector<NumberColumn>& numbers,
                          const std::vector<std::int64_t>& ratings) {
  FeatureBlock block{std::move(name), Field::Kind::numbers, {}, {}, {}};
  std::vector<const NumberColumn*> kept;
  std::vector<double> means, scales;
  for (const NumberColumn& number : numbers) {
    double weight = 0, mean = 0, rows = 0, square = 0;
    for (std::size_t row = 0; row < ratings.size(); ++row) {
      if (ratings[row] == 0 || !number.known[row]) continue;
      weight += static_cast<double>(ratings[row]);
      mean += (number.values[row] - mean) * static_cast<double>(ratings[row]) / weight;  // running: no cancellation
    }
    for (std::size_t row = 0; row < ratings.size(); ++row) {
      if (ratings[row] == 0 || !number.known[row]) continue;
      rows += 1;
      square += (number.values[row] - mean) * (number.values[row] - mean);
    }
    const double deviation = rows > 0 ? std::sqrt(square / rows) : 0;
    if (deviation <= 1e-9 * (1 + std::abs(mean))) continue;
    block.columns.push_back(number.name);
    kept.push_back(&number);
    means.push_back(mean);
    scales.push_back(1 / deviation);
  }
  for (std::size_t row = 0; row < ratings.size(); ++row) {
    for (std::size_t c = 0; c < kept.size(); ++c) {
      if (!kept[c]->known[row]) continue;
      add(block.rows, static_cast<std::int32_t>(c), (kept[c]->values[row] - means[c]) * scales[c]);
    }
    end_row(block.rows);
  }
  block.rows.columns = static_cast<std::int64_t>(block.columns.size());
  return block;
}

Features join(const std::vector<FeatureBlock>& blocks, std::int64_t rows) {
  Features features;
  std::int64_t columns = 0, entries = 0;
  for (const FeatureBlock& block : blocks) {
    if (block.rows.rows() != rows) throw std::invalid_argument("feature block " + block.name + " has other rows");
    if (block.rows.columns == 0) continue;
    features.fields.push_back({block.name, columns, columns + block.rows.columns, block.kind});
    columns += block.rows.columns;
    entries += block.rows.entries();
  }
  if (columns > std::numeric_limits<std::int32_t>::max()) throw std::length_error("more feature columns than 2^31 - 1");
  features.rows.columns = columns;
  features.rows.indices.reserve(static_cast<std::size_t>(entries));
  features.rows.values.reserve(static_cast<std::size_t>(entries));
  features.rows.offsets.reserve(static_cast<std::size_t>(rows) + 1);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::int64_t first = 0;
    for (const FeatureBlock& block : blocks) {
      const CsrView view = block.rows.view();
      for (const std::int32_t column : view.row_indices(row)) {
        features.rows.indices.push_back(static_cast<std::int32_t>(first + column));
      }
      const auto values = view.row_values(row);
      features.rows.values.insert(features.rows.values.end(), values.begin(), values.end());
      first += block.rows.columns;
    }
    end_row(features.rows);
  }
  return features;
}

}  // namespace embrace
