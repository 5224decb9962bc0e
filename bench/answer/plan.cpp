#include "bench/answer/plan.hpp"

#include <algorithm>
#include <functional>

#include "bench/selection.hpp"
#include "host/data/split/split_name.hpp"
#include "host/methods/registry.hpp"

namespace embrace::answer {
namespace {

/// Beyond so many ratings a study would take a night: one division stands for five, one seed (two of methods that
/// predict ratings of known movies) and one draw of the judges' parts for five, the whole of the metadata for its parts
/// in rankings, and no table follows time.
constexpr std::int64_t many_ratings = 300000;
constexpr double liked = 4;  // a movie on a scale of five stars

/// What the data have beside ratings.
struct Contents {
  bool users = false, movies = false, tags = false, times = false, five_stars = false, many = false;
};

Contents contents_of(const Dataset& dataset) {
  const Catalogue& catalogue = dataset.catalogue;
  const Ratings& ratings = dataset.ratings;
  Contents contents;
  contents.users = std::any_of(catalogue.users.begin(), catalogue.users.end(), [](const UserProfile& user) {
    return user.age.has_value() || !user.gender.empty() || !user.occupation.empty() || !user.zip.empty();
  });
  contents.movies = std::any_of(catalogue.movies.begin(), catalogue.movies.end(),
                                [](const Movie& movie) { return movie.year.has_value() || !movie.genres.empty(); });
  contents.tags = !catalogue.tags.empty();
  contents.times = !ratings.times.empty();
  contents.five_stars = ratings.scale.highest == 5;
  contents.many = ratings.size() > many_ratings;
  return contents;
}

using Names = std::vector<std::string>;

std::vector<Information> parsed(const Names& names) {
  std::vector<Information> list;
  for (const std::string& name : names) list.push_back(parse_information(name));
  return list;
}

std::vector<const Method*> methods_where(const std::function<bool(const Method&)>& wanted) {
  std::vector<const Method*> list;
  for (const Method& method : methods()) {
    if (wanted(method)) list.push_back(&method);
  }
  return list;
}

bool does(const Method& method, Task task) {
  return task == Task::rating ? method.info.traits.rating : method.info.traits.ranking;
}

class Plan {
 public:
  Plan(const PlanChoice& choice, const Dataset& dataset) : choice_(choice), contents_(contents_of(dataset)) {}

  std::vector<StudyTable> tables() {
    const Names item_parts = parts(false, true), user_parts = parts(true, false), all_parts = parts(true, true);
    judge("embeddings-warm", Scenario::warm, Task::rating, warm_split(), {"ridge", "mlp", "mlp:end-to-end"});
    if (!item_parts.empty()) {
      judge("embeddings-cold-items", Scenario::cold_items, Task::rating, "cold-items:5", {"ridge", "mlp"});
    }
    if (!few_runs()) judge("embeddings-ranking", Scenario::warm, Task::ranking, "holdout:0.2", {"two-tower"});
    compare("methods-warm", Scenario::warm, Task::rating, warm_split(), all_parts);
    compare("rankings-warm", Scenario::warm, Task::ranking, ranking_split(), all_parts);
    if (!item_parts.empty()) {
      compare("methods-cold-items", Scenario::cold_items, Task::rating, "cold-items:5", item_parts);
    }
    if (!user_parts.empty()) {
      compare("methods-cold-users", Scenario::cold_users, Task::rating, "cold-users:5", user_parts);
    }
    if (contents_.times && !few_runs()) compare("methods-time", Scenario::time, Task::rating, "time:0.2", all_parts);
    return std::move(tables_);
  }

 private:
  bool few_runs() const { return choice_.quick || contents_.many; }
  std::string warm_split() const { return choice_.quick ? "holdout:0.2" : contents_.many ? "holdout:0.1" : "kfold:5"; }
  std::string ranking_split() const { return contents_.times ? "leave-last-out" : "holdout:0.1"; }

  Names parts(bool users, bool items) const {
    Names names;
    if (users && contents_.users) names.emplace_back("+user");
    if (items && contents_.movies) names.emplace_back("+movie");
    if (items && contents_.tags) names.emplace_back("+tags");
    return names;
  }

  DataChoice data(const std::string& split, Task task) const {
    DataChoice data = choice_.data;
    data.split = parse_split(split);
    if (task == Task::ranking && contents_.five_stars) data.positive = liked;
    return data;
  }

