// What is said on stderr: errors, notes, progress. It may be lost (stderr closed, its pipe gone, its disk full); work
// and exit code do not depend on it. Nothing else writes to stderr.
#pragma once
#include <string_view>

namespace embrace {

/// A line, made printable.
void say(std::string_view line) noexcept;
/// `prefix` and `text` in one line, without joining them first: also what is left to say when memory is out.
void say(std::string_view prefix, std::string_view text) noexcept;
/// These bytes as they are, for a terminal's moving line.
void draw_on_terminal(std::string_view bytes) noexcept;

/// Opens those of the descriptors 0, 1 and 2 that are closed, so that no file of ours becomes one of them. Results that
/// go to a closed stdout are still an error: it cannot be written to.
void reserve_standard_streams();

}  // namespace embrace
