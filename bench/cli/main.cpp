// embrace: the user's program. Errors become one line on stderr and the documented exit code.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>

#include "bench/blas_core.hpp"
#include "bench/cli/parse.hpp"
#include "bench/cuda_library.hpp"
#include "bench/interrupt.hpp"
#include "bench/say.hpp"
#include "bench/terminate.hpp"
#include "host/error.hpp"

namespace {

using embrace::ExitCode;

/// Names from the command line and from data stand in messages, and may be of any length; the hint is at the end.
std::string shortened(const std::string& message) {
  constexpr std::size_t head = 500, tail = 200;
  if (message.size() <= head + tail) return message;
  return message.substr(0, head) + " [...] " + message.substr(message.size() - tail);
}

int fail(ExitCode code, const char* message) {
  std::fflush(stdout);
  embrace::say("embrace: ", shortened(message));
  return static_cast<int>(code);
}

/// A reader that has seen enough, as `head` has, is no failure: the program ends without a word, as if by SIGPIPE.
int cannot_print(int error) {
  if (error == EPIPE) return 128 + SIGPIPE;
  return fail(ExitCode::output, "cannot write to the standard output");
}

int work(int argc, char** argv) {
  try {
    embrace::watch_for_interrupts();
    const int code = embrace::cli::parse(argc, argv)();
    if (std::fflush(stdout) != 0) return cannot_print(errno);
    return code;
  } catch (const embrace::Interrupted&) {
    return 128 + embrace::interrupt_signal();
  } catch (const embrace::Error& error) {
    return fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::memory, embrace::out_of_memory);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return cannot_print(error.code().value());
    return fail(ExitCode::some_failed, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::some_failed, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  embrace::restart_with_better_blas_core(argv);
  embrace::reserve_standard_streams();
  embrace::explain_failed_unwinding();
  const int code = work(argc, argv);
  // All is written and nothing of ours is left to destroy. OpenBLAS, at its own end, waits for its threads, and one of
  // them that has found no memory for its buffer asks for it again for ever: so the program leaves at once. Not with
  // the CUDA part in it, as profilers write what they saw at the usual end, nor where leaks are looked for there.
#if !defined(__SANITIZE_ADDRESS__)
  if (!embrace::cuda_part_is_loaded()) _exit(code);
#endif
  return code;
}
