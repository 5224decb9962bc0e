// Tables for terminals and logs. Without color the text is ASCII as far as the names are: best values carry a *.
#include <algorithm>

#include "bench/report/document.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

struct Painted {
  std::string text;  // as shown, without codes
  bool bold = false;
};

Painted paint(const Cell& cell, bool color) {
  std::string text = printable(cell.text);
  if (!cell.spread.empty()) text += (color ? " ± " : " +- ") + cell.spread;
  if (cell.standing == Standing::tied) text = "~" + text;
  if (cell.standing == Standing::best && !color) text = "*" + text;
  return {text, cell.standing == Standing::best && color};
}

/// Column numbers by block: the key columns, then as many others as fit; at least one.
std::vector<std::vector<std::size_t>> blocks(const std::vector<std::size_t>& widths, std::size_t keys, int limit) {
  std::size_t key_width = 0;
  for (std::size_t c = 0; c < keys; ++c) key_width += widths[c] + 2;
  std::vector<std::vector<std::size_t>> result;
  std::size_t used = 0;
  for (std::size_t c = keys; c < widths.size(); ++c) {
    if (result.empty() || (limit > 0 && used + widths[c] > static_cast<std::size_t>(limit))) {
      result.emplace_back();
      for (std::size_t k = 0; k < keys; ++k) result.back().push_back(k);
      used = key_width;
    }
    result.back().push_back(c);
    used += widths[c] + 2;
  }
  return result;
}

void put(const Painted& cell, std::size_t width, bool right, std::string& line) {
  const std::string gap(width - std::min(width, display_width(cell.text)), ' ');
  if (right) line += gap;
  line += cell.bold ? "\033[1m" + cell.text + "\033[0m" : cell.text;
  if (!right) line += gap;
}

void put_line(const std::vector<std::size_t>& columns, const std::vector<Painted>& cells, const Table& table,
              const std::vector<std::size_t>& widths, std::string& out) {
  std::string line;
  for (const std::size_t c : columns) {
    if (!line.empty()) line += "  ";
    put(cells[c], widths[c], table.columns[c].number, line);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void put_table(const Table& table, bool color, int limit, std::string& out) {
  std::vector<Painted> titles;
  for (const Column& column : table.columns) titles.push_back({printable(column.title), color});
  std::vector<std::vector<Painted>> rows;
  for (const auto& row : table.rows) {
    rows.emplace_back();
    for (const Cell& cell : row) rows.back().push_back(paint(cell, color));
  }
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < titles.size(); ++c) {
    widths.push_back(display_width(titles[c].text));
    for (const auto& row : rows) widths[c] = std::max(widths[c], display_width(row[c].text));
  }
  out += printable(table.heading) + "\n";
  for (const auto& columns : blocks(widths, table.keys, limit)) {
    out += "\n";
    put_line(columns, titles, table, widths, out);
    std::vector<Painted> rules;
    for (const std::size_t width : widths) rules.push_back({std::string(width, '-'), false});
    put_line(columns, rules, table, widths, out);
    for (const auto& row : rows) put_line(columns, row, table, widths, out);
  }
}

}  // namespace

std::string render_terminal(const Document& document, bool color, int width) {
  std::string out;
  for (const Table& table : document.tables) {
    put_table(table, color, width, out);
    out += "\n";
    if (!table.best_legend.empty()) out += (color ? "Bold: " : "*: ") + table.best_legend + "\n";
    for (const std::string& note : table.notes) out += printable(note) + "\n";
    if (!table.best_legend.empty() || !table.notes.empty()) out += "\n";
  }
  for (const std::string& note : document.notes) out += printable(note) + "\n";
  return out;
}

}  // namespace embrace
