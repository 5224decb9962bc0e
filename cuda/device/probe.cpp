#include "cuda/device/probe.hpp"

#include <cuda_runtime_api.h>

#include <string>

#include "cuda/device/check.hpp"

namespace embrace::gpu {
namespace {

std::string version_text(int version) {
  return version == 0 ? "" : std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string why_none(cudaError_t status, const Probe& probe) {
  if (probe.driver.empty()) {
    return "no NVIDIA driver is loaded; install one for CUDA " + probe.toolkit +
           " or later, `nvidia-smi` must list the GPU";
  }
  if (status == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver is for CUDA " + probe.driver + ", older than the CUDA " + probe.toolkit +
           " of this build; update the driver, or build with an older toolkit";
  }
  if (status == cudaErrorNoDevice || status == cudaSuccess) {
    return "the driver shows no CUDA device; `nvidia-smi` must list the GPU, and CUDA_VISIBLE_DEVICES must not hide it";
  }
  return std::string("the CUDA devices cannot be asked: ") + cudaGetErrorString(status) +
         "; `nvidia-smi` must list the GPU";
}

DeviceFacts facts_of(int number) {
  cudaDeviceProp properties{};
  EMBRACE_CHECK(cudaGetDeviceProperties(&properties, number));
  DeviceFacts facts;
  facts.number = number;
  facts.name = properties.name;
  facts.capability = std::to_string(properties.major) + "." + std::to_string(properties.minor);
  facts.multiprocessors = properties.multiProcessorCount;
  facts.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  facts.cache_bytes = properties.l2CacheSize;
  return facts;
}

}  // namespace

Probe probe() {
  Probe found;
  int driver = 0, toolkit = 0, count = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&toolkit);
  found.driver = version_text(driver);
  found.toolkit = version_text(toolkit);
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    cudaGetLastError();
    found.problem = why_none(status, found);
    return found;
  }
  try {
    for (int number = 0; number < count; ++number) found.devices.push_back(facts_of(number));
  } catch (const std::exception& error) {
    found.devices.clear();
    found.problem = std::string(error.what()) + "; `nvidia-smi` must list the GPU";
  }
  return found;
}

}  // namespace embrace::gpu
