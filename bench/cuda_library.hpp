// The CUDA part, loaded when it is first asked for; see cuda/backend.hpp.
#pragma once
#include <filesystem>
#include <string>

#include "cuda/backend.hpp"

namespace embrace {

struct CudaLibrary {
  const gpu::Backend* backend = nullptr;  // null: `problem` says why
  std::string problem;                    // "reason; mend"
  std::filesystem::path file;             // that it was loaded from
};

const CudaLibrary& cuda_library();

/// What the loader's message means to a user: "reason; mend".
std::string explained_load_failure(const std::string& message);

}  // namespace embrace
