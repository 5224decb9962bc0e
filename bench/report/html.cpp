// One self-contained page: no script, nothing loaded from anywhere.
#include "bench/report/document.hpp"
#include "bench/report/markup.hpp"

namespace embrace {
namespace {

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>)";

constexpr const char* style = R"(</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 90em; padding: 0 1em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25em .8em; text-align: left; border-bottom: 1px solid #8884; white-space: nowrap; }
thead th { border-bottom: 2px solid; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.best { font-weight: bold; }
.spread { opacity: .7; font-weight: normal; }
ul { padding-left: 1.2em; }
</style>
</head>
<body>
)";

std::string cell_text(const Cell& cell, bool number) {
  std::string out = "<td";
  if (number) out += cell.standing == Standing::best ? " class=\"number best\"" : " class=\"number\"";
  if (!cell.detail.empty()) out += " title=\"95 % interval: " + escaped_markup(cell.detail) + "\"";
  out += ">" + std::string(cell.standing == Standing::tied ? "~" : "") + escaped_markup(cell.text);
  if (!cell.spread.empty()) out += " <span class=\"spread\">± " + escaped_markup(cell.spread) + "</span>";
  return out + "</td>";
}

void put_notes(const std::string& best_legend, const std::vector<std::string>& notes, std::string& out) {
  if (best_legend.empty() && notes.empty()) return;
  out += "<ul>\n";
  if (!best_legend.empty()) out += "<li><b>Bold</b>: " + escaped_markup(best_legend) + "</li>\n";
  for (const std::string& note : notes) out += "<li>" + escaped_markup(note) + "</li>\n";
  out += "</ul>\n";
}

}  // namespace

std::string render_html(const Document& document) {
  const std::string title = escaped_markup(document.title);
  std::string out = head + title + style + "<h1>" + title + "</h1>\n";
  for (const Section& section : document.sections) {
    out += "<h2>" + escaped_markup(section.heading) + "</h2>\n";
    put_notes("", section.sentences, out);
    for (const Chart& chart : section.charts) {
      out += "<figure class=\"scroll\">" + chart.svg + "<figcaption>" + escaped_markup(chart.title) +
             "</figcaption></figure>\n";
    }
  }
  for (const Table& table : document.tables) {
    out += "<h2>" + escaped_markup(table.heading) + "</h2>\n<div class=\"scroll\"><table>\n<thead><tr>";
    for (const Column& column : table.columns) {
      out += std::string(column.number ? "<th class=\"number\">" : "<th>") + escaped_markup(column.title) + "</th>";
    }
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out += "<tr>";
      for (std::size_t c = 0; c < row.size(); ++c) out += cell_text(row[c], table.columns[c].number);
      out += "</tr>\n";
    }
    out += "</tbody>\n</table></div>\n";
    put_notes(table.best_legend, table.notes, out);
  }
  put_notes("", document.notes, out);
  return out + "</body>\n</html>\n";
}

}  // namespace embrace
