#include "bench/cuda_library.hpp"

#include <dlfcn.h>

namespace embrace {
namespace {

constexpr const char* library_name = "libembrace_cuda.so";

bool loaded = false;

#ifdef EMBRACE_HAS_CUDA
/// By its whole path: LD_LIBRARY_PATH is for CUDA's libraries, and a library of our name found there would run its code
/// before it could be asked for its build.
CudaLibrary load() {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path file = program.parent_path().parent_path() / "lib" / library_name;
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return {nullptr, explained_load_failure(dlerror()), {}};
  loaded = true;
  const auto entry = reinterpret_cast<decltype(&embrace_cuda_part)>(dlsym(handle, "embrace_cuda_part"));
  Dl_info info{};
  if (entry == nullptr || dladdr(reinterpret_cast<const void*>(entry), &info) == 0) {
    return {nullptr, std::string(library_name) + " is not embrace's CUDA part; build again", {}};
  }
  const CudaPart* part = entry(build_tag().c_str());
  if (part == nullptr) {
    return {nullptr, std::string(info.dli_fname) + " is of another build than this program; build again", {}};
  }
  return {part, "", info.dli_fname};
}
#else
CudaLibrary load() { return {nullptr, "this build has no CUDA part; build it on a machine with nvcc", {}}; }
#endif

}  // namespace

std::string explained_load_failure(const std::string& message) {
  const std::size_t colon = message.find(": cannot open shared object file");
  if (colon == std::string::npos) return "the CUDA part cannot be loaded: " + message + "; build again on this machine";
  const std::string library = message.substr(0, colon);
  if (std::filesystem::path(library).filename() == library_name)
    return "the CUDA part, lib/" + std::string(library_name) + ", is not beside bin/; build again";
  return library + " is missing; install the CUDA toolkit's libraries, or put their folder into LD_LIBRARY_PATH";
}

bool cuda_part_is_loaded() { return loaded; }

const CudaLibrary& cuda_library() {
  static const CudaLibrary library = load();
  return library;
}

}  // namespace embrace
