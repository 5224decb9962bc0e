// Records of contests, and contests against peers that are shell scripts: a folder of environments in which "python" is
// one.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/peers/environment.hpp"
#include "bench/report/report.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::test {

/// Epochs of `pace` seconds each, of 1000 ratings, with these values.
inline void add_curve(const std::string& metric, double pace, const std::vector<double>& values, Record& record) {
  const auto epochs = static_cast<int>(values.size());
  record.cost = Record::Cost{0, pace * epochs, 0, {}, epochs, 1000 / pace, 1};
  record.curve = Record::Curve{metric, {}, {}, values};
  for (int e = 1; e <= epochs; ++e) {
    record.curve->epochs.push_back(e);
    record.curve->seconds.push_back(pace * e);
  }
}

class PeersRun : public testing::Test {
 protected:
  explicit PeersRun(std::string data = "synth:60x80x1500") : data_(std::move(data)) {
    std::filesystem::create_directory(folder_ / "answers");
  }

  /// The script is called with the adapter and the job.
  void install(const std::string& name, const std::string& script) {
    const peers::Peer& peer = *peers::find_peer(name);
    const std::filesystem::path python = peers::python_of(peer, folder_ / "envs");
    std::filesystem::create_directories(python.parent_path());
    std::ofstream(python) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(python, std::filesystem::perms::owner_all);
    std::ofstream(folder_ / ("envs/" + name + ".state")) << peers::installed_state(peer);
  }
  /// A peer that hands back the files in answers/.
  void install_answers(const std::string& name) {
    install(name, "cp " + (folder_ / "answers").string() + "/* \"$(dirname \"$2\")/output/\"\n");
  }
  Ended run(const std::string& contests, int repetitions = 2) {
    return embrace_run({"peers", "run", "-d", data_, "-c", contests, "--environments", (folder_ / "envs").string(),
                        "--repetitions", std::to_string(repetitions), "-o", (folder_ / "out").string()});
  }
  std::vector<Record> records() { return read_records({folder_ / "out"}); }

  TemporaryFolder folder_;
  std::string data_;
};

}  // namespace embrace::test
