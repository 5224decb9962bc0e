#include "bench/answer/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/answer/conclude.hpp"
#include "bench/report/document.hpp"
#include "host/files.hpp"

namespace embrace::answer {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What came of all tables so far.
struct Findings {
  Conclusions conclusions;
  Document document;
  std::vector<std::string> files;  // of tables, relative to the study's folder
  std::vector<std::string> missing;
};

bool has_records(const fs::path& folder) {
  std::error_code error;
  const fs::recursive_directory_iterator files(folder, error);
  return !error &&
         std::any_of(begin(files), end(files), [](const auto& entry) { return entry.path().extension() == ".json"; });
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& text : from) {
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  }
}

void add_table(const StudyTable& table, const fs::path& folder, Findings& findings) {
  const fs::path place = folder / "records" / table.name;
  if (!has_records(place)) {
    findings.missing.push_back(table.name);
    return;
  }
  const std::vector<Record> records = read_records({place});
  Conclusions conclusions = conclude(table, records);
  std::move(conclusions.answers.begin(), conclusions.answers.end(), std::back_inserter(findings.conclusions.answers));
  std::move(conclusions.gates.begin(), conclusions.gates.end(), std::back_inserter(findings.conclusions.gates));
  const Report report = make_report(records);
  Document document = make_document(report);
  std::move(document.tables.begin(), document.tables.end(), std::back_inserter(findings.document.tables));
  append(findings.document.notes, document.notes);
  findings.files.push_back("tables/" + table.name + ".csv");
  write_atomically(folder / findings.files.back(), render(report, Format::csv, false, 0));
}

/// Sentences in the order of the questions: which embedding, which method, which information.
std::vector<std::string> sentences_of(const Findings& findings) {
  std::vector<std::string> sentences;
  for (const char* question : {"embedding", "method", "information"}) {
    for (const Answer& answer : findings.conclusions.answers) {
      if (answer.question == question) sentences.push_back(answer.sentence);
    }
  }
  return sentences;
}

void add_notes(const Study& study, Findings& findings) {
  std::vector<std::string>& notes = findings.document.notes;
  const auto& gates = findings.conclusions.gates;
  const auto failed = std::count_if(gates.begin(), gates.end(), [](const Gate& gate) { return !gate.ok; });
  if (!gates.empty())
    notes.push_back(fmt::format("Gates of the judges' tables: {} of {} hold.",
                                gates.size() - static_cast<std::size_t>(failed), gates.size()));
  for (const Gate& gate : gates) {
    if (!gate.ok) notes.push_back("Gate that fails: " + gate.name + ", " + gate.detail + ".");
  }
  notes.emplace_back(
      "Sentences say what paired intervals over users, seeds, folds and draws support after Holm's correction; what "
      "they do "
      "not support is called a tie. All settings are the methods' defaults.");
  if (study.quick) notes.emplace_back("Quick: one division, one seed, two draws. The full study has more of each.");
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
  for (const Answer& answer : findings.conclusions.answers) answers.push_back(json_of(answer));
  for (const Gate& gate : findings.conclusions.gates) {
    gates.push_back({{"name", gate.name}, {"ok", gate.ok}, {"detail", gate.detail}});
  }
  const Json json = {{"schema", "embrace.study/1"},
                     {"data", study.data},
                     {"answers", std::move(answers)},
                     {"gates", std::move(gates)},
                     {"tables", findings.files}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::vector<std::string> write_answer(const Study& study, const fs::path& folder) {
  Findings findings;
  for (const StudyTable& table : study.tables) add_table(table, folder, findings);
  std::vector<std::string> sentences = sentences_of(findings);
  findings.document.title = study.data + ": which embedding, fed with what";
  findings.document.lead = sentences;
  if (sentences.empty()) findings.document.lead.emplace_back("No answer yet: no table has enough runs.");
  add_notes(study, findings);
  write_atomically(folder / "study.json", json_text(study, findings));
  write_atomically(folder / "study.md", render_markdown(findings.document));
  write_atomically(folder / "study.html", render_html(findings.document));
  return sentences;
}

}  // namespace embrace::answer
