// Vectors from files before judges: a stranger's by one command, our own as the method that made them, and those that
// have seen what the judge sees refused.
#include "bench/judge/vector_files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/judge/judge_study.hpp"
#include "bench/judge/source_maker.hpp"
#include "bench/report/report.hpp"
#include "bench/trained_embedding.hpp"
#include "host/embedding/embedding_file.hpp"
#include "host/embedding/tensor_file.hpp"
#include "host/error.hpp"
#include "host/judge/parts.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::judge {
namespace {

namespace fs = std::filesystem;
using test::embrace_run;
using test::Ended;

constexpr const char* data_name = "synth:150x90x4000";

class VectorFile : public testing::Test {
 protected:
  VectorFile() {
    choice_.data = data_name;
    choice_.split = parse_split("holdout:0.2");
  }
  /// The experiment of the command line, on the embedding part of its first draw.
  Experiment embedding_part() {
    Experiment whole = make_experiment(choice_, threads_);
    const Parts parts = divide_training(whole.dataset.ratings, whole.fold, choice_.split, 1);
    whole.fold = embedding_fold(whole.dataset.ratings, whole.fold, parts);
    whole.data = make_fold_data(whole.dataset, whole.fold, threads_);
    return whole;
  }
  /// Three numbers of each of the first 80 items.
  fs::path stranger() {
    fs::path path = folder_ / "stranger.txt";
    std::ofstream out(path);
    out << "80 3\n";
    for (int item = 1; item <= 80; ++item) out << item << " " << item % 3 << " " << item % 5 << " 0.25\n";
    return path;
  }
  fs::path written(std::map<std::string, std::string> about) {
    Embedding e;
    e.item_ids = {"1", "2"};
    e.items = Matrix(2, 1);
    e.items(0, 0) = 1;
    e.about = std::move(about);
    fs::path path = folder_ / "two.safetensors";
    write_embedding(path, e);
    return path;
  }
  std::string refusal(const fs::path& path) {
    const Experiment part = embedding_part();
    try {
      require_unseen(VectorFiles().read(path), "file:two", part);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
  Ended judged(const std::string& sources) {
    return embrace_run({"judge", "-d", data_name, "--split", "holdout:0.2", "--sources", sources, "--judges", "ridge",
                        "--widths", "8", "--draws", "1", "--seeds", "1", "-q", "-o", (folder_ / "out").string()});
  }
  /// Of judges, without those that stand beside.
  std::vector<Record> records() const {
    std::vector<Record> all = read_records({folder_ / "out"});
    std::erase_if(all, [](const Record& record) { return record.judge->mode != "items"; });
    return all;
  }

  test::TemporaryFolder folder_;
  Threads threads_{2};
  DataChoice choice_;
};

TEST_F(VectorFile, OfAStrangerIsJudgedByOneCommand) {
  const Ended ended = judged("file:" + stranger().string() + ",zero");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("neighbours@100"), std::string::npos) << "the table of the probes: " << ended.out;
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2U);
  for (const Record& record : all) {
    EXPECT_EQ(record.status, Status::ok);
    EXPECT_EQ(record.notes.size(), record.judge->source == "zero" ? 0U : 2U);
  }
  const Ended report = embrace_run({"report", (folder_ / "out").string(), "--format", "md"});
  EXPECT_NE(report.out.find("what ratings its vectors have seen is not known"), std::string::npos) << report.out;
  EXPECT_NE(report.out.find("10 of 90 items have no vector"), std::string::npos) << report.out;
}

TEST_F(VectorFile, OfAMethodOnTheEmbeddingPartIsThatMethod) {
  Experiment part = embedding_part();
  const DeviceInfo device = cpu_device();
  const std::vector<Setting> settings;
  VectorFiles files;
  SourceMaker maker(part, {}, Task::rating, device, settings, files, 1, threads_);
  const SourceVectors als = maker.make(parse_sources("als").front(), 8).vectors;
  Embedding e;
  for (std::int64_t i = 0; i < als.items.rows.rows(); ++i) {
    if (als.items.known[i] != 0)
      e.item_ids.push_back(std::to_string(part.dataset.ratings.item_ids[static_cast<std::size_t>(i)]));
  }
  e.items = Matrix(static_cast<std::int64_t>(e.item_ids.size()), als.items.rows.columns());
  for (std::int64_t i = 0, row = 0; i < als.items.rows.rows(); ++i) {
    if (als.items.known[i] != 0) std::copy_n(als.items.rows.row(i), e.items.columns(), e.items.row(row++));
  }
  e.about = {{"data", part.dataset.name}, {"ratings_sha256", ratings_sha256(part)}};
  write_embedding(folder_ / "als.safetensors", e);
  const Ended ended = judged("als,file:" + (folder_ / "als.safetensors").string());
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<double> values;
  for (const Record& record : records()) {
    values.push_back(record.accuracy.at("rmse").value);
    for (const std::string& note : record.notes) EXPECT_EQ(note.find("not known"), std::string::npos) << note;
  }
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0], values[1]);
}

