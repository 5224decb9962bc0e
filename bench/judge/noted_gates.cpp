#include "bench/judge/noted_gates.hpp"

#include <fmt/format.h>

#include "bench/judge/gates.hpp"
#include "bench/report/report.hpp"
#include "host/files.hpp"

namespace embrace::judge {

void note_gates(const std::filesystem::path& folder, Progress& progress) {
  std::vector<Record> records = read_records({folder});
  const auto tables = check_gates(records);
  for (const auto& [table, gates] : tables) {
    for (const Gate& gate : gates) {
      if (!gate.holds)
        progress.note(fmt::format("INCORRECT: {} fails {}: {}", std::get<3>(table), gate.name, gate.detail));
    }
  }
  for (Record& record : records) {
    const auto found = record.judge ? tables.find(gate_table(record)) : tables.end();
    if (found == tables.end() || record.status != Status::ok) continue;
    std::map<std::string, bool> all = record.judge->gates, of_table;
    for (const Gate& gate : found->second) {
      if (gate.name == "frozen" || gate.name == "rotation") continue;  // of single runs
      of_table[gate.name] = gate.holds && (of_table.count(gate.name) == 0 || of_table[gate.name]);
    }
    for (const auto& [name, holds] : of_table) all[name] = holds;
    const std::filesystem::path file = folder / (record.id + ".json");
    if (all == record.judge->gates || !std::filesystem::exists(file)) continue;
    record.judge->gates = std::move(all);
    write_atomically(file, to_json(record));
  }
}

}  // namespace embrace::judge
