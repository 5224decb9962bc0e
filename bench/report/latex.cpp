#include "bench/report/document.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '|':
        out += "\\textbar{}";
        break;
      case '"':
        out += "\\textquotedbl{}";
        break;
      case '{':
      case '}':
      case '$':
      case '&':
      case '#':
      case '_':
      case '%':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

std::string cell_text(const Cell& cell) {
  std::string text = escaped(cell.text);
  if (cell.standing == Standing::best) text = "\\textbf{" + text + "}";
  if (cell.standing == Standing::tied) text = "\\textasciitilde{}" + text;
  return cell.spread.empty() ? text : text + " $\\pm$ " + cell.spread;
}

std::string line_of(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += (line.empty() ? "" : " & ") + (cell.empty() ? "{}" : cell);
  return line + " \\\\\n";
}

}  // namespace

std::string render_latex(const Document& document) {
  std::string out = "% Needs \\usepackage{booktabs} and, for \\textquotedbl, \\usepackage[T1]{fontenc}.\n";
  for (const Table& table : document.tables) {
    std::string alignment;
    std::vector<std::string> titles;
    for (const Column& column : table.columns) {
      alignment += column.number ? 'r' : 'l';
      titles.push_back(escaped(column.title));
    }
    out += "\\begin{table}\n\\centering\n\\caption{" + escaped(table.heading) + "}\n";
    out += "\\begin{tabular}{" + alignment + "}\n\\toprule\n" + line_of(titles) + "\\midrule\n";
    for (const auto& row : table.rows) {
      std::vector<std::string> cells;
      for (const Cell& cell : row) cells.push_back(cell_text(cell));
      out += line_of(cells);
    }
    out += "\\bottomrule\n\\end{tabular}\n";
    if (!table.best_legend.empty()) out += "\\par\\footnotesize Bold: " + escaped(table.best_legend) + "\n";
    for (const std::string& note : table.notes) out += "\\par\\footnotesize " + escaped(note) + "\n";
    out += "\\end{table}\n\n";
  }
  for (const std::string& note : document.notes) out += "\\noindent\\footnotesize " + escaped(note) + "\\par\n";
  return out;
}

}  // namespace embrace
