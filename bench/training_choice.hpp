// What is trained on what: the part of a study's options that tuning has, too.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "bench/experiment.hpp"
#include "bench/selection.hpp"
#include "host/metadata/information.hpp"
#include "host/method.hpp"

namespace embrace {

struct TrainingChoice {
  DataChoice data;
  std::vector<int> folds;  // empty: all
  std::vector<const Method*> methods;
  std::vector<Information> information;
  Task task = Task::rating;
  std::vector<int> at{10, 20};
  bool cold_candidates = false;                 // rankings: of the items without a training rating alone
  std::vector<std::vector<Setting>> sweep{{}};  // combinations of settings, one where each has one value
  double timeout_seconds = 0;                   // of training, a run; 0: none
  bool force = false;                           // repeat what has a record already
  std::filesystem::path output;
  std::string command;
};

}  // namespace embrace
