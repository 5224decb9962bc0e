// Names of kernels as tables show them.
#pragma once
#include <string>

namespace embrace::test {

/// "_ZN7embrace3gpu…" → "void embrace::gpu::f<…>(…)"; what is no symbol stays.
std::string demangled(const std::string& symbol);

/// "void embrace::gpu::f<1, embrace::gpu::T>(embrace::gpu::T, int)" → "f<1, T>"; empty for a kernel that is not
/// embrace's.
std::string short_kernel_name(std::string name);

}  // namespace embrace::test
