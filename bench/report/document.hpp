// Tables for people: what is shown, rounded, before any format has its say. Texts are raw: each format escapes.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bench/report/chart.hpp"
#include "bench/report/report.hpp"

namespace embrace {

struct Cell {
  std::string text;
  std::string spread;  // shown after a plus-minus sign; empty: none
  std::string detail;  // the interval in full, for formats with room for it
  Standing standing = Standing::none;
};

struct Column {
  std::string title;
  bool number = false;  // aligned right
};

struct Table {
  std::string heading;
  std::vector<Column> columns;
  std::size_t keys = 0;  // so many columns at the left name the row
  std::vector<std::vector<Cell>> rows;
  std::string best_legend;  // what the mark of a best value says; empty when there is none. Each format has its mark
  std::vector<std::string> notes;
};

/// What a page says before its tables.
struct Section {
  std::string heading;
  std::vector<std::string> sentences;
  std::vector<Chart> charts{};
};

struct Document {
  std::string title = "embrace report";
  std::vector<Section> sections;  // of a page with an answer; of a report none
  std::vector<Table> tables;  // one for each data × split × task, then one for each data × split × threads of contests,
                              // and one for each race between rankings
  std::vector<std::string> notes;
};

Document make_document(const Report& report);

/// A cell without spread or mark.
Cell plain(std::string text);
/// Half of the interval, as it stands after the sign.
std::string half_width(const Interval& interval);

/// Fills `best_legend` and `notes` of the table of these rows.
void add_notes(const std::vector<const Row*>& rows, Table& table);

/// What the information of the report's rows first … next - 1 adds; nothing when none of them has metadata.
std::optional<Table> gain_table(const Report& report, std::size_t first, std::size_t next, const std::string& heading);

/// Appends the tables of contests and their notes.
void add_contests(const Contests& contests, Document& document);

std::string render_terminal(const Document& document, bool color, int width);
std::string render_markdown(const Document& document);
std::string render_html(const Document& document);
std::string render_latex(const Document& document);
// For programs: not what is shown, but rows in full precision. CSV has one table: render_csv throws UsageError for a
// report that has runs and contests.
std::string render_csv(const Report& report);
std::string render_json(const Report& report);

}  // namespace embrace
