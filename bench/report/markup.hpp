// Text inside HTML and SVG.
#pragma once
#include <string>

namespace embrace {

/// Printable, with the characters that mean something in markup written as entities.
std::string escaped_markup(const std::string& text);

}  // namespace embrace
