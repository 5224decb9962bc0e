// The prepared cache: all comes back, and no damage is taken for data.
#include "host/data/cache.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <limits>

#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/data/write.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

using test::TemporaryFolder;

/// Small, with something in every field.
Dataset sample() {
  Dataset data;
  data.sha256 = "source";
  data.layout = "ml-1m";
  data.ratings.user_ids = {1, 9};
  data.ratings.item_ids = {4, 1LL << 62U};
  data.ratings.users = {0, 1};
  data.ratings.items = {1, 0};
  data.ratings.values = {3, 4.5F};
  data.ratings.times = {7, 8};
  data.ratings.scale = {0.5F, 5, 0.5F};
  data.catalogue.users = {{1, 35, "F", "writer", "12345"}, {9, std::nullopt, "", "", ""}};
  data.catalogue.movies = {{4, "Blue Door (1990)", 1990, {"Drama", "War"}}, {5, "", std::nullopt, {}}};
  data.catalogue.tags = {{1, 4, "slow", 5, false}, {-1, 4, "dark", std::nullopt, true}};
  data.report = {3, 1, 0, {"a warning"}};
  return data;
}

TEST(Cache, EverythingComesBack) {
  const TemporaryFolder folder;
  const Dataset data = sample();
  write_cached(folder / "x", data);
  std::string warning;
  const auto back = read_cached(folder / "x", "source", warning);
  ASSERT_TRUE(back) << warning;
  EXPECT_EQ(back->layout, data.layout);
  EXPECT_EQ(back->ratings.user_ids, data.ratings.user_ids);
  EXPECT_EQ(back->ratings.item_ids, data.ratings.item_ids);
  EXPECT_EQ(back->ratings.users, data.ratings.users);
  EXPECT_EQ(back->ratings.items, data.ratings.items);
  EXPECT_EQ(back->ratings.values, data.ratings.values);
  EXPECT_EQ(back->ratings.times, data.ratings.times);
  EXPECT_EQ(back->ratings.scale.step, 0.5F);
  EXPECT_EQ(back->catalogue.users[0].age, 35);
  EXPECT_EQ(back->catalogue.users[1].age, std::nullopt);
  EXPECT_EQ(back->catalogue.users[0].zip, "12345");
  EXPECT_EQ(back->catalogue.movies[0].genres, data.catalogue.movies[0].genres);
  EXPECT_EQ(back->catalogue.movies[0].title, "Blue Door (1990)");
  EXPECT_EQ(back->catalogue.tags[1].tag, "dark");
  EXPECT_EQ(back->catalogue.tags[0].time, 5);
  EXPECT_TRUE(back->catalogue.tags[1].travelled);
  EXPECT_EQ(back->report.rejected, 1);
  EXPECT_EQ(back->report.warnings, data.report.warnings);
}

TEST(Cache, EveryFlippedBitIsNoticed) {
  const TemporaryFolder folder;
  write_cached(folder / "x", sample());
  const std::string good = read_file(folder / "x");
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ (1 << bit));
      std::ofstream(folder / "x", std::ios::binary) << bad;
      std::string warning;
      ASSERT_FALSE(read_cached(folder / "x", "source", warning)) << "byte " << byte << " bit " << bit;
      ASSERT_NE(warning, "");
    }
  }
}

TEST(Cache, EveryCutIsNoticed) {
  const TemporaryFolder folder;
  write_cached(folder / "x", sample());
  const std::string good = read_file(folder / "x");
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::ofstream(folder / "x", std::ios::binary) << good.substr(0, size);
    std::string warning;
    ASSERT_FALSE(read_cached(folder / "x", "source", warning)) << size;
    ASSERT_NE(warning, "");
  }
  std::ofstream(folder / "x", std::ios::binary) << good << '\0';
  std::string warning;
  EXPECT_FALSE(read_cached(folder / "x", "source", warning));
}

TEST(Cache, AnotherSourceAMissingFileAndAFolderAreNotUsed) {
  const TemporaryFolder folder;
  write_cached(folder / "x", sample());
  std::string warning;
  EXPECT_FALSE(read_cached(folder / "x", "another", warning));
  EXPECT_NE(warning, "");
  warning.clear();
  EXPECT_FALSE(read_cached(folder / "y", "source", warning));
  EXPECT_EQ(warning, "") << "a first time is nothing to speak of";
  EXPECT_FALSE(read_cached(folder.path(), "source", warning));
  EXPECT_NE(warning, "");
}

// The checksum has no key: a fault of a program, or a forger, can seal anything.
TEST(Cache, WhatCannotBeIsNotUsedThoughItsChecksumIsRight) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::function<void(Dataset&)>& forge) {
    Dataset data = sample();
    forge(data);
    write_cached(folder / "x", data);
    std::string warning;
    const bool used = read_cached(folder / "x", "source", warning).has_value();
    return !used && warning.find("cannot be") != std::string::npos;
  };
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.users[0] = 2; }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.users[1] = std::numeric_limits<std::int32_t>::max(); }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.users[0] = -1; }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.items[0] = 1000000; }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.items.pop_back(); }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.times.push_back(1); }));
  EXPECT_TRUE(refused([](Dataset& d) { std::swap(d.ratings.user_ids[0], d.ratings.user_ids[1]); }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.values[0] = std::numeric_limits<float>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.values[0] = 6; }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings.scale.highest = std::numeric_limits<float>::infinity(); }));
  EXPECT_TRUE(refused([](Dataset& d) { d.ratings = {}; }));
  EXPECT_FALSE(refused([](Dataset&) {}));
}

