// embrace: the user's program. Errors become one line on stderr and the documented exit code.
#include <fmt/format.h>

#include <cstdio>
#include <new>

#include "bench/cli/arguments.hpp"
#include "bench/interrupt.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"

namespace {

using embrace::ExitCode;

int dispatch(const embrace::cli::Arguments& arguments) {
  namespace cli = embrace::cli;
  if (arguments.run) return cli::run(*arguments.run, arguments.command);
  if (arguments.report) return cli::report(*arguments.report);
  if (arguments.data) return cli::data(*arguments.data);
  if (arguments.peers) return cli::peers(*arguments.peers, arguments.command);
  if (arguments.profile) return cli::profile(*arguments.profile);
  if (arguments.list) return cli::list(*arguments.list);
  if (arguments.describe) return cli::describe(*arguments.describe);
  if (arguments.doctor) return cli::doctor(*arguments.doctor);
  if (arguments.validate) return cli::validate(*arguments.validate);
  if (arguments.version) return cli::version(*arguments.version);
  fmt::print("{}", arguments.help);
  return 0;
}

int fail(ExitCode code, const char* message) {
  std::fflush(stdout);
  fmt::print(stderr, "embrace: {}\n", message);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    embrace::watch_for_interrupts();
    const embrace::cli::Arguments arguments = embrace::cli::parse_arguments(argc, argv);
    if (!arguments.doctor) embrace::use_one_blas_thread();  // doctor explains it instead
    const int code = dispatch(arguments);
    if (std::fflush(stdout) != 0) return fail(ExitCode::output, "cannot write to the standard output");
    return code;
  } catch (const embrace::Error& error) {
    return fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::memory, "out of memory; use smaller data or free some memory");
  } catch (const std::exception& error) {
    return fail(ExitCode::some_failed, error.what());
  }
}
