// embrace report: records in, a table out.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "bench/cli/arguments.hpp"
#include "bench/report/report.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace::cli {
int report(const ReportArguments& arguments) {
  const Format format = parse_format(arguments.format);
  const bool terminal = arguments.output.empty() && isatty(STDOUT_FILENO) == 1;
  winsize size{};
  const int width = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 0;
  const bool color = terminal && std::getenv("NO_COLOR") == nullptr;
  const std::vector<std::filesystem::path> paths(arguments.paths.begin(), arguments.paths.end());
  const std::string text = render(make_report(read_records(paths)), format, color, width);
  if (arguments.output.empty()) {
    fmt::print("{}", text);
  } else {
    write_atomically(arguments.output, text);
  }
  return 0;
}

}  // namespace embrace::cli
