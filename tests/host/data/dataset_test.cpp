// Reading data: what does not fit into a corpus of small files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "host/data/dataset.hpp"
#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/assemble.hpp"
#include "host/data/read/catalogue.hpp"
#include "host/data/read/input_file.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/data/split/official.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

class Reading : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "embrace-reading-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }
  Dataset load(const std::string& path, const LoadOptions& options = {}) {
    return load_dataset(path, options, threads_);
  }
  /// The message of the DataError that loading must end with.
  std::string refusal(const std::string& path, const LoadOptions& options = {}) {
    try {
      load(path, options);
    } catch (const DataError& error) {
      return error.what();
    }
    ADD_FAILURE() << path << " was accepted";
    return "";
  }

  fs::path folder_;
  Threads threads_{2};
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Row {
  std::int64_t user, item;
  int rating;
  std::int64_t time;
};

/// Distinct pairs, so that a table of them has no duplicates.
std::vector<Row> some_rows(std::int64_t count, std::int64_t items) {
  std::vector<Row> rows;
  for (std::int64_t r = 0; r < count; ++r) {
    rows.push_back({r / items * 7 + 3, r % items * 5 + 1, static_cast<int>(r * 31 % 5) + 1, 800000000 + r});
  }
  return rows;
}

std::string as_text(const std::vector<Row>& rows, const std::string& separator) {
  std::string text;
  for (const Row& row : rows) {
    text += std::to_string(row.user);
    for (const std::int64_t field : {row.item, std::int64_t{row.rating}, row.time}) {
      text += separator;
      text += std::to_string(field);
    }
    text += '\n';
  }
  return text;
}

/// The ratings by raw ids: what must not depend on how they were written.
std::map<std::pair<std::int64_t, std::int64_t>, float> by_pair(const Ratings& ratings) {
  std::map<std::pair<std::int64_t, std::int64_t>, float> result;
  for (std::size_t r = 0; r < ratings.values.size(); ++r) {
    result[{ratings.user_ids[static_cast<std::size_t>(ratings.users[r])],
            ratings.item_ids[static_cast<std::size_t>(ratings.items[r])]}] = ratings.values[r];
  }
  return result;
}

// Ten pieces of 1 MiB: the seams between pieces and the numbering of lines behind them are exercised.
TEST_F(Reading, ALargeFileIsTheSameForAnyNumberOfThreads) {
  const std::vector<Row> rows = some_rows(500000, 1000);
  const std::string path = write("large.csv", "user,item,rating,timestamp\n" + as_text(rows, ","));
  ASSERT_GT(fs::file_size(path), std::uintmax_t{10} << 20U);
  for (const int count : {1, 2, 5}) {
    Threads threads(count);
    const Ratings ratings = load_dataset(path, {}, threads).ratings;
    ASSERT_EQ(ratings.size(), 500000);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      ASSERT_EQ(ratings.user_ids[static_cast<std::size_t>(ratings.users[r])], rows[r].user);
      ASSERT_EQ(ratings.item_ids[static_cast<std::size_t>(ratings.items[r])], rows[r].item);
      ASSERT_EQ(ratings.values[r], static_cast<float>(rows[r].rating));
      ASSERT_EQ(ratings.times[r], rows[r].time);
    }
  }
}

TEST_F(Reading, BadLinesOfALargeFileKeepTheirNumbers) {
  std::string text = as_text(some_rows(500000, 1000), "\t");
  const std::size_t early = text.find('\n', 1000) + 1, late = text.find('\n', text.size() - 100000) + 1;
  const std::int64_t early_line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(early), '\n') + 1;
  const std::int64_t late_line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(late), '\n') + 2;
  text.insert(late, "4\tx\t3\t9\n");
  text.insert(early, "\n");
  const std::string path = write("large.tsv", text);
  EXPECT_TRUE(contains(refusal(path), ":" + std::to_string(late_line) + ":3: the item id 'x'")) << refusal(path);

  LoadOptions options;
  options.skip_bad_rows = 1;
  options.rejects = folder_ / "rejects.csv";
  EXPECT_EQ(load(path, options).ratings.size(), 500000);
  EXPECT_EQ(read_file(options.rejects), "file,line,byte_offset,column,reason,text\n" + path + "," +
                                            std::to_string(late_line) + "," + std::to_string(late + 1) +
                                            ",3,the item id 'x' is not a whole number,4\\tx\\t3\\t9\n");

  text.replace(early, 1, "4\ty\t3\t9\n");
  const std::string second = write("two.tsv", text);
  EXPECT_TRUE(contains(refusal(second), ":" + std::to_string(early_line) + ":3: the item id 'y'"));
  EXPECT_TRUE(contains(refusal(second, options), "the item id 'x' is not a whole number (bad row 2, 1 allowed)"));
}

