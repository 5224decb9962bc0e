// The plan of a study: the tables that answer which embedding is best, fed with what, fitted to the data and to the
// time that there is.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/judge/judge_study.hpp"
#include "bench/peers/peer_rows.hpp"
#include "bench/study.hpp"
#include "host/data/dataset.hpp"
#include "host/enum_text.hpp"

namespace embrace {

namespace answer {
/// What training has seen of the test: its users and items, not the items, not the users, nothing later.
enum class Scenario { warm, cold_items, cold_users, time };
}  // namespace answer
template <>
inline constexpr std::array enum_texts<answer::Scenario> = {"warm", "cold-items", "cold-users", "time"};

namespace answer {

/// One table: a division of the data and a task, with the methods or the sources of embeddings that are compared on it.
struct StudyTable {
  std::string name;  // of its folder
  Scenario scenario = Scenario::warm;
  Task task = Task::rating;
  std::vector<StudyOptions> runs{};               // of methods; all into that folder
  std::optional<peers::PeerRowsOptions> peers{};  // of other libraries beside them
  std::optional<judge::JudgeOptions> judged{};    // of embeddings, in place of runs
};

struct PlanChoice {
  DataChoice data;  // but for the split
  DeviceInfo device;
  bool quick = false;  // minutes rather than an hour
  std::filesystem::path output;
  std::filesystem::path environments{};  // of other libraries; empty: none
  std::string command;
};

/// Tables of embeddings before judges, then of methods. What the data do not have (times, metadata) is not asked for.
std::vector<StudyTable> plan_study(const PlanChoice& choice, const Dataset& dataset);

}  // namespace answer
}  // namespace embrace
