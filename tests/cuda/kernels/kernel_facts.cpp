#include "tests/cuda/kernels/kernel_facts.hpp"

#include <cuda_occupancy.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "host/files.hpp"
#include "tests/cuda/kernels/kernel_name.hpp"

namespace embrace::test {
namespace {

/// `.maxntid 64, 1, 1` that follows the entry's name.
int threads_of(const std::string& symbol, const std::string& ptx) {
  const std::size_t entry = ptx.find(".entry " + symbol + "(");
  const std::size_t body = entry == std::string::npos ? entry : ptx.find('{', entry);
  const std::size_t bounds = entry == std::string::npos ? entry : ptx.find(".maxntid ", entry);
  if (bounds == std::string::npos || bounds > body)
    throw std::runtime_error(demangled(symbol) + " has no launch bounds");
  return std::atoi(ptx.c_str() + bounds + 9);
}

struct Limits {
  int shared_a_multiprocessor;
  int shared_a_block;
};

/// CUDA C++ programming guide, technical specifications by compute capability.
Limits limits_of(int architecture) {
  if (architecture == 80) return {164 * 1024, 163 * 1024};
  if (architecture == 90 || architecture == 100) return {228 * 1024, 227 * 1024};
  throw std::runtime_error("the limits of sm_" + std::to_string(architecture) + " are not known here");
}

}  // namespace

std::vector<KernelFacts> parse_kernel_facts(const std::string& source, const std::string& words,
                                            const std::string& ptx) {
  static const std::regex entry(R"(Compiling entry function '(\w+)' for 'sm_(\d+)')"),
      spills(R"((\d+) bytes spill stores, (\d+) bytes spill loads)"), used(R"(Used (\d+) registers)"),
      shared(R"((\d+) bytes smem)");
  const bool asks = ptx.find(".extern .shared") != std::string::npos;
  std::vector<KernelFacts> found;
  KernelFacts now;
  std::string symbol;
  std::istringstream lines(words);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, match, entry)) {
      symbol = match[1];
      now = {source, short_kernel_name(demangled(symbol)), std::stoi(match[2])};
    } else if (std::regex_search(line, match, spills)) {
      now.spilled = std::stoi(match[1]) + std::stoi(match[2]);
    } else if (std::regex_search(line, match, used)) {
      now.registers = std::stoi(match[1]);
      if (std::regex_search(line, match, shared)) now.shared = std::stoi(match[1]);
      if (now.kernel.empty()) continue;
      now.threads = threads_of(symbol, ptx);
      now.asks = asks;
      found.push_back(now);
    }
  }
  return found;
}

std::vector<KernelFacts> read_kernel_facts(const std::vector<std::filesystem::path>& objects) {
  std::vector<KernelFacts> all;
  for (const std::filesystem::path& object : objects) {
    constexpr std::int64_t largest_object = std::int64_t{1} << 30;
    const auto kernels = parse_kernel_facts(object.stem().stem().string(), read_file(object.string() + ".txt"),
                                            read_file(object, largest_object));
    all.insert(all.end(), kernels.begin(), kernels.end());
  }
  if (all.empty()) throw std::runtime_error("ptxas said nothing of any kernel");
  std::sort(all.begin(), all.end(), [](const KernelFacts& a, const KernelFacts& b) {
    return std::tie(a.source, a.kernel, a.architecture) < std::tie(b.source, b.kernel, b.architecture);
  });
  return all;
}

int occupancy(const KernelFacts& kernel, int dynamic_shared) {
  constexpr int most_threads = 2048;  // of a multiprocessor, in all three
  const Limits limits = limits_of(kernel.architecture);
  cudaOccDeviceProp device;
  device.computeMajor = kernel.architecture / 10;
  device.computeMinor = kernel.architecture % 10;
  device.maxThreadsPerBlock = 1024;
  device.maxThreadsPerMultiprocessor = most_threads;
  device.regsPerBlock = 65536;
  device.regsPerMultiprocessor = 65536;
  device.warpSize = 32;
  device.sharedMemPerBlock = 48 * 1024;
  device.sharedMemPerMultiprocessor = static_cast<std::size_t>(limits.shared_a_multiprocessor);
  device.sharedMemPerBlockOptin = static_cast<std::size_t>(limits.shared_a_block);
  device.reservedSharedMemPerBlock = 1024;
  device.numSms = 1;
  cudaOccFuncAttributes function;
  function.maxThreadsPerBlock = kernel.threads;
  function.numRegs = kernel.registers;
  function.sharedSizeBytes = static_cast<std::size_t>(kernel.shared);
  function.partitionedGCConfig = PARTITIONED_GC_OFF;
  function.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  function.maxDynamicSharedSizeBytes = static_cast<std::size_t>(dynamic_shared);
  const cudaOccDeviceState state;
  cudaOccResult result;
  const cudaOccError error = cudaOccMaxActiveBlocksPerMultiprocessor(
      &result, &device, &function, &state, kernel.threads, static_cast<std::size_t>(dynamic_shared));
  if (error != CUDA_OCC_SUCCESS) throw std::runtime_error("no occupancy of " + kernel.kernel);
  return result.activeBlocksPerMultiprocessor * kernel.threads * 100 / most_threads;
}

}  // namespace embrace::test
