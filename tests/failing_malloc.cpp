// A malloc that fails once, in a library that is loaded before the C library (LD_PRELOAD): the FAIL_AT-th call after
// the function that FAIL_AFTER names was first called. So a test reaches the very allocation that it is about, whatever
// was allocated before.
#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern "C" void* __libc_malloc(std::size_t bytes);  // NOLINT(bugprone-reserved-identifier): glibc's own name

namespace {

std::atomic<bool> armed = false;
std::atomic<int> calls = 0;

void arm(const char* function) {
  static std::atomic<int> times = 0;
  const char* const after = std::getenv("FAIL_AFTER");
  if (after != nullptr && std::strcmp(after, function) == 0 && ++times == 2) armed = true;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" void* malloc(std::size_t bytes) noexcept {
  const char* const at = armed ? std::getenv("FAIL_AT") : nullptr;
  if (at != nullptr && ++calls == std::strtol(at, nullptr, 10)) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(bytes);
}

extern "C" int mkostemp(char* name, int flags) {
  const int descriptor = real<int (*)(char*, int)>("mkostemp")(name, flags);
  arm("mkostemp");
  return descriptor;
}

extern "C" void* EVP_MD_CTX_new() {
  arm("EVP_MD_CTX_new");
  return real<void* (*)()>("EVP_MD_CTX_new")();
}
