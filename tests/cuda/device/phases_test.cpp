// The phases of an epoch, told by the phase clock and by `embrace profile phases`.
#include <nlohmann/json.hpp>
#include <set>

#include "cuda/device/phase.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/program.hpp"

namespace embrace {
namespace {

class PhasesTest : public test::GpuTest {
 protected:
  void inner() { EMBRACE_PHASE("inner"); }
  void outer(int times) {
    EMBRACE_PHASE("outer");
    for (int i = 0; i < times; ++i) inner();
  }
};

TEST_F(PhasesTest, NamesCallsAndNestingAreTold) {
  gpu::PhaseClock clock(shared());
  outer(3);
  inner();
  const auto times = clock.take();
  ASSERT_EQ(times.size(), 4U);
  EXPECT_EQ(times[0].name, "");
  EXPECT_EQ(times[1].name, "outer");
  EXPECT_EQ(times[1].calls, 1);
  EXPECT_EQ(times[2].name, "outer / inner");
  EXPECT_EQ(times[2].calls, 3);
  EXPECT_EQ(times[3].name, "inner");
  EXPECT_EQ(times[3].calls, 1);
  // Events are ordered on their stream: a part never takes longer than the whole. 1 µs is for their resolution.
  EXPECT_LE(times[2].milliseconds, times[1].milliseconds + 1e-3);
  EXPECT_LE(times[1].milliseconds + times[3].milliseconds, times[0].milliseconds + 2e-3);
}

TEST_F(PhasesTest, EachTakeBeginsAnew) {
  gpu::PhaseClock clock(shared());
  outer(1);
  clock.take();
  outer(2);
  const auto times = clock.take();
  ASSERT_EQ(times.size(), 3U);
  EXPECT_EQ(times[1].calls, 1);
  EXPECT_EQ(times[2].calls, 2);
}

TEST_F(PhasesTest, WithoutAClockNothingIsTold) {
  { gpu::PhaseClock clock(shared()); }
  EXPECT_EQ(gpu::PhaseClock::current(), nullptr);
  outer(1);  // must not touch the clock that was
}

TEST_F(PhasesTest, EveryMethodOfVectorsHasPhases) {
  for (const auto& [method, phase] : std::vector<std::pair<std::string, std::string>>{
           {"als", "solve rows"}, {"sgd", "descend"}, {"hybrid", "slot gradients"}, {"deep", "network"}}) {
    const test::Ended ended = test::embrace_run(
        {"profile", "phases", "-d", "synth:60x80x1500", "-m", method, "--epochs", "2", "--json", "--set", "factors=8"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const auto rows = nlohmann::json::parse(ended.out);
    EXPECT_EQ(rows[0]["phase"], "epoch");
    EXPECT_EQ(rows[0]["calls"], 1);
    const bool gpu = ended.err.find("this device is not a GPU") == std::string::npos;
    bool found = false;
    for (const auto& row : rows) {
      found = found || row["phase"] == phase;
      EXPECT_EQ(row.contains("milliseconds"), gpu) << row;  // a device that is no GPU shows no speed
    }
    EXPECT_TRUE(found) << method << ": no phase " << phase << " in " << ended.out;
  }
}

// One reading of the data serves them all, and one that fails (ials is for rankings) costs the others nothing.
TEST_F(PhasesTest, SeveralTrainingsAreProfiledOneAfterTheOther) {
  const test::Ended ended = test::embrace_run({"profile", "phases", "-d", "synth:60x80x1500", "-m", "als,ials,sgd",
                                               "--epochs", "2", "--json", "--set", "factors=8,12"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  std::set<std::string> profiles;
  for (const auto& row : nlohmann::json::parse(ended.out)) profiles.insert(row["profile"]);
  EXPECT_EQ(profiles, (std::set<std::string>{"als factors=8", "als factors=12", "sgd factors=8", "sgd factors=12"}));
  EXPECT_NE(ended.err.find("ials: "), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace embrace
