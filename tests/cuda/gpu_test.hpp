// What tests of the CUDA part share: the device, or the reason for skipping; copies to and fro.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cuda/device/device.hpp"
#include "cuda/device/probe.hpp"
#include "host/span.hpp"

namespace embrace::test {

/// Tests derive from this; without a device they are skipped by name, with the reason.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static const gpu::Probe found = gpu::probe();
    if (found.devices.empty()) GTEST_SKIP() << "no CUDA device: " << found.problem;
    device_ = std::make_shared<gpu::Device>(0);
  }
  gpu::Device& device() { return *device_; }
  const gpu::DevicePtr& shared() const { return device_; }

  template <typename T>
  gpu::DeviceBuffer<T> on_device(const std::vector<T>& values) {
    return {device(), Span<const T>(values)};
  }

 private:
  gpu::DevicePtr device_;
};

}  // namespace embrace::test
