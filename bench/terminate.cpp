#include "bench/terminate.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>

#include "bench/say.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

[[noreturn]] void on_terminate() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    say("embrace: ", out_of_memory);
    _exit(static_cast<int>(ExitCode::memory));
  } catch (const std::exception& error) {
    say("embrace: ", error.what());
  } catch (...) {
    say("embrace: ended by an exception of unknown type");
  }
  std::abort();
}

}  // namespace

void explain_failed_unwinding() { std::set_terminate(on_terminate); }

}  // namespace embrace
