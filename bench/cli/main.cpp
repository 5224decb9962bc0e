// embrace: the user's program. Errors become one line on stderr and the documented exit code.
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>

#include "bench/cli/parse.hpp"
#include "bench/interrupt.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"

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
  fmt::print(stderr, "embrace: {}\n", shortened(message));
  return static_cast<int>(code);
}

/// A reader that has seen enough, as `head` has, is no failure: the program ends without a word, as if by SIGPIPE.
int cannot_print(int error) {
  if (error == EPIPE) return 128 + SIGPIPE;
  return fail(ExitCode::output, "cannot write to the standard output");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    embrace::watch_for_interrupts();
    const int code = embrace::cli::parse(argc, argv)();
    if (std::fflush(stdout) != 0) return cannot_print(errno);
    return code;
  } catch (const embrace::Error& error) {
    return fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::memory, "out of memory; use smaller data or free some memory");
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return cannot_print(error.code().value());
    return fail(ExitCode::some_failed, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::some_failed, error.what());
  }
}
