// The CUDA part, loaded when it is first asked for; see bench/cuda_part.hpp.
#pragma once
#include <filesystem>
#include <string>

#include "bench/cuda_part.hpp"

namespace embrace {

struct CudaLibrary {
  const CudaPart* part = nullptr;  // null: `problem` says why
  std::string problem;             // "reason; mend"
  std::filesystem::path file;      // that it was loaded from
};

const CudaLibrary& cuda_library();

/// Has anybody asked for it, and was it there?
bool cuda_part_is_loaded();

/// What the loader's message means to a user: "reason; mend".
std::string explained_load_failure(const std::string& message);

}  // namespace embrace
