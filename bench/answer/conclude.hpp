// What the records of a study say about its questions, and no more: a difference is one where its paired interval says
// so after Holm's correction, a tie is called a tie.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "bench/answer/agreement.hpp"
#include "bench/answer/plan.hpp"
#include "bench/report/chart.hpp"
#include "bench/report/compare.hpp"

namespace embrace::answer {

struct Answer {
  std::string question;  // embedding, method, information
  Scenario scenario = Scenario::warm;
  Task task = Task::rating;
  std::string sentence{};
  std::vector<std::string> best{};  // by value; more than one where two judges differ
  std::vector<std::string> tied{};  // cannot be told from it
  std::string metric;
  double gain = 0, low = 0, high = 0;  // of the best over `against`, 95 %; greater than zero: better
  std::string against{};
};

struct Gate {
  std::string name;
  bool ok = true;
  std::string detail;
};

struct Conclusions {
  std::vector<Answer> answers;
  std::vector<Gate> gates;
  std::map<std::string, std::vector<RankInterval>> ranks;  // of embeddings, by judge
  std::vector<Agreement> agreements;                       // of each two judges
  std::vector<Chart> charts;
};

/// Of one table, from the records in its folder. No answer where no run succeeded, or where a gate fails.
Conclusions conclude(const StudyTable& table, const std::vector<Record>& records);

}  // namespace embrace::answer
