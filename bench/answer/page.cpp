#include "bench/answer/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/answer/conclude.hpp"
#include "bench/answer/evidence.hpp"
#include "bench/report/document.hpp"
#include "host/files.hpp"

namespace embrace::answer {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What came of all tables so far.
struct Findings {
  std::vector<Answer> answers;
  std::vector<Gate> gates;
  std::vector<Agreement> agreements;
  std::vector<std::string> agreement_sentences;
  std::vector<Table> ranks;
  std::vector<Chart> charts;
  Document document;
  std::vector<std::string> files;  // of tables, relative to the study's folder
  std::vector<std::string> missing;
  std::map<std::string, std::vector<std::string>> extents;  // "1 fold, 2 seeds" -> tables
  bool one_seed = false;
};

std::string counted(std::size_t number, const std::string& thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

/// How often the runs of a table were repeated.
void add_extent(const std::string& table, const std::vector<Record>& records, Findings& findings) {
  std::set<int> folds, draws;
  std::set<std::uint64_t> seeds;
  for (const Record& record : records) {
    if (record.judge && record.judge->mode != "items") continue;  // what stands beside the judges
    folds.insert(record.split.fold);
    seeds.insert(record.seed);
    if (record.judge) draws.insert(record.judge->draw);
  }
  std::string extent = counted(folds.size(), "fold") + ", " + counted(seeds.size(), "seed");
  if (!draws.empty()) extent += ", " + counted(draws.size(), "draw") + " of the judges' parts";
  findings.extents[extent].push_back(table);
  findings.one_seed = findings.one_seed || seeds.size() == 1;
}

bool has_records(const fs::path& folder) {
  std::error_code error;
  const fs::recursive_directory_iterator files(folder, error);
  return !error && std::any_of(begin(files), end(files), [](const auto& entry) {
    return entry.path().extension() == ".json" || is_packed(entry.path());
  });
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& text : from) {
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  }
}

/// Of runs that a later build has done again, the later.
std::vector<Record> newest(std::vector<Record> records) {
  const auto work = [](const Record& r) {
    const auto judged = r.judge ? std::pair(r.judge->mode, r.judge->draw) : std::pair(std::string(), 0);
    return std::tuple(r.split.sha256, r.split.fold, r.method, r.information, r.hyper, r.seed, r.device.kind, judged);
  };
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return a.provenance.at("started") > b.provenance.at("started");
  });
  std::set<decltype(work(records[0]))> seen;
  records.erase(std::remove_if(records.begin(), records.end(),
                               [&](const Record& record) { return !seen.insert(work(record)).second; }),
                records.end());
  return records;
}

std::string setting_text(const Answer& answer) {
  std::string text = to_text(answer.scenario);
  std::replace(text.begin(), text.end(), '-', ' ');
  return text + (answer.task == Task::ranking ? ", ranking" : "");
}

/// All answers, a line each.
Table short_table(const std::vector<Answer>& answers) {
  Table table;
  table.heading = "In short";
  table.columns = {{"which", false}, {"setting", false},     {"best", false},
                   {"gain", true},   {"better than", false}, {"cannot be told from it", false}};
  table.keys = 2;
  for (const char* question : {"embedding", "method", "information"}) {
    for (const Answer& answer : answers) {
      if (answer.question != question) continue;
      table.rows.push_back(
          {plain(question), plain(setting_text(answer)), plain(answer.best.empty() ? "none" : listed(answer.best)),
           plain(gain_text(answer.gain, answer.low, answer.high)), plain(answer.against), plain(listed(answer.tied))});
    }
  }
  table.notes.emplace_back(
      "Gains are of RMSE, of rankings of NDCG@10, with their 95 % intervals. Which information: in the method that "
      "does "
      "best with more than ratings; none: no gain over ratings and over the same on wrong rows can be told.");
  return table;
}

/// Embeddings in the order of the first judge, with the ranks that each judge allows.
Table rank_table(const std::string& name, const std::map<std::string, std::vector<RankInterval>>& ranks) {
  Table table;
  table.heading = name + ": ranks of the embeddings";
  table.columns = {{"embedding", false}};
  table.keys = 1;
  for (const auto& [judge, list] : ranks) table.columns.push_back({judge, true});
  for (const RankInterval& first : ranks.begin()->second) {
    std::vector<Cell> cells = {plain(first.name)};
    for (const auto& [judge, list] : ranks) {
      const auto found = std::find_if(list.begin(), list.end(), [&](const auto& r) { return r.name == first.name; });
      cells.push_back(plain(found == list.end()           ? ""
                            : found->best == found->worst ? std::to_string(found->best)
                                                          : fmt::format("{} to {}", found->best, found->worst)));
    }
    table.rows.push_back(std::move(cells));
  }
  table.notes.emplace_back(
      "So many embeddings are better, and so many worse, by Holm's correction over all pairs of a judge; between "
      "these ranks there is no telling.");
  return table;
}

