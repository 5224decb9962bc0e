#include "bench/report/document.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("\\`*_{}[]#|~$!>").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string cell_text(const Cell& cell) {
  std::string text = escaped(cell.text);
  if (!cell.spread.empty()) text += " ± " + cell.spread;
  if (cell.standing == Standing::best) return "**" + text + "**";
  return cell.standing == Standing::tied ? "\\~" + text : text;
}

}  // namespace

std::string render_markdown(const Document& document) {
  std::string out;
  if (!document.sections.empty()) out += "# " + escaped(document.title) + "\n\n";
  for (const Section& section : document.sections) {
    out += "## " + escaped(section.heading) + "\n";
    for (const std::string& sentence : section.sentences) out += "- " + escaped(sentence) + "\n";
    out += "\n";
    for (const Chart& chart : section.charts) {
      out += "![" + escaped(chart.title) + "](" + chart.name + ".svg)\n\n" + escaped(chart.title) + "\n\n";
    }
  }
  for (const Table& table : document.tables) {
    out += "### " + escaped(table.heading) + "\n\n|";
    for (const Column& column : table.columns) out += " " + escaped(column.title) + " |";
    out += "\n|";
    for (const Column& column : table.columns) out += column.number ? " ---: |" : " --- |";
    out += "\n";
    for (const auto& row : table.rows) {
      out += "|";
      for (const Cell& cell : row) out += " " + cell_text(cell) + " |";
      out += "\n";
    }
    out += "\n";
    if (!table.best_legend.empty()) out += "- Bold: " + escaped(table.best_legend) + "\n";
    for (const std::string& note : table.notes) out += "- " + escaped(note) + "\n";
    out += "\n";
  }
  for (const std::string& note : document.notes) out += "- " + escaped(note) + "\n";
  return out;
}

}  // namespace embrace
