#include "cuda/learning/adagrad_side.hpp"

#include <vector>

#include "host/span.hpp"

namespace embrace::gpu {
namespace {

std::vector<float> ones(std::int64_t size) { return std::vector<float>(static_cast<std::size_t>(size), 1.0F); }

}  // namespace

AdagradSide::AdagradSide(Device& device, const embrace::ModelSide& start, double learning_rate)
    : sums_(device, ones(start.table.rows() * DeviceMatrix::stride(start.table.factors()))),
      sums_bias_(device, ones(start.table.rows())),
      penalties_(device, start.penalties),
      learning_rate_(static_cast<float>(learning_rate)) {
  std::vector<float> shares;
  for (std::int64_t r = 0; r < start.table.rows(); ++r) shares.push_back(start.table.rate(r));
  rates_ = {device, Span<const float>(shares)};
}

std::int64_t AdagradSide::bytes(const embrace::EmbeddingTable& table) {
  return DeviceMatrix::bytes(table.rows(), table.factors()) + 12 * table.rows();
}

AdagradView AdagradSide::view(EmbeddingTable& table) {
  const DeviceMatrixView<float> weights = table.vectors();
  return {weights,           table.bias(),      {sums_.span().data, weights.rows, weights.columns, weights.stride},
          sums_bias_.span(), penalties_.span(), rates_.span(),
          learning_rate_};
}

}  // namespace embrace::gpu
