// The formats by name.
#include <algorithm>

#include "bench/report/document.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace {

Format parse_format(const std::string& name) {
  static const std::vector<std::string> names = {"terminal", "md", "csv", "json", "html", "latex"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw UsageError("unknown format '" + name + "'", suggestion(name, names));
  return static_cast<Format>(found - names.begin());
}

std::string render(const Report& report, Format format, bool color, int width) {
  switch (format) {
    case Format::terminal:
      return render_terminal(make_document(report), color, width);
    case Format::md:
      return render_markdown(make_document(report));
    case Format::csv:
      return render_csv(report);
    case Format::json:
      return render_json(report);
    case Format::html:
      return render_html(make_document(report));
    case Format::latex:
      return render_latex(make_document(report));
  }
  return "";
}

}  // namespace embrace