TEST_F(Reading, SkippedRowsOfOtherDataStayInTheList) {
  LoadOptions options;
  options.skip_bad_rows = 2;
  options.rejects = folder_ / "rejects.csv";
  const std::string first = write("first.csv", "1,1,3\n1,x,4\n"), second = write("second.csv", "y,1,2\n1,1,3\n");
  const std::string header = "file,line,byte_offset,column,reason,text\n";
  const std::string of_first = first + ",2,6,3,the item id 'x' is not a whole number,\"1,x,4\"\n";
  const std::string of_second = second + ",1,0,1,the user id 'y' is not a whole number,\"y,1,2\"\n";
  load(first, options);
  load(second, options);
  EXPECT_EQ(read_file(options.rejects), header + of_first + of_second);
  load(first, options);
  EXPECT_EQ(read_file(options.rejects), header + of_second + of_first) << "once, however often it is read";
  write("first.csv", "1,1,3\n");
  load(first, options);
  EXPECT_EQ(read_file(options.rejects), header + of_second) << "mended";
  write("rejects.csv", "a list of my own\n");
  EXPECT_THROW(load(first, options), OutputError);
  EXPECT_EQ(read_file(options.rejects), "a list of my own\n");
}

TEST_F(Reading, ADuplicateInALargeFileNamesBothLines) {
  const std::string text = as_text(some_rows(300000, 1000), ",");
  const std::string path = write("twice.csv", text + "\n" + text.substr(0, text.find('\n') + 1));
  EXPECT_TRUE(contains(refusal(path), ":300002:1: user 3 has already rated item 1 in line 1 (1 duplicate in all)"))
      << refusal(path);
}

TEST_F(Reading, TheOrderOfTheRowsDoesNotMatter) {
  std::vector<Row> rows = some_rows(5000, 100);
  const Dataset straight = load(write("a.csv", as_text(rows, ",")));
  std::mt19937 generator(7);
  std::shuffle(rows.begin(), rows.end(), generator);
  const Dataset shuffled = load(write("b.csv", as_text(rows, ",")));
  EXPECT_EQ(straight.ratings.user_ids, shuffled.ratings.user_ids);
  EXPECT_EQ(straight.ratings.item_ids, shuffled.ratings.item_ids);
  EXPECT_EQ(by_pair(straight.ratings), by_pair(shuffled.ratings));
}

// Far-apart ids take the other way of numbering (by sorting instead of a table); the indices must be the same.
TEST_F(Reading, TheSizeOfTheIdsDoesNotMatter) {
  std::vector<Row> rows = some_rows(5000, 100);
  const Ratings near = load(write("near.csv", as_text(rows, ","))).ratings;
  for (Row& row : rows) row = {row.user * 1000000000000, row.item * 2000000000000000, row.rating, row.time};
  const Ratings far = load(write("far.csv", as_text(rows, ","))).ratings;
  EXPECT_EQ(near.users, far.users);
  EXPECT_EQ(near.items, far.items);
  EXPECT_EQ(near.values, far.values);
  EXPECT_EQ(far.user_ids[0], 3000000000000);
}

TEST_F(Reading, TheDigestIsOfNamesAndContents) {
  const std::string text = as_text(some_rows(100, 10), "\t");
  write("one/u.data", text);
  write("two/u.data.gz", gzip(text));
  write("three/u.data", text + "9999\t1\t1\t1\n");
  write("four/other.data", text);
  const auto digest = [&](const char* name) { return load((folder_ / name).string()).sha256; };
  EXPECT_EQ(digest("one").size(), 64U);
  EXPECT_EQ(digest("one"), digest("two")) << "compression and the folder's name change nothing";
  EXPECT_NE(digest("one"), digest("three"));
  EXPECT_NE(digest("one"), digest("four"));
}