template <typename T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void add_table(const StudyTable& table, const fs::path& place, const fs::path& folder, Findings& findings) {
  if (!has_records(place)) {
    findings.missing.push_back(table.name);
    return;
  }
  const std::vector<Record> records = newest(read_records({place}));
  add_extent(table.name, records, findings);
  Conclusions conclusions = conclude(table, records);
  for (const Agreement& agreement : conclusions.agreements) {
    findings.agreement_sentences.push_back(table.name + ": " + agreement.sentence());
  }
  move_to(findings.answers, conclusions.answers);
  move_to(findings.gates, conclusions.gates);
  move_to(findings.agreements, conclusions.agreements);
  move_to(findings.charts, conclusions.charts);
  if (!conclusions.ranks.empty()) findings.ranks.push_back(rank_table(table.name, conclusions.ranks));
  const Report report = make_report(records);
  Document document = make_document(report);
  move_to(findings.document.tables, document.tables);
  append(findings.document.notes, document.notes);
  findings.files.push_back("tables/" + table.name + ".csv");
  write_atomically(folder / findings.files.back(), render(report, Format::csv, false, 0));
}

/// The answer to a question, of every table that has one, with the charts whose names begin so.
Section section_of(const Findings& findings, const std::string& heading, const std::string& question,
                   const std::string& charts) {
  Section section{.heading = heading, .sentences = {}};
  for (const Answer& answer : findings.answers) {
    if (answer.question == question) section.sentences.push_back(answer.sentence);
  }
  for (const Chart& chart : findings.charts) {
    if (chart.name.starts_with(charts)) section.charts.push_back(chart);
  }
  return section;
}

std::vector<Section> sections_of(const Findings& findings) {
  std::vector<Section> all = {section_of(findings, "Which embedding", "embedding", "embeddings-"),
                              {.heading = "Do the judges agree", .sentences = findings.agreement_sentences},
                              section_of(findings, "Which method", "method", "cost-"),
                              section_of(findings, "Which information", "information", "information-")};
  all.erase(std::remove_if(all.begin(), all.end(), [](const Section& s) { return s.sentences.empty(); }), all.end());
  if (all.empty()) all.push_back({.heading = "No answer yet", .sentences = {"No table has enough runs."}});
  return all;
}

void add_notes(const Study& study, Findings& findings) {
  std::vector<std::string>& notes = findings.document.notes;
  const auto& gates = findings.gates;
  const auto failed = std::count_if(gates.begin(), gates.end(), [](const Gate& gate) { return !gate.ok; });
  if (!gates.empty())
    notes.push_back(fmt::format("Gates of the judges' tables: {} of {} hold.",
                                gates.size() - static_cast<std::size_t>(failed), gates.size()));
  for (const Gate& gate : gates) {
    if (!gate.ok) notes.push_back("Gate that fails: " + gate.name + ", " + gate.detail + ".");
  }
  notes.emplace_back(
      "Sentences say what paired intervals over users, seeds and draws support after Holm's correction; what they do "
      "not support is called a tie, and a tie whose whole interval is below .001 (RMSE) or .002 (NDCG) equal. All "
      "settings are the methods' defaults.");
  for (const auto& [extent, tables] : findings.extents) notes.push_back(listed(tables) + ": " + extent + ".");
  if (findings.one_seed) notes.emplace_back("With one seed an interval does not hold what another seed would change.");
  for (const std::string& name : findings.missing) notes.push_back("Not there yet: " + name + ".");
  notes.push_back("Made by: " + study.command);
}

Json json_of(const Answer& answer) {
  return {{"question", answer.question}, {"task", to_text(answer.task)}, {"setting", to_text(answer.scenario)},
          {"sentence", answer.sentence}, {"best", answer.best},          {"tied", answer.tied},
          {"metric", answer.metric},     {"gain", answer.gain},          {"low", answer.low},
          {"high", answer.high},         {"against", answer.against}};
}

std::string json_text(const Study& study, const Findings& findings) {
  Json answers = Json::array(), gates = Json::array();
  for (const Answer& answer : findings.answers) answers.push_back(json_of(answer));
  for (const Gate& gate : findings.gates) {
    gates.push_back({{"name", gate.name}, {"ok", gate.ok}, {"detail", gate.detail}});
  }
  Json agreements = Json::array();
  for (const Agreement& a : findings.agreements) {
    agreements.push_back({{"judges", {a.a, a.b}},
                          {"sources", a.sources},
                          {"tau", a.tau},
                          {"pairs", a.pairs},
                          {"both", a.both},
                          {"one", a.one},
                          {"against", a.against}});
  }
  const Json json = {{"schema", "embrace.study/1"},         {"data", study.data},
                     {"answers", std::move(answers)},       {"gates", std::move(gates)},
                     {"agreements", std::move(agreements)}, {"tables", findings.files}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::vector<std::string> write_answer(const Study& study, const fs::path& records, const fs::path& folder) {
  Findings findings;
  for (const StudyTable& table : study.tables) add_table(table, records / table.name, folder, findings);
  Document& document = findings.document;
  document.title = study.data + ": which embedding, fed with what";
  document.sections = sections_of(findings);
  document.tables.insert(document.tables.begin(), findings.ranks.begin(), findings.ranks.end());
  if (!findings.answers.empty()) document.tables.insert(document.tables.begin(), short_table(findings.answers));
  add_notes(study, findings);
  for (const Chart& chart : findings.charts) write_atomically(folder / (chart.name + ".svg"), chart.svg);
  write_atomically(folder / "study.json", json_text(study, findings));
  write_atomically(folder / "study.md", render_markdown(document));
  write_atomically(folder / "study.html", render_html(document));
  std::vector<std::string> sentences;
  for (const Section& section : document.sections) append(sentences, section.sentences);
  return sentences;
}

}  // namespace embrace::answer
