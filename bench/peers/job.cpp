#include "bench/peers/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/peers/process.hpp"
#include "bench/run.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/npy.hpp"
#include "host/span.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void write_features(const fs::path& folder, const std::string& side, const Features& features) {
  const Csr& rows = features.rows;
  const auto size = rows.entries();
  write_npy<std::int64_t>(folder / (side + "_features_offsets.npy"), rows.offsets, {rows.rows() + 1});
  write_npy<std::int32_t>(folder / (side + "_features_indices.npy"), rows.indices, {size});
  write_npy<float>(folder / (side + "_features_values.npy"), rows.values, {size});
  const std::int64_t columns[] = {rows.columns};
  write_npy<std::int64_t>(folder / (side + "_features_columns.npy"), columns, {1});
}

std::string job_json(const Job& job, const fs::path& folder) {
  Json settings = Json::object();
  for (const auto& [name, value] : job.settings) {
    if (value == std::floor(value) && std::abs(value) < 1e15) {
      settings[name] = static_cast<std::int64_t>(value);  // 64 rather than 64.0: counts are counts
    } else {
      settings[name] = value;
    }
  }
  const Json text = {{"method", job.method},
                     {"data", (folder / "data").string()},
                     {"output", (folder / "output").string()},
                     {"settings", settings},
                     {"users", job.users},
                     {"items", job.items},
                     {"epochs", job.epochs},
                     {"checkpoints", job.checkpoints},
                     {"threads", job.threads},
                     {"seed", job.seed}};
  return text.dump(1) + "\n";
}

/// Libraries under a peer must not start threads of their own beside the peer's, and choose their kernels themselves.
std::vector<std::pair<std::string, std::string>> job_environment(const Job& job) {
  const std::string threads = std::to_string(job.threads);
  return {{"OPENBLAS_NUM_THREADS", "1"},
          {"MKL_NUM_THREADS", "1"},
          {"OMP_NUM_THREADS", threads},
          {"POLARS_MAX_THREADS", threads},
          {"NUMBA_NUM_THREADS", threads},
          {"OPENBLAS_CORETYPE", ""},
          {"PYTHONPATH", ""},
          {"PYTHONDONTWRITEBYTECODE", "1"},
          {"PYTHONWARNINGS", "ignore"}};
}

double finite_seconds(const Json& value, const char* name) {
  const auto seconds = value.get<double>();
  if (!std::isfinite(seconds) || seconds < 0) throw JobFailed(fmt::format("result.json: {} is {}", name, seconds));
  return seconds;
}

JobResult parse_result(const Json& json, const Job& job) {
  if (json.at("status") == to_text(Status::unsupported)) throw Unsupported(json.at("reason").get<std::string>());
  JobResult result;
  result.package = json.at("package");
  result.build = json.at("build");
  result.libraries = json.at("libraries");
  result.peak_bytes = json.at("peak_bytes");
  result.prepare_seconds = finite_seconds(json.at("prepare_seconds"), "prepare_seconds");
  for (const Json& seconds : json.at("epoch_seconds")) {
    result.epoch_seconds.push_back(finite_seconds(seconds, "epoch_seconds"));
  }
  for (const Json& checkpoint : json.at("checkpoints")) {
    result.checkpoints.push_back({checkpoint.at("epochs").get<int>(),
                                  finite_seconds(checkpoint.at("seconds"), "seconds"),
                                  checkpoint.at("offset").get<float>()});
  }
  std::vector<int> handed;
  for (const auto& checkpoint : result.checkpoints) handed.push_back(checkpoint.epochs);
  if (handed != job.checkpoints) {
    throw JobFailed(fmt::format("result.json: {} checkpoints, {} were asked for, or other ones", handed.size(),
                                job.checkpoints.size()));
  }
  if (result.epoch_seconds.size() != static_cast<std::size_t>(job.epochs)) {
    throw JobFailed(
        fmt::format("result.json: times of {} epochs, {} were asked for", result.epoch_seconds.size(), job.epochs));
  }
  return result;
}

class PeerModel final : public EmbeddingTrainer {
 public:
  PeerModel(Threads& threads, std::vector<float> predictions)
      : EmbeddingTrainer(threads), predictions_(std::move(predictions)) {}
  PeerModel(Threads& threads, float offset) : EmbeddingTrainer(threads), offset_(offset) {}