TEST_F(Reading, WhatIsNoRegularFileIsRefusedAtOnce) {
  const std::string fifo = (folder_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_TRUE(contains(refusal(fifo), "is a FIFO"));
  EXPECT_TRUE(contains(refusal("/dev/null"), "is a device"));
  EXPECT_TRUE(contains(refusal("/dev/full"), "is a device"));
  EXPECT_TRUE(contains(refusal("/dev/zero"), "is a device"));
  fs::create_directory(folder_ / "data");
  ASSERT_EQ(mkfifo((folder_ / "data" / "u.data").c_str(), 0600), 0);
  EXPECT_TRUE(contains(refusal((folder_ / "data").string()), "is a FIFO"));
  fs::create_directory(folder_ / "empty");
  EXPECT_TRUE(contains(refusal((folder_ / "empty").string()), "no ratings found"));
}

TEST_F(Reading, FormatsThatAreNotReadAreNamed) {
  EXPECT_TRUE(contains(refusal(write("a.parquet", "PAR1\x15\x04")), "a.parquet: is Parquet, which only Apache Arrow"));
  EXPECT_TRUE(contains(refusal(write("ml.zip", "PK\x03\x04\x14")), "ml.zip: is a zip archive; unpack it"));
  EXPECT_TRUE(contains(refusal(write("a.jsonl", "{\"user\": 1, \"item\": 2, \"rating\": 3}\n")), "is JSON; write it"));
  EXPECT_TRUE(contains(refusal(write("a.csv.xz",
                                     "\xFD"
                                     "7zXZ")),
                       "is compressed with xz; unpack it"));
  EXPECT_TRUE(contains(refusal(write("a.csv.gz", gzip("PAR1\x15\x04"))), "is Parquet"));
}

TEST_F(Reading, WhatMayNotBeReadIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string file = write("closed.csv", "1,2,3\n");
  fs::permissions(file, fs::perms::none);
  EXPECT_TRUE(contains(refusal(file), "Permission denied"));
}

TEST_F(Reading, ALineMayHave64KiB) {
  const std::string start = "user,item,rating,note\n1,1,3,x\n2,1,3,";
  const std::string fits(65536 - 6, 'a');
  EXPECT_EQ(load(write("fits.csv", start + fits + "\n")).ratings.size(), 2);
  EXPECT_TRUE(contains(refusal(write("long.csv", start + fits + "a\n")), "long.csv:3:65537: the line is longer"));
}

// A sparse file: the line of NUL bytes takes no disk. Each byte of it may be looked at a few times, not once a piece.
TEST_F(Reading, AnEndlessLineIsRefused) {
  const std::string path = write("endless.tsv", "1\t1\t3\n1\t2\t4\n");
  fs::resize_file(path, std::uintmax_t{128} << 20U);
  EXPECT_TRUE(contains(refusal(path), "endless.tsv:3:65537: the line is longer than 65536 bytes"));
}

TEST_F(Reading, ACompressedFileThatBecomesFarLargerIsRefused) {
  const std::string text = refusal(write("bomb.csv.gz", gzip("1,1,5\n" + std::string(std::size_t{80} << 20U, '\n'))));
  EXPECT_NE(text.find("more than 200 times larger"), std::string::npos) << text;
}

TEST_F(Reading, AChangedFileIsNoticed) {
  const std::string path = write("growing.csv", "1,2,3\n");
  const InputFile file(path);
  EXPECT_NO_THROW(file.check_unchanged());
  std::ofstream(path, std::ios::app) << "1,3,4\n";
  EXPECT_THROW(file.check_unchanged(), DataError);
  fs::remove(path);
  EXPECT_THROW(file.check_unchanged(), DataError);
}

TEST_F(Reading, AFileCutAnywhereIsAPrefixOrAnError) {
  const std::string text = as_text(some_rows(200, 20), "\t").substr(0, 4096);
  const auto whole = by_pair(load(write("whole.tsv", text.substr(0, text.rfind('\n')))).ratings);
  int accepted = 0, refused = 0;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string path = write("cut.tsv", text.substr(0, size));
    try {
      const Ratings ratings = load(path).ratings;
      ++accepted;
      const std::int64_t lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), '\n');
      ASSERT_GE(ratings.size(), lines);
      ASSERT_LE(ratings.size(), lines + 1);
      for (const auto& [pair, value] : by_pair(ratings)) {
        if (whole.count(pair) != 0) {
          ASSERT_EQ(whole.at(pair), value);
        }
      }
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 96);
}

