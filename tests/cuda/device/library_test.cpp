// The CUDA part as a library: what it exports, how it is found, and what a user reads when it cannot be used.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "bench/cuda_library.hpp"
#include "bench/devices.hpp"
#include "host/files.hpp"
#include "host/record.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::Ended;
using test::run_program;
using test::TemporaryFolder;

/// A copy of the program in a folder where no CUDA part lies beside it.
class WithoutCudaPart : public testing::Test {
 protected:
  WithoutCudaPart() : program_(folder_ / "embrace") { fs::copy_file(test::embrace_program(), program_); }
  Ended run(std::vector<std::string> arguments) { return run_program(program_.string(), arguments); }
  std::vector<std::string> small_run(const std::string& device) {
    return {"run", "-d", "synth:60x80x1500", "-m", "bias", "--device", device, "-o", (folder_ / "out").string()};
  }
  TemporaryFolder folder_;
  fs::path program_;
};

TEST_F(WithoutCudaPart, TheCpuPartRuns) {
  const Ended ended = run(small_run("cpu"));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(run(small_run("all")).code, 0);
}

TEST_F(WithoutCudaPart, ANamedCudaDeviceIsAnErrorBeforeAnythingIsTrained) {
  const Ended ended = run(small_run("cuda:0"));
  EXPECT_EQ(ended.code, 4);
  EXPECT_NE(ended.err.find("'cuda:0' is not usable: the CUDA part, lib/libembrace_cuda.so, is not beside bin/; build"),
            std::string::npos)
      << ended.err;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(WithoutCudaPart, ListAndDoctorSayWhy) {
  for (const auto& arguments : {std::vector<std::string>{"list", "devices"}, {"doctor"}}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 0);
    EXPECT_NE(ended.out.find("libembrace_cuda.so, is not beside bin/; build again"), std::string::npos) << ended.out;
  }
}

TEST(CudaLibrary, ALibraryThatCannotBeLoadedIsNamedWithTheMend) {
  const TemporaryFolder folder;
  write_atomically(folder / "libcudart.so.13", "no library");
  write_atomically(folder / "libcudart.so.12", "no library");
  const std::string path = "LD_LIBRARY_PATH=" + folder.path().string();
  const Ended listed = test::embrace_run({"list", "devices"}, {path});
  EXPECT_EQ(listed.code, 0);
  EXPECT_NE(listed.out.find("no CUDA device: the CUDA part cannot be loaded: "), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("libcudart.so"), std::string::npos) << listed.out;
  EXPECT_EQ(
      test::embrace_run({"run", "-d", "synth:60x80x1500", "-m", "mean", "-o", (folder / "out").string()}, {path}).code,
      0);
}

TEST(CudaLibrary, OneOfOurNameInTheLibraryPathIsNotTaken) {
  const TemporaryFolder folder;
  write_atomically(folder / "libembrace_cuda.so", "no library");
  const char* libraries = std::getenv("LD_LIBRARY_PATH");
  const std::string path = "LD_LIBRARY_PATH=" + folder.path().string() + ":" + (libraries == nullptr ? "" : libraries);
  EXPECT_EQ(test::embrace_run({"list", "devices"}, {path}).out, test::embrace_run({"list", "devices"}).out);
}

TEST(CudaLibrary, LoadersMessagesAreExplained) {
  EXPECT_EQ(
      explained_load_failure("libcudart.so.13: cannot open shared object file: No such file or directory"),
      "libcudart.so.13 is missing; install the CUDA toolkit's libraries, or put their folder into LD_LIBRARY_PATH");
  EXPECT_EQ(explained_load_failure("/x/libcudart.so.13: undefined symbol: f"),
            "the CUDA part cannot be loaded: /x/libcudart.so.13: undefined symbol: f; build again on this machine");
}

TEST(CudaLibrary, OnlyTheEntryPointOfOursIsExported) {
  const CudaLibrary& library = cuda_library();
  ASSERT_NE(library.part, nullptr) << library.problem;
  const Ended listed = run_program("/bin/sh", {"-c", "nm -D --defined-only '" + library.file.string() + "'"});
  ASSERT_EQ(listed.code, 0) << listed.err;
  std::istringstream lines(listed.out);
  int ours = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("embrace") == std::string::npos) continue;
    EXPECT_TRUE(line.ends_with(" T embrace_cuda_part")) << line;
    ++ours;
  }
  EXPECT_EQ(ours, 1);
}

TEST(CudaLibrary, AnotherBuildsCallerIsRefused) {
  const CudaLibrary& library = cuda_library();
  ASSERT_NE(library.part, nullptr) << library.problem;
  void* handle = dlopen(library.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry = reinterpret_cast<decltype(&embrace_cuda_part)>(dlsym(handle, "embrace_cuda_part"));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry("0.0.0 of long ago"), nullptr);
  EXPECT_EQ(entry(build_tag().c_str()), library.part);
}

TEST(CudaLibrary, ARunOnADeviceIsRecordedAsWhatItIs) {
  const auto devices = usable_devices();
  if (devices.size() < 2) GTEST_SKIP() << "no CUDA device: " << why_no_cuda();
  EXPECT_EQ(devices[1].kind, devices[1].name.find("CPU") == std::string::npos ? DeviceKind::gpu : DeviceKind::emulated);
  const TemporaryFolder folder;
  const Ended ended = test::embrace_run({"run", "-d", "synth:60x80x1500", "-m", "bias,popularity", "--task", "ranking",
                                         "--device", "cuda:0", "-o", (folder / "out").string()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  int records = 0;
  for (const auto& entry : fs::directory_iterator(folder / "out")) {
    const Record record = record_from_json(read_file(entry.path()), entry.path().string());
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.device.kind, devices[1].kind);
    EXPECT_EQ(record.provenance.at("gpu"), devices[1].name);
    ASSERT_FALSE(record.notes.empty());
    EXPECT_NE(record.notes.back().find("MiB planned"), std::string::npos) << record.notes.back();
    ++records;
  }
  EXPECT_EQ(records, 2);
}

}  // namespace
}  // namespace embrace
