// embrace report: records in, a table out.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "bench/cli/arguments.hpp"
#include "bench/report/report.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

Format parse_format(const std::string& text) {
  const std::vector<std::pair<std::string, Format>> formats = {
      {"terminal", Format::terminal}, {"md", Format::markdown}, {"csv", Format::csv},
      {"json", Format::json},         {"html", Format::html},   {"latex", Format::latex}};
  std::vector<std::string> known;
  for (const auto& [name, format] : formats) {
    if (name == text) return format;
    known.push_back(name);
  }
  throw UsageError("there is no report format '" + text + "'", suggestion(text, known));
}

}  // namespace

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