// No oracle but the promise: data or a DataError, never another exception, a crash or a value off the scale.
TEST_F(Reading, DamagedFilesNeverDoMoreThanFail) {
  const std::string ratings =
      "userId,movieId,rating,timestamp\n1,10,5.0,964982703\n2,10,0.5,964981247\n\n2,11,4.0,964982224\n";
  const std::string movies =
      "movieId,title,genres\n10,\"Gold, The (1995)\",Action|Drama\n11,\"A \"\"B\"\" (1996)\",War\n";
  const std::string folder = (folder_ / "ml").string();
  const std::string alphabet("\0\t\n\r \",.:;|-+019eENinf\x80\xC3\xFF", 25);
  std::mt19937 generator(11);
  const auto below = [&](std::size_t n) { return generator() % n; };
  int accepted = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string damaged[2] = {ratings, movies};
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      std::string& text = damaged[below(2)];
      const std::size_t at = below(text.size());
      const std::size_t kind = below(3);
      if (kind == 0) text[at] = alphabet[below(alphabet.size())];
      if (kind == 1) text.insert(at, 1, alphabet[below(alphabet.size())]);
      if (kind == 2) text.erase(at, 1 + below(5));
    }
    write("ml/ratings.csv", damaged[0]);
    write("ml/movies.csv", damaged[1]);
    LoadOptions options;
    options.skip_bad_rows = trial % 3;
    try {
      const Dataset data = load(folder, options);
      ++accepted;
      for (const Movie& movie : data.catalogue.movies) ASSERT_TRUE(valid_utf8(movie.title));
      for (const float value : data.ratings.values) ASSERT_TRUE(std::isfinite(value));
    } catch (const DataError& error) {
      ASSERT_TRUE(valid_utf8(error.what()));
    }
  }
  EXPECT_GT(accepted, 300);
  EXPECT_LT(accepted, 2900);
}