TEST_F(VectorFile, ThatHasSeenTheJudgesRatingsIsRefused) {
  ASSERT_EQ(embrace_run({"run", "-d", data_name, "--split", "holdout:0.2", "-m", "als", "--keep-embeddings", "-q", "-o",
                         (folder_ / "kept").string()})
                .code,
            0);
  fs::path kept;
  for (const auto& entry : fs::directory_iterator(folder_ / "kept")) {
    if (entry.path().extension() == ".safetensors") kept = entry.path();
  }
  for (const std::string control : {"", "shuffled:"}) {
    const Ended ended = judged("zero," + control + "file:" + kept.string());
    EXPECT_EQ(ended.code, 3);
    EXPECT_NE(ended.err.find("is not that of the embedding part"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("holdout:0.2 fold 0"), std::string::npos) << ended.err;
    EXPECT_FALSE(fs::exists(folder_ / "out") && !fs::is_empty(folder_ / "out")) << "before anything is judged";
  }
}

TEST_F(VectorFile, SaysWhatItHasSeen) {
  const std::string name = embedding_part().dataset.name, other(64, '0');
  EXPECT_NE(refusal(written({{"data", name}, {"ratings_sha256", other}})), "");
  EXPECT_NE(refusal(written({{"ratings_sha256", other}})), "") << "of whatever data";
  EXPECT_EQ(refusal(written({{"data", name}})), "");
  const Experiment part = embedding_part();
  const auto said = [&](std::map<std::string, std::string> about) {
    return require_unseen(VectorFiles().read(written(std::move(about))), "file:two", part);
  };
  EXPECT_NE(said({}).find("not known"), std::string::npos);
  EXPECT_NE(said({{"data", "ml-20m"}, {"ratings_sha256", other}}).find("ratings of ml-20m"), std::string::npos);
  EXPECT_EQ(said({{"data", name}, {"ratings_sha256", ratings_sha256(part)}}), "");
}

TEST_F(VectorFile, WithoutAnItemOfTheDataIsAnError) {
  std::ofstream(folder_ / "other.txt") << "1 2\ntt0114709 1 2\n";
  const Ended ended = judged("file:" + (folder_ / "other.txt").string());
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.err.find("none of its 1 items is in the data"), std::string::npos) << ended.err;
  EXPECT_EQ(judged("file:" + (folder_ / "none.txt").string()).code, 3);
}

TEST_F(VectorFile, ThatChangesIsJudgedAgain) {
  const std::string source = "file:" + stranger().string();
  ASSERT_EQ(judged(source).code, 0);
  ASSERT_EQ(judged(source).code, 0);
  EXPECT_EQ(records().size(), 1U);
  std::ofstream(folder_ / "stranger.txt") << "2 1\n1 1\n2 -1\n";
  ASSERT_EQ(judged(source).code, 0);
  EXPECT_EQ(records().size(), 2U);
}

/// Tokens are letters and blanks, their vectors one-hot.
fs::path letters(const fs::path& folder) {
  nlohmann::json vocabulary;
  std::int32_t tokens = 0;
  vocabulary["<unk>"] = tokens++;
  for (char c = 'a'; c <= 'z'; ++c) vocabulary[std::string(1, c)] = tokens++;
  for (char c = 'A'; c <= 'Z'; ++c) vocabulary[std::string(1, c)] = tokens++;
  const nlohmann::json json = {{"normalizer", nullptr},
                               {"pre_tokenizer", nullptr},
                               {"added_tokens", nlohmann::json::array()},
                               {"model",
                                {{"type", "BPE"},
                                 {"unk_token", "<unk>"},
                                 {"fuse_unk", true},
                                 {"byte_fallback", false},
                                 {"vocab", vocabulary},
                                 {"merges", nlohmann::json::array()}}}};
  std::ofstream(folder / "tokenizer.json") << json;
  std::vector<float> values(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(tokens), 0.0F);
  for (std::int32_t t = 0; t < tokens; ++t)
    values[static_cast<std::size_t>(t) * (static_cast<std::size_t>(tokens) + 1)] = 1;
  fs::path path = folder / "letters.safetensors";
  write_tensors(path, {},
                {{"embedding.weight",
                  "F32",
                  {tokens, tokens},
                  {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}}});
  return path;
}

