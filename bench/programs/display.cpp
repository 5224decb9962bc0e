#include "bench/programs/display.hpp"

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <vector>

namespace embrace::programs {
namespace {

using benchmark::BenchmarkReporter;

bool is_share(const std::string& counter) { return counter.starts_with("share_of_") || counter == "spread"; }

class ConsoleWithShares : public BenchmarkReporter {
 public:
  explicit ConsoleWithShares(std::unique_ptr<BenchmarkReporter> console) : console_(std::move(console)) {}

  bool ReportContext(const Context& context) override { return console_->ReportContext(context); }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> shown = runs;
    for (Run& run : shown) {
      for (auto counter = run.counters.begin(); counter != run.counters.end();) {
        if (!is_share(counter->first)) {
          ++counter;
          continue;
        }
        run.report_label += fmt::format("{}{}={:.3g}", run.report_label.empty() ? "" : " ", counter->first,
                                        static_cast<double>(counter->second));
        counter = run.counters.erase(counter);
      }
    }
    console_->ReportRuns(shown);
  }
  void Finalize() override { console_->Finalize(); }

 private:
  std::unique_ptr<BenchmarkReporter> console_;
};

}  // namespace

std::unique_ptr<BenchmarkReporter> make_display() {
  std::unique_ptr<BenchmarkReporter> chosen(benchmark::CreateDefaultDisplayReporter());
  if (dynamic_cast<benchmark::ConsoleReporter*>(chosen.get()) == nullptr) return chosen;
  return std::make_unique<ConsoleWithShares>(std::move(chosen));
}

bool library_says_debug() {
  std::ostringstream text;
  benchmark::JSONReporter json;
  json.SetOutputStream(&text);
  json.ReportContext({});
  return text.str().find("\"library_build_type\": \"debug\"") != std::string::npos;
}

}  // namespace embrace::programs