class Ml100kSplit : public Reading {
 protected:
  void SetUp() override {
    Reading::SetUp();
    write("ml/u.data", "1\t10\t5\t9\n2\t10\t3\t9\n2\t11\t4\t9\n");
    write("ml/u1.base", "2\t11\t4\t9\n1\t10\t5\t9\n");
    write("ml/u1.test", "2\t10\t3\t9\n");
  }
  std::string split_refusal(const std::string& base, const std::string& test) {
    const Dataset data = load((folder_ / "ml").string());
    write("ml/u1.base", base);
    write("ml/u1.test", test);
    try {
      load_official(data, "u1", {}, threads_);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(Ml100kSplit, IsPositionsInTheRatings) {
  const Dataset data = load((folder_ / "ml").string());
  EXPECT_EQ(data.official, std::vector<std::string>{"u1"});
  const OfficialSplit split = load_official(data, "u1", {}, threads_);
  EXPECT_EQ(split.train, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(split.test, (std::vector<std::int64_t>{1}));
  EXPECT_TRUE(split.candidates.empty());
  EXPECT_THROW(load_official(data, "u2", {}, threads_), UsageError);
}

TEST_F(Ml100kSplit, MustBelongToTheRatings) {
  const std::string base = "2\t11\t4\t9\n1\t10\t5\t9\n", test = "2\t10\t3\t9\n";
  EXPECT_TRUE(contains(split_refusal(base, "2\t10\t4\t9\n"), "u1.test:1:1: user 2, item 10: the rating differs"));
  EXPECT_TRUE(contains(split_refusal(base, test + "2\t11\t4\t9\n"), "u1.test:2:1: user 2, item 11: occurs twice"));
  EXPECT_TRUE(contains(split_refusal(base, "2\t12\t4\t9\n"), "there is no such rating"));
  EXPECT_TRUE(contains(split_refusal("1\t10\t5\t9\n", test), "1 ratings are neither here nor in"));
  EXPECT_TRUE(contains(split_refusal(base + "x", test), "u1.base:3:1: expected 4 fields"));
  EXPECT_EQ(split_refusal(base, test), "accepted");
}

class NcfSplit : public Reading {
 protected:
  std::string outcome(const std::string& negatives) {
    write("ncf/x.train.rating", "0\t0\t5\t9\n0\t1\t3\t9\n1\t1\t4\t9\n1\t3\t1\t9\n");
    write("ncf/x.test.rating", "0\t2\t5\t10\n1\t0\t3\t10\n");
    write("ncf/x.test.negative", negatives);
    try {
      const Dataset data = load((folder_ / "ncf").string());
      split_ = load_official(data, "ncf", {}, threads_);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  OfficialSplit split_;
};

TEST_F(NcfSplit, RanksTheTargetAmongTheOthers) {
  ASSERT_EQ(outcome("(0,2)\t3\t2\n(1,0)\t2\n"), "accepted");
  EXPECT_EQ(split_.train, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(split_.test, (std::vector<std::int64_t>{4, 5}));
  // User 0's target, 2, stands among its own negatives and is there once.
  EXPECT_EQ(split_.candidates, (std::vector<std::vector<std::int32_t>>{{2, 3}, {0, 2}}));
}

TEST_F(NcfSplit, RefusesNegativesThatDoNotFit) {
  EXPECT_TRUE(contains(outcome("(0,1)\t3\n(1,0)\t2\n"), "x.test.negative:1:1: user 0, item 1 is not the test rating"));
  EXPECT_TRUE(contains(outcome("0,2\t3\n(1,0)\t2\n"), ":1:1: the line does not begin with (user,item)"));
  EXPECT_TRUE(contains(outcome("(0,2)\t9\n(1,0)\t2\n"), ":1:7: item 9 has no rating"));
  EXPECT_TRUE(contains(outcome("(0,2)\t3\n"), "user 1 has no line"));
  EXPECT_TRUE(contains(outcome("(0,2)\t3\n(0,2)\t3\n(1,0)\t2\n"), ":2:1: user 0 has a line already"));
  EXPECT_TRUE(contains(outcome("(0,2)\tx\n(1,0)\t2\n"), ":1:7: the item id 'x'"));
}

TEST_F(Reading, TitlesAreUtf8WhateverTheFileIs) {
  write("latin/ratings.dat", "1::1::5\n");
  write("latin/movies.dat", "1::Caf\xE9 (1995)::Drama\n");
  const Movie latin = load((folder_ / "latin").string()).catalogue.movies.at(0);
  EXPECT_EQ(latin.title, "Café (1995)");
  EXPECT_EQ(latin.year, 1995);
  write("utf/ratings.csv", "userId,movieId,rating,timestamp\n1,1,5,9\n");
  write("utf/movies.csv", "movieId,title,genres\n1,\"Ça \"\"va\"\",\n\xE2\x82\xAC (2001–2003)\",(no genres listed)\n");
  const Movie utf = load((folder_ / "utf").string()).catalogue.movies.at(0);
  EXPECT_EQ(utf.title, "Ça \"va\",\n€ (2001–2003)");
  EXPECT_EQ(utf.year, 2001);
  EXPECT_TRUE(utf.genres.empty());
}

TEST_F(Reading, TagsMayContainSeparatorsAndQuotes) {
  write("dat/tags.dat", "15::4973::a::b::1215184630\n");
  const Catalogue dat = read_catalogue(folder_ / "dat", threads_);
  ASSERT_EQ(dat.tags.size(), 1U);
  EXPECT_EQ(dat.tags[0].tag, "a::b");
  EXPECT_EQ(dat.tags[0].time, 1215184630);
  write("csv/tags.csv.gz", gzip("userId,movieId,tag,timestamp\n2,10,\"a \"\"b\"\", c\",0\n"));
  const Catalogue csv = read_catalogue(folder_ / "csv", threads_);
  ASSERT_EQ(csv.tags.size(), 1U);
  EXPECT_EQ(csv.tags[0].tag, "a \"b\", c");
  fs::create_directory(folder_ / "none");
  EXPECT_THROW(read_catalogue(folder_ / "none", threads_), DataError);
}

TEST_F(Reading, AMisspeltNameIsToldOfTheBuiltInData) {
  EXPECT_TRUE(contains(refusal("sinth"), "sinth: No such file or directory; check the path; built-in data are synth"));
  EXPECT_TRUE(contains(refusal("synt:10x10x10"), "built-in data are synth"));
  EXPECT_EQ(load("synth:20x30x100").ratings.size(), 100);
}

}  // namespace
}  // namespace embrace
