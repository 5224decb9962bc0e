#include "bench/say.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <string>

#include "host/printable.hpp"

namespace embrace {
namespace {

void write_all(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(STDERR_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Without memory of its own: whatever is not plain ASCII becomes a question mark.
void write_plainly(std::string_view text) noexcept {
  std::array<char, 256> piece{};
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), piece.size());
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), piece.begin(),
                   [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
    write_all({piece.data(), size});
    text.remove_prefix(size);
  }
}

}  // namespace

void say(std::string_view line) noexcept { say("", line); }

void say(std::string_view prefix, std::string_view text) noexcept {
  try {
    write_all(printable(prefix) + printable(text) + '\n');
  } catch (const std::bad_alloc&) {
    write_plainly(prefix);
    write_plainly(text);
    write_all("\n");
  }
}

void draw_on_terminal(std::string_view bytes) noexcept { write_all(bytes); }

void reserve_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest free descriptor is the one that was found closed. Only narration may vanish without an error.
    if (open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

}  // namespace embrace
