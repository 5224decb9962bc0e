// What the compiler says of the kernels: registers, spills, shared memory, and the occupancy that follows.
// Read from objects of *.cu that hold their PTX as text, and from what ptxas said while they were made, which lies in
// a file beside each (tests/cuda/kernels/kernels.cmake).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace embrace::test {

/// A kernel on an architecture.
struct KernelFacts {
  std::string source;    // "sgd_epoch"
  std::string kernel;    // "descend_round_kernel<4, 1>": without namespaces and parameters
  int architecture = 0;  // 90
  int registers = 0;     // a thread
  int spilled = 0;       // bytes a thread, stored and loaded
  int shared = 0;        // bytes a block that the kernel declares; what a launch asks for comes on top
  int threads = 0;       // a block, by the kernel's launch bounds
  bool asks = false;     // launches of this source's kernels may ask for shared memory
};

/// All kernels of embrace in these objects, ascending by source, kernel and architecture; those of libraries are left
/// out. Throws std::runtime_error when ptxas's words or a kernel's launch bounds are not found.
std::vector<KernelFacts> read_kernel_facts(const std::vector<std::filesystem::path>& objects);

/// The same of one object, whose contents and ptxas's words are given. For tests.
std::vector<KernelFacts> parse_kernel_facts(const std::string& source, const std::string& words,
                                            const std::string& ptx);

/// Share of a multiprocessor's threads that may be in flight, in percent, when a launch asks for so many bytes of
/// shared memory a block; by NVIDIA's occupancy calculator.
int occupancy(const KernelFacts& kernel, int dynamic_shared);

}  // namespace embrace::test