  /// All folds where that is five small trainings, else the first.
  std::vector<int> folds(const std::string& split) const {
    return few_runs() && split.find(":5") != std::string::npos ? std::vector<int>{0} : std::vector<int>{};
  }
  /// Of many ratings two where most is asked of small differences: which information adds to ratings of known movies.
  int seeds(const StudyTable& table) const {
    if (!few_runs()) return 5;
    return !choice_.quick && table.scenario == Scenario::warm && table.task == Task::rating ? 2 : 1;
  }

  /// Ratings; each part and their whole, beside the same on the wrong rows; noise in the shape of the whole. Of
  /// ratings, what else the moment and the user's other ratings say, and everything together. Rankings of few runs have
  /// the whole alone.
  Names information(const StudyTable& table, const Names& parts) const {
    Names names = {"ratings"}, all;
    std::string joined;
    for (const std::string& part : parts) joined += part;
    if (!few_runs() || table.task == Task::rating) all = parts;
    if (parts.size() > 1 || all.empty()) all.push_back(joined);
    const bool known = table.scenario == Scenario::warm || table.scenario == Scenario::time;
    if (table.task == Task::rating && known && !choice_.quick) {
      all.emplace_back("+sets");
      if (contents_.times) all.emplace_back("+time");
    }
    for (const std::string& name : all) {
      if (!name.empty()) names.insert(names.end(), {name, "shuffled:" + name});
    }
    if (!parts.empty()) names.push_back("random:" + joined);
    if (table.task == Task::rating) names.insert(names.end(), {"all", "shuffled"});
    return names;
  }

  StudyOptions options(const StudyTable& table, const std::string& split) const {
    StudyOptions options;
    options.data = data(split, table.task);
    options.folds = folds(split);
    options.task = table.task;
    options.output = choice_.output / "records" / table.name;
    options.command = choice_.command;
    options.devices = {choice_.device};
    options.seeds = seeds(table);
    return options;
  }

  void compare(const std::string& name, Scenario scenario, Task task, const std::string& split, const Names& parts) {
    StudyTable table{.name = name, .scenario = scenario, .task = task};
    const auto reads = [](const Method& method) {
      const Traits& traits = method.info.traits;
      return traits.user_features || traits.item_features || traits.context;
    };
    for (const bool reading : {false, true}) {
      StudyOptions run = options(table, split);
      run.methods = methods_where([&](const Method& m) { return does(m, task) && reads(m) == reading; });
      run.information = parsed(reading ? information(table, parts) : Names{"ratings"});
      if (!run.methods.empty()) table.runs.push_back(std::move(run));
    }
    if (scenario == Scenario::warm && !choice_.quick && !choice_.environments.empty()) {
      table.peers = {.data = data(split, task),
                     .folds = folds(split),
                     .task = task,
                     .seeds = seeds(table),
                     .environments = choice_.environments,
                     .output = choice_.output / "records" / name,
                     .command = choice_.command};
    }
    tables_.push_back(std::move(table));
  }

  /// Controls are made of a method of the task.
  std::string sources(Task task) const {
    std::string text = "all";  // every method with vectors, on ratings
    std::string item_parts;
    for (const std::string& part : parts(false, true)) item_parts += part;
    if (!item_parts.empty()) text += ",hybrid/" + item_parts;
    if (contents_.movies) text += ",+genres,+year,+title,+movie";
    if (contents_.tags) text += ",+tags,+tags-ppmi";
    text += ",random,zero,popularity";
    for (const char* control : {"random:", "shuffled:", "shuffled-by-popularity:", "oracle:"}) {
      text += "," + std::string(control) + (task == Task::rating ? "als" : "ials");
    }
    return text;
  }

  void judge(const std::string& name, Scenario scenario, Task task, const std::string& split, const Names& judges) {
    StudyTable table{.name = name, .scenario = scenario, .task = task};
    table.judged = {.data = data(split, task),
                    .folds = {0},
                    .sources = judge::parse_sources(sources(task)),
                    .judges = {},
                    .task = task,
                    .draws = choice_.quick    ? 2
                             : contents_.many ? 1
                                              : 5,
                    .seeds = choice_.quick ? 1 : 3,
                    .device = choice_.device,
                    .output = choice_.output / "records" / name,
                    .command = choice_.command};
    for (const std::string& judge : judges) table.judged->judges.push_back(&judge::find_judge(judge));
    tables_.push_back(std::move(table));
  }

  const PlanChoice& choice_;
  Contents contents_;
  std::vector<StudyTable> tables_;
};

}  // namespace

std::vector<StudyTable> plan_study(const PlanChoice& choice, const Dataset& dataset) {
  return Plan(choice, dataset).tables();
}

}  // namespace embrace::answer