  EpochResult epoch() override { throw std::logic_error("a peer's model is not trained here"); }
  void predict(const PairsView&, Span<float> out) const override {
    std::copy(predictions_.begin(), predictions_.end(), out.begin());
  }
  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{view(users), view(items), user_bias, item_bias, offset_};
  }

  NpyArray<float> users, items;
  std::vector<float> user_bias, item_bias;

 private:
  static ConstMatrixView view(const NpyArray<float>& array) {
    return {array.values.data(), array.shape.at(0), array.shape.at(1), array.shape.at(1)};
  }
  std::vector<float> predictions_;
  float offset_ = 0;
};

/// Array `name` of a checkpoint, of the expected first extent and of so many extents.
NpyArray<float> load_array(const fs::path& folder, int epochs, const std::string& name, std::int64_t rows,
                           std::size_t extents) {
  const std::string file = fmt::format("{}-{}.npy", epochs, name);
  NpyArray<float> array;
  try {
    array = read_npy<float>(folder / "output" / file);
  } catch (const std::runtime_error& error) {
    throw JobFailed(error.what());
  }
  if (array.shape.size() != extents || array.shape[0] != rows) {
    throw JobFailed(fmt::format("{} has the shape ({}), not {} rows", file, fmt::join(array.shape, ", "), rows));
  }
  if (!std::all_of(array.values.begin(), array.values.end(), [](float x) { return std::isfinite(x); })) {
    throw Diverged(file + " holds a value that is not finite");
  }
  return array;
}

}  // namespace

void write_job_data(const fs::path& folder, const FoldData& data, const FeatureSet& features, Task task) {
  fs::create_directories(folder);
  const Csr& ratings = data.ratings;
  std::vector<std::int32_t> users;
  users.reserve(static_cast<std::size_t>(ratings.entries()));
  for (std::int64_t u = 0; u < ratings.rows(); ++u) {
    users.insert(users.end(), static_cast<std::size_t>(ratings.view().row_size(u)), static_cast<std::int32_t>(u));
  }
  write_npy<std::int32_t>(folder / "train_users.npy", users, {ratings.entries()});
  write_npy<std::int32_t>(folder / "train_items.npy", ratings.indices, {ratings.entries()});
  write_npy<float>(folder / "train_values.npy", ratings.values, {ratings.entries()});
  if (task == Task::rating) {
    const auto pairs = static_cast<std::int64_t>(data.test_users.size());
    write_npy<std::int32_t>(folder / "test_users.npy", data.test_users, {pairs});
    write_npy<std::int32_t>(folder / "test_items.npy", data.test_items, {pairs});
  }
  if (features.user) write_features(folder, "user", *features.user);
  if (features.item) write_features(folder, "item", *features.item);
}

JobResult run_job(const std::vector<std::string>& program, const Job& job, const fs::path& folder) {
  fs::remove_all(folder / "output");
  fs::create_directories(folder / "output");
  write_atomically(folder / "job.json", job_json(job, folder));
  Command command{program, job_environment(job), folder / "log", job.timeout_seconds};
  command.words.push_back((folder / "job.json").string());
  const Ended ended = run_command(command);
  if (ended.timed_out) throw Timeout(fmt::format("over {} s", job.timeout_seconds));
  if (ended.code != 0) throw JobFailed(fmt::format("exit code {}: {}", ended.code, ended.last_words));
  const fs::path file = folder / "output" / "result.json";
  if (!fs::exists(file)) throw JobFailed("it ended without result.json");
  try {
    return parse_result(Json::parse(read_file(file)), job);
  } catch (const Json::exception& error) {
    throw JobFailed(std::string("result.json: ") + error.what());
  }
}

std::unique_ptr<Trainer> load_model(const Job& job, const JobResult::Checkpoint& checkpoint, const fs::path& folder,
                                    Threads& threads) {
  if (job.task == Task::rating) {
    return std::make_unique<PeerModel>(threads,
                                       load_array(folder, checkpoint.epochs, "predictions", job.test_pairs, 1).values);
  }
  auto model = std::make_unique<PeerModel>(threads, checkpoint.offset);
  model->users = load_array(folder, checkpoint.epochs, "users", job.users, 2);
  model->items = load_array(folder, checkpoint.epochs, "items", job.items, 2);
  if (model->users.shape[1] != model->items.shape[1]) throw JobFailed("users and items differ in their factors");
  const auto bias = [&](const std::string& name, std::int64_t rows) {
    const bool there = fs::exists(folder / "output" / fmt::format("{}-{}.npy", checkpoint.epochs, name));
    return there ? load_array(folder, checkpoint.epochs, name, rows, 1).values : std::vector<float>{};
  };
  model->user_bias = bias("user_bias", job.users);
  model->item_bias = bias("item_bias", job.items);
  return model;
}

}  // namespace embrace::peers