TEST(Cache, AFileThatOthersMayWriteIsNotUsed) {
  const TemporaryFolder folder;
  const mode_t mask = umask(0);
  write_cached(folder / "x", sample());
  umask(mask);
  std::string warning;
  EXPECT_TRUE(read_cached(folder / "x", "source", warning)) << warning << ": as it was written, whatever the mask";
  for (const mode_t mode : {0664U, 0646U}) {
    ASSERT_EQ(chmod((folder / "x").c_str(), mode), 0);
    EXPECT_FALSE(read_cached(folder / "x", "source", warning));
    EXPECT_NE(warning.find("another user"), std::string::npos) << warning;
  }
  ASSERT_EQ(chmod((folder / "x").c_str(), 0644), 0);
  if (geteuid() != 0) return;  // who is not root cannot give files away
  ASSERT_EQ(chown((folder / "x").c_str(), 65534, 65534), 0);
  if (struct stat status{}; stat((folder / "x").c_str(), &status) != 0 || status.st_uid == 0) return;
  EXPECT_FALSE(read_cached(folder / "x", "source", warning));
}

/// A source on disk, and options with a cache beside it.
class CachedLoading : public testing::Test {
 protected:
  void SetUp() override {
    write_movielens(make_synthetic({20, 30, 200}, threads_), folder_ / "data");
    options_.cache = folder_ / "cache";
  }
  Dataset load() { return load_dataset((folder_ / "data").string(), options_, threads_); }
  std::vector<std::filesystem::path> cached() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(options_.cache)) files.push_back(entry.path());
    return files;
  }
  TemporaryFolder folder_;
  LoadOptions options_;
  Threads threads_{2};
};

TEST_F(CachedLoading, TheSecondTimeGivesTheSame) {
  const Dataset first = load(), second = load();
  EXPECT_EQ(cached().size(), 1U);
  EXPECT_EQ(first.sha256, second.sha256);
  EXPECT_EQ(first.name, second.name);
  EXPECT_EQ(first.layout, second.layout);
  EXPECT_EQ(first.ratings.values, second.ratings.values);
  EXPECT_EQ(first.report.warnings, second.report.warnings);
  EXPECT_EQ(first.catalogue.tags.size(), second.catalogue.tags.size());
}

TEST_F(CachedLoading, ADamagedCopyIsMadeAnewWithANotice) {
  const Dataset first = load();
  const auto file = cached().at(0);
  const std::string good = read_file(file);
  std::string bad = good;
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  std::ofstream(file, std::ios::binary) << bad;
  const Dataset again = load();
  EXPECT_EQ(again.ratings.values, first.ratings.values);
  EXPECT_EQ(again.report.warnings.size(), first.report.warnings.size() + 1);
  EXPECT_EQ(read_file(file), good);
}

TEST_F(CachedLoading, AChangedSourceIsReadAnew) {
  const Dataset first = load();
  const auto file = folder_ / "data/ratings.dat";
  const auto time = std::filesystem::last_write_time(file);
  std::string text = read_file(file);
  char& digit = text[text.find("::", text.find("::") + 2) + 2];  // the first rating; the size stays
  digit = digit == '5' ? '1' : '5';
  std::ofstream(file, std::ios::binary) << text;
  std::filesystem::last_write_time(file, time);
  const Dataset second = load();
  EXPECT_NE(second.ratings.values[0], first.ratings.values[0]);
  EXPECT_NE(second.sha256, first.sha256);
}

TEST_F(CachedLoading, OptionsThatChangeTheDataHaveTheirOwnCopy) {
  load();
  options_.duplicates = OnDuplicate::last;
  load();
  options_.skip_bad_rows = 3;
  load();
  EXPECT_EQ(cached().size(), 3U);
}

TEST_F(CachedLoading, ItsFolderIsForItsOwnerAlone) {
  const mode_t mask = umask(0);
  const Dataset first = load();
  umask(mask);
  EXPECT_EQ(std::filesystem::status(options_.cache).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(cached().size(), 1U);
  ASSERT_EQ(chmod(options_.cache.c_str(), 0777), 0);
  const Dataset again = load();
  EXPECT_EQ(again.ratings.values, first.ratings.values);
  ASSERT_EQ(again.report.warnings.size(), first.report.warnings.size() + 1);
  EXPECT_NE(again.report.warnings.back().find("others may write"), std::string::npos) << again.report.warnings.back();
}

TEST_F(CachedLoading, WithoutAUsableFolderItWorksWithANotice) {
  write_atomically(folder_ / "taken", "x");
  const Dataset plain = load();
  options_.cache = folder_ / "taken";
  const Dataset data = load();
  EXPECT_EQ(data.ratings.values, plain.ratings.values);
  EXPECT_EQ(data.report.warnings.size(), plain.report.warnings.size() + 1);
}

}  // namespace
}  // namespace embrace
