#include "bench/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "bench/say.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80U;
}

bool moving_lines() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(moving_lines()) {}

Progress::~Progress() { clear_line(); }

void Progress::begin(int entries, int already_done) {
  entries_ = entries;
  done_ = timed_ = 0;
  started_ = std::chrono::steady_clock::now();
  if (already_done > 0) note(fmt::format("{} of {} runs are there already and are kept", already_done, entries));
}

void Progress::entry(const std::string& what) {
  current_ = what;
  if (terminal_) draw(current_);
}

void Progress::epoch(int done, int all) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  draw(fmt::format("{} epoch {}/{}", current_, done, all));
}

void Progress::finish(const std::string& outcome) {
  ++done_;
  ++timed_;
  if (quiet_) return;
  clear_line();
  say(fmt::format("[{:>{}}/{}] {} {}{}", done_, std::to_string(entries_).size(), entries_, current_, outcome, eta()));
}

void Progress::skip() { ++done_; }

void Progress::note(const std::string& text) {
  if (quiet_) return;
  clear_line();
  say(text);
}

std::string Progress::eta() const {
  if (timed_ == 0 || done_ >= entries_) return "";
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
  const double left = spent.count() / timed_ * (entries_ - done_);
  if (left < 1.0) return "";
  return left < 90 ? fmt::format("  ({:.0f} s left)", left) : fmt::format("  ({:.0f} min left)", left / 60);
}

void Progress::draw(const std::string& text) {
  if (quiet_) return;
  drawn_ = std::chrono::steady_clock::now();
  std::string line = printable(fmt::format("[{}/{}] {}{}", done_ + 1, entries_, text, eta()));
  if (line.size() >= terminal_width()) line.resize(terminal_width() - 1);
  draw_on_terminal("\r\x1b[K" + line);
}

void Progress::clear_line() {
  if (terminal_ && !quiet_) draw_on_terminal("\r\x1b[K");
}

}  // namespace embrace
