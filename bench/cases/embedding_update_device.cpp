#include "bench/cases/embedding_device.hpp"

namespace embrace::cases {

TimedRun embedding_update_on_device(gpu::DevicePtr device, const Inputs& in) {
  DeviceBatch batch(*device, in);
  gpu::represent(*device, batch.view());
  gpu::find_slot_gradients(*device, batch.view());
  return timed_on_device(
      std::move(device), std::move(batch), [](gpu::Device& on, DeviceBatch& b) { b.reset(on); },
      [](gpu::Device& on, DeviceBatch& b) { gpu::update_rows(on, b.view()); },
      [](gpu::Device& on, const DeviceBatch& b) {
        std::vector<double> all;
        for (const DeviceSide& side : b.sides) {
          const gpu::TableView table = side.table.view();
          Matrix vectors(table.rows(), table.vectors.columns);
          download(on, table.vectors, vectors.view());
          std::vector<float> bias(static_cast<std::size_t>(table.bias.size));
          on.download(table.bias, Span<float>(bias));
          for (std::int64_t r = 0; r < vectors.rows(); ++r) {
            all.insert(all.end(), vectors.row(r), vectors.row(r) + vectors.columns());
            all.push_back(static_cast<double>(bias[static_cast<std::size_t>(r)]));
          }
        }
        return all;
      });
}

}  // namespace embrace::cases