TEST_F(VectorFile, OfTokensMakesVectorsOfTexts) {
  const fs::path file = letters(folder_.path());
  Experiment experiment = embedding_part();
  std::map<std::int64_t, const Movie*> movies;
  for (const Movie& movie : experiment.dataset.catalogue.movies) movies[movie.id] = &movie;
  const EntityVectors genres = text_source(experiment, file, ItemText::genres, threads_);
  ASSERT_EQ(genres.rows.rows(), experiment.dataset.ratings.item_count());
  for (std::int64_t a = 0; a < 20; ++a) {
    const Movie& movie = *movies.at(experiment.dataset.ratings.item_ids[static_cast<std::size_t>(a)]);
    std::int64_t count = 0;
    std::map<char, int> uses;
    std::string text;
    for (const std::string& genre : movie.genres) text += (text.empty() ? "" : ", ") + genre;
    bool unknown = false;  // of several in a row one token is made
    for (const char c : text) {
      const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
      if (letter || !unknown) ++count;
      unknown = !letter;
      if (letter) ++uses[c];
    }
    EXPECT_EQ(genres.known[a] != 0, !movie.genres.empty());
    for (char c = 'a'; c <= 'z'; ++c) {
      EXPECT_FLOAT_EQ(genres.rows(a, 1 + c - 'a'), static_cast<float>(uses[c]) / static_cast<float>(count))
          << text << c;
    }
  }
  const EntityVectors titles = text_source(experiment, file, ItemText::titles, threads_);
  EXPECT_EQ(titles.known[0] != 0, !movies.at(experiment.dataset.ratings.item_ids[0])->title.empty());
  experiment.dataset.catalogue = {};
  for (const ItemText text : {ItemText::titles, ItemText::genres, ItemText::tags}) {
    EXPECT_THROW(text_source(experiment, file, text, threads_), Unsupported) << to_text(text);
  }
}

TEST_F(VectorFile, OfTagTextsWeighsThemAsTheTagsAre) {
  const fs::path file = letters(folder_.path());
  Experiment experiment = embedding_part();
  const std::vector<std::int64_t>& ids = experiment.dataset.ratings.item_ids;
  std::vector<TagUse>& uses = experiment.dataset.catalogue.tags;
  uses.clear();
  for (std::int64_t user = -5; user < 0; ++user) {
    for (const std::size_t item : {0U, 1U}) uses.push_back({-1, ids[item], "ab", {}, false});
    for (const std::size_t item : {1U, 2U}) uses.push_back({-1, ids[item], "cc", {}, false});
  }
  const EntityVectors tags = text_source(experiment, file, ItemText::tags, threads_);
  EXPECT_FLOAT_EQ(tags.rows(0, 1), 0.5F) << "a, of ab";
  EXPECT_FLOAT_EQ(tags.rows(1, 1), 0.25F) << "half of what item 1 is called";
  EXPECT_FLOAT_EQ(tags.rows(2, 3), 1.0F) << "c";
  EXPECT_EQ(tags.known[3], 0);
}

TEST_F(VectorFile, IsNamedByItsPath) {
  const std::vector<SourceSpec> specs =
      parse_sources("file:a/b.npy,text:w.safetensors,text:d/w.safetensors/tags,shuffled:file:a/b.npy,text:genres");
  ASSERT_EQ(specs.size(), 5U);
  EXPECT_EQ(specs[0].text, "file:a/b.npy");
  EXPECT_EQ(specs[1].text, "text:w.safetensors/titles");
  EXPECT_EQ(specs[2].text, "text:d/w.safetensors/tags");
  EXPECT_EQ(specs[2].path, "d/w.safetensors");
  EXPECT_EQ(specs[2].item_text, ItemText::tags);
  EXPECT_EQ(specs[3].of->path, "a/b.npy");
  EXPECT_EQ(specs[4].path, "genres") << "a file of that name";
  for (const char* wrong : {"file:", "file", "text:", "oracle:file:x"}) {
    EXPECT_THROW(parse_sources(wrong), UsageError) << wrong;
  }
}

}  // namespace
}  // namespace embrace::judge
