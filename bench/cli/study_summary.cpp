#include "bench/cli/study_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "bench/say.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

/// "out of memory" rather than "out-of-memory".
std::string words(Status status) {
  std::string text = to_text(status);
  std::replace(text.begin(), text.end(), '-', ' ');
  return text;
}

/// One line on what could not be run, however many pairs there are.
void print_unsupported(const StudySummary& summary) {
  const int pairs = summary.number(Status::unsupported);
  if (pairs == 0) return;
  const bool nothing_else = summary.runs.size() == 1;
  say(fmt::format("{}: {}{}", nothing_else ? "Nothing could be run" : "Unsupported", summary.unsupported,
                  pairs == 1 ? "" : fmt::format(" (and {} more, each with a record)", pairs - 1)));
}

}  // namespace

void print_summary(const StudySummary& summary, const std::filesystem::path& output,
                   const std::filesystem::path& rejects) {
  std::string text = fmt::format("{} ok", summary.number(Status::ok));
  for (const Status status :
       {Status::unsupported, Status::diverged, Status::failed, Status::out_of_memory, Status::timeout}) {
    if (const int number = summary.number(status); number > 0) text += fmt::format(", {} {}", number, words(status));
  }
  if (summary.resumed > 0) text += fmt::format(", {} of these resumed", summary.resumed);
  say(text, "; records in " + output.string());
  print_unsupported(summary);
  if (summary.rejected > 0) {
    say(fmt::format("Bad rows of the data left out: {}; they are listed in {}", summary.rejected, rejects.string()));
  }
  if (summary.busy_load > 0) {
    say(fmt::format("The machine had other work (load up to {:.1f}): times of these runs are not to be compared.",
                    summary.busy_load));
  }
  if (summary.number(Status::ok) > 0) say("The table: embrace report ", shell_quoted(output.string()));
}

}  // namespace embrace::cli
