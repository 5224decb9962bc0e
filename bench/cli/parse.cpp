// The command line as interface: verbs, flags, help. The only file that includes CLI11 (it takes 20 s to compile).
#include "bench/cli/parse.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <type_traits>

#include "bench/cli/arguments.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

constexpr const char* overview =
    "embrace: which embedding method, fed with which information, recommends best, and what does it cost?";

using Work = std::function<int()>;

/// When `app` is the verb that was parsed, `work` becomes `verb` with these arguments.
template <class Arguments>
void does(CLI::App& app, int (*verb)(const Arguments&), const std::shared_ptr<Arguments>& arguments, Work& work) {
  app.callback([=, &work] { work = [=] { return verb(*arguments); }; });
}

/// More threads than any machine has processors only wait for each other.
void add_threads(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "threads (default: all processors)")->check(CLI::Range(0, 1024));
}

void add_data_flags(CLI::App& app, DataArguments& data) {
  app.add_option("--on-bad-row", data.on_bad_row, "error, or skip:N to leave out up to N bad rows and list them")
      ->capture_default_str();
  app.add_option("--duplicates", data.duplicates,
                 "for a pair of user and item that occurs again: error, first, last or mean")
      ->capture_default_str();
  app.add_option("--cache", data.cache, "folder of the prepared cache (default: $XDG_CACHE_HOME/embrace)");
  add_threads(app, data.threads);
}

void add_tags_from(CLI::App& app, DataArguments& data) {
  app.add_option("--tags-from", data.tags_from, "folder of another data set whose tags are transferred to this one");
}

/// An option that may be given several times, one value each; commas separate values inside one.
void add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& text,
              bool required) {
  CLI::Option* option = app.add_option(name, values, text)->allow_extra_args(false);
  if (required) option->required();
}

void add_training_flags(CLI::App& app, TrainingArguments& training) {
  app.add_option("-d,--data", training.data.data, "folder or file of ratings, or synth, synth:USERSxITEMSxRATINGS")
      ->required();
  app.add_option("--split", training.split, "kfold:K, holdout:SHARE, official:NAME ...; see embrace list splits")
      ->capture_default_str();
  app.add_option("--split-seed", training.split_seed, "seed of random splits")->capture_default_str();
  app.add_option("--folds", training.folds, "only these folds, from 0: 0,2");
  add_list(app, "-m,--method,--methods", training.methods, "names or globs, comma-separated; a leading ! excludes; all",
           true);
  add_list(app, "-i,--information", training.information,
           "ratings (default), +user+movie, all ...; see embrace list information", false);
  app.add_option("--task", training.task, "rating or ranking (default: rating; ranking for official:ncf)");
  app.add_option("--positive", training.positive, "rankings: first reduce the data to ratings of at least this");
  app.add_option("--candidates", training.candidates,
                 "rankings: all items, or cold ones (without a training rating) among themselves")
      ->capture_default_str();
  app.add_option("--at", training.at, "rankings: cut-offs K, comma-separated (default: 10,20)");
  add_list(app, "--set", training.settings,
           "a hyper-parameter: NAME=VALUE or METHOD.NAME=VALUE; run: NAME=16,32,64 tries each", false);
  app.add_option("--timeout", training.timeout, "seconds of training a run may take (default: no limit)")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--force", training.force, "repeat runs that have a record already");
  app.add_flag("-q,--quiet", training.quiet, "no progress");
  app.add_option("-o,--output", training.output, "folder for the records")->required();
  add_data_flags(app, training.data);
  add_tags_from(app, training.data);
}

void add_run(CLI::App& top, const std::string& command, Work& work) {
  const auto arguments = std::make_shared<RunArguments>();
  RunArguments& run = *arguments;
  run.command = command;
  CLI::App& app = *top.add_subcommand("run", "train and measure: method x information x split x seed x device");
  add_training_flags(app, run);
  app.add_option("--device,--devices", run.device, "cpu, cuda:N or all")->capture_default_str();
  app.add_option("--seeds", run.seeds, "runs with seeds 1 ... N")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--settings", run.settings_file, "the settings.json of embrace tune, in place of --set");
  app.add_flag("--keep-answers", run.keep_answers, "write each run's predictions or rankings beside its record");
  app.add_flag("--keep-embeddings", run.keep_embeddings, "write each run's vectors beside its record (safetensors)");
  does(app, cli::run, arguments, work);
  app.footer(
      "Examples:\n"
      "  embrace run -d synth --split kfold:5 -m all -i ratings,all -o results/local\n"
      "  embrace run -d ml-100k --split official:u1 -m bias,als,sgd -i ratings -o out\n"
      "  embrace run -d ml-1m --task ranking --positive 4 --split holdout:0.2 -m ials,popularity --at 10,100 -o out");
}

void add_tune(CLI::App& top, const std::string& command, Work& work) {
  const auto arguments = std::make_shared<TuneArguments>();
  TuneArguments& tune = *arguments;
  tune.command = command;
  CLI::App& app = *top.add_subcommand("tune", "choose settings on validation parts of the training data");
  add_training_flags(app, tune);
  app.add_option("--device", tune.device, "cpu or cuda:N")->capture_default_str();
  app.add_option("--trials", tune.trials, "settings that are tried of each method")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  add_list(app, "--range", tune.ranges, "where to look: METHOD.NAME=LOW:HIGH in place of the method's own range",
           false);
  app.add_option("--seed", tune.seed, "seed of the search")->capture_default_str();
  does(app, cli::tune, arguments, work);
  app.footer(
      "Example:\n"
      "  embrace tune -d ml-100k --split official:u1 -m als,sgd -i ratings -o tuned\n"
      "  embrace run -d ml-100k --split official:u1 -m als,sgd -i ratings --settings tuned/settings.json -o out");
}

void add_study(CLI::App& top, const std::string& command, Work& work) {
  const auto arguments = std::make_shared<StudyArguments>();
  StudyArguments& study = *arguments;
  study.command = command;
  CLI::App& app =
      *top.add_subcommand("study", "which embedding, fed with what: every table, and the answer in sentences");
  app.add_option("-d,--data", study.data.data, "folder or file of ratings, or synth, synth:USERSxITEMSxRATINGS")
      ->required();
  app.add_flag("--quick", study.quick, "minutes rather than an hour: one division, one seed, two draws");
  app.add_option("--device", study.device, "cpu or cuda:N")->capture_default_str();
  app.add_flag("-q,--quiet", study.quiet, "no progress");
  app.add_option("-o,--output", study.output, "folder for records, tables and the answer")->required();
  add_data_flags(app, study.data);
  add_tags_from(app, study.data);
  does(app, cli::study, arguments, work);
  app.footer(
      "Example:\n"
      "  embrace study -d ml-100k --quick -o answer      # then read answer/study.md\n"
      "The same command goes on where it was stopped.");
}

void add_judge(CLI::App& top, const std::string& command, Work& work) {
  const auto arguments = std::make_shared<JudgeArguments>();
  JudgeArguments& judge = *arguments;
  judge.command = command;
  CLI::App& app = *top.add_subcommand("judge", "give the vectors of sources to the same recommenders, and compare");
  app.add_option("-d,--data", judge.data.data, "folder or file of ratings, or synth, synth:USERSxITEMSxRATINGS")
      ->required();
  app.add_option("--split", judge.split, "see embrace list splits")->capture_default_str();
  app.add_option("--split-seed", judge.split_seed, "seed of random splits")->capture_default_str();
  app.add_option("--folds", judge.folds, "only these folds, from 0: 0,2");
  app.add_option("-s,--sources", judge.sources,
                 "comma-separated: als,hybrid/+movie,+genres,file:PATH,zero; see list sources")
      ->required();
  app.add_option("-j,--judges", judge.judges, "comma-separated; see embrace list judges")->capture_default_str();
  app.add_option("--mode", judge.mode, "users made of item vectors (items), or the source's own users (native)")
      ->capture_default_str();
  app.add_option("--widths", judge.widths, "numbers of a vector, comma-separated")->capture_default_str();
  app.add_option("--task", judge.task, "rating or ranking (default: rating; ranking for official:ncf)");
  app.add_option("--positive", judge.positive, "rankings: first reduce the data to ratings of at least this");
  app.add_option("--at", judge.at, "rankings: cut-offs K, comma-separated (default: 10,20)");
  app.add_option("--draws", judge.draws, "divisions of the training ratings into parts, 1 ... N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--seeds", judge.seeds, "seeds of the judges, 1 ... N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--device", judge.device, "cpu or cuda:N: where sources and frozen networks are trained")
      ->capture_default_str();
  add_list(app, "--set", judge.settings, "a hyper-parameter of a source: NAME=VALUE or METHOD.NAME=VALUE", false);
  app.add_flag("--force", judge.force, "repeat runs that have a record already");
  app.add_flag("-q,--quiet", judge.quiet, "no progress");
  app.add_option("-o,--output", judge.output, "folder for the records")->required();
  add_data_flags(app, judge.data);
  add_tags_from(app, judge.data);
  does(app, cli::judge, arguments, work);
  app.footer(
      "Example:\n"
      "  embrace judge -d ml-100k --split official:u1 --sources als,sgd,+genres,random,zero -o out\n"
      "  embrace report out");
}

void add_report(CLI::App& top, Work& work) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App& app = *top.add_subcommand("report", "comparison tables from records; nothing is trained");
  app.add_option("records", arguments->paths, "folders or files of records")->required();
  app.add_option("--format", arguments->format, "terminal, md, csv, json, html or latex")->capture_default_str();
  app.add_option("-o,--output", arguments->output, "write to this file instead of stdout");
  does(app, report, arguments, work);
  app.footer("Examples:\n  embrace report results/local\n  embrace report out --format md -o table.md");
}

void add_compare(CLI::App& top, Work& work) {
  const auto arguments = std::make_shared<CompareArguments>();
  CompareArguments& compare = *arguments;
  CLI::App& app = *top.add_subcommand("compare", "what became better, worse or slower between two folders of records");
  app.add_option("A", compare.a, "folder of records")->required();
  app.add_option("B", compare.b, "folder of records, judged beside A")->required();
  app.add_option("--metric", compare.metric, "only this one: rmse, ndcg@10, train_seconds ... (default: all)");
  app.add_option("--fail-on", compare.fail_on, "end with code 1 when a row of B is worse, slower, or any of them");
  app.add_flag("--json", compare.json, "as JSON");
  does(app, cli::compare, arguments, work);
  app.footer("Example:\n  embrace compare before after --fail-on worse");
}

void add_data(CLI::App& top, Work& work) {
  const auto arguments = std::make_shared<DataVerbArguments>();
  DataVerbArguments& data = *arguments;
  CLI::App& group = *top.add_subcommand("data", "look at, prepare, split or generate data");
  group.require_subcommand(1);
  CLI::App& describe = *group.add_subcommand("describe", "read every line and report what is there");
  describe.add_option("data", data.data.data, "folder, file or built-in name")->required();
  describe.add_flag("--json", data.json, "as JSON");
  CLI::App& prepare = *group.add_subcommand("prepare", "the four metadata steps as tables");
  prepare.add_option("data", data.data.data, "folder, file or built-in name")->required();
  CLI::App& split = *group.add_subcommand("split", "write train.csv and test.csv of each fold");
  split.add_option("data", data.data.data, "folder, file or built-in name")->required();
  split.add_option("--split", data.split, "see embrace list splits")->required();
  split.add_option("--split-seed", data.split_seed, "seed of random splits")->capture_default_str();
  split.add_option("--folds", data.folds, "only these folds, from 0: 0,2");
  split.add_option("--positive", data.positive, "first reduce the data to ratings of at least this");
  CLI::App& synth = *group.add_subcommand("synth", "write synthetic data in the ml-1m layout");
  synth.add_option("--users", data.users, "users")->capture_default_str();
  synth.add_option("--items", data.items, "movies")->capture_default_str();
  synth.add_option("--ratings", data.ratings, "ratings")->capture_default_str();
  synth.add_option("--seed", data.seed, "seed")->capture_default_str();
  add_threads(synth, data.data.threads);
  for (CLI::App* app : {&describe, &prepare, &split}) add_data_flags(*app, data.data);
  for (CLI::App* app : {&describe, &prepare}) add_tags_from(*app, data.data);  // a split has no tags
  for (CLI::App* app : {&prepare, &split, &synth}) app->add_option("-o,--output", data.output, "folder")->required();
  does(describe, data_describe, arguments, work);
  does(prepare, data_prepare, arguments, work);
  does(split, data_split, arguments, work);
  does(synth, data_synth, arguments, work);
}

void add_peers(CLI::App& top, const std::string& command, Work& work) {
  const auto arguments = std::make_shared<PeersArguments>();
  PeersArguments& peers = *arguments;
  peers.command = command;
  CLI::App& group = *top.add_subcommand("peers", "contests with other libraries, on speed at equal accuracy");
  group.require_subcommand(1);
  CLI::App& list = *group.add_subcommand("list", "the libraries, and whether they are installed");
  list.add_flag("--json", peers.json, "as JSON");
  CLI::App& install = *group.add_subcommand("install", "from PyPI into virtual environments of their own");
  install.add_option("names", peers.names, "names or globs, comma-separated")->capture_default_str();
  CLI::App& run = *group.add_subcommand("run", "train ours and theirs in turn, and print the table of ratios");
  run.add_option("-d,--data", peers.sources, "folder or file of ratings, or synth:USERSxITEMSxRATINGS; repeatable")
      ->required()
      ->allow_extra_args(false);
  run.add_option("-c,--contests", peers.names, "contests or peers, names or globs, comma-separated")
      ->capture_default_str();
  run.add_option("--split", peers.split, "how the data are split; the first fold is used")->capture_default_str();
  run.add_option("--split-seed", peers.split_seed, "seed of random splits")->capture_default_str();
  run.add_option("--repetitions", peers.repetitions, "repetitions of each contest, with seeds 1 ... N")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  run.add_option("--factors", peers.factors, "number of factors, in place of those of the contests")
      ->check(CLI::Range(1, 1024));
  run.add_option("--timeout", peers.timeout, "seconds that a run may take; 0 for no limit")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  run.add_option("-o,--output", peers.output, "folder for the records")->required();
  add_data_flags(run, peers.data);
  add_tags_from(run, peers.data);
  for (CLI::App* app : {&list, &install, &run}) {
    app->add_option("--environments", peers.environments,
                    "folder of the virtual environments (default: $XDG_DATA_HOME/embrace/peers)");
  }
  run.add_option("--format", peers.format, "terminal, md, csv, json, html or latex")->capture_default_str();
  does(list, peers_list, arguments, work);
  does(install, peers_install, arguments, work);
  does(run, peers_run, arguments, work);
  group.footer("Example:\n  embrace peers install && embrace peers run -d ml-1m -o out");
}

void add_profile(CLI::App& top, Work& work) {
  const auto arguments = std::make_shared<ProfileArguments>();
  ProfileArguments& profile = *arguments;
  CLI::App& group = *top.add_subcommand("profile", "where an epoch on a CUDA device spends its time");
  group.require_subcommand(1);
  CLI::App& phases = *group.add_subcommand("phases", "the table of its phases, timed by events; needs no profiler");
  CLI::App& nsys = *group.add_subcommand("nsys", "the Nsight Systems command for the same epochs");
  CLI::App& ncu = *group.add_subcommand("ncu", "the Nsight Compute command for their kernels");
  for (CLI::App* app : {&phases, &nsys, &ncu}) {
    app->add_option("-d,--data", profile.data.data, "folder or file of ratings, or synth:USERSxITEMSxRATINGS")
        ->required();
    app->add_option("-m,--method", profile.method, "one method; phases: or several, one after the other")->required();
    app->add_option("-i,--information", profile.information, "what the method is given; see embrace list information")
        ->capture_default_str();
    app->add_option("--split", profile.split, "how the data are split; the first fold is used")->capture_default_str();
    app->add_option("--device", profile.device, "cuda:N")->capture_default_str();
    app->add_option("--task", profile.task, "rating or ranking (default: rating)");
    add_list(*app, "--set", profile.settings,
             "a hyper-parameter: NAME=VALUE or METHOD.NAME=VALUE; phases: NAME=16,32,64 tries each", false);
    app->add_option("--epochs", profile.epochs, "epochs to time, after one that warms up")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    add_data_flags(*app, profile.data);
    add_tags_from(*app, profile.data);
  }
  phases.add_flag("--json", profile.json, "as JSON");
  for (CLI::App* app : {&nsys, &ncu}) {
    app->add_option("-o,--output", profile.output, "the report (default: METHOD-profile)");
    app->add_flag("--run", profile.run, "run the command; without this flag it is only printed");
  }
  ncu.add_option("--phase", profile.phase,
                 "only kernels of this phase, as `phases` names it: the part after the last /");
  ncu.add_option("--kernels", profile.kernels, "number of kernels to profile, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  does(phases, profile_phases, arguments, work);
  does(nsys, profile_nsys, arguments, work);
  does(ncu, profile_ncu, arguments, work);
  group.footer(
      "Examples:\n  embrace profile phases -d ml-1m -m als\n"
      "  embrace profile ncu -d ml-1m -m hybrid --phase 'slot gradients' --run");
}

/// Verbs that look into a file of an embedding.
CLI::App& add_embedding_verb(CLI::App& top, const char* name, const char* text,
                             const std::shared_ptr<EmbeddingArguments>& arguments,
                             int (*verb)(const EmbeddingArguments&), Work& work) {
  CLI::App& app = *top.add_subcommand(name, text);
  app.add_option("file", arguments->file, "a file of vectors: safetensors, .npy with PATH.ids, or word2vec text")
      ->required();
  app.add_option("-d,--data", arguments->data.data, "the data behind it: for titles, and what a user has rated");
  add_data_flags(app, arguments->data);
  does(app, verb, arguments, work);
  return app;
}

void add_embedding_verbs(CLI::App& top, Work& work) {
  const auto exported = std::make_shared<EmbeddingArguments>();
  CLI::App& to_files = add_embedding_verb(top, "export", "vectors for other programs", exported, export_files, work);
  to_files.add_option("--format", exported->format, "npy, csv, word2vec or projector")->required();
  to_files.add_option("-o,--output", exported->output, "folder")->required();
  const auto near = std::make_shared<EmbeddingArguments>();
  CLI::App& neighbors_of =
      add_embedding_verb(top, "neighbors", "the items nearest to an item, by cosine", near, neighbors, work);
  neighbors_of.add_option("item", near->name, "an item: its id, or with -d its title")->required();
  const auto best = std::make_shared<EmbeddingArguments>();
  CLI::App& recommend_to =
      add_embedding_verb(top, "recommend", "the items that score best for a user", best, recommend, work);
  recommend_to.add_option("user", best->name, "id of a user")->required();
  recommend_to.add_flag("--keep-rated", best->keep_rated, "do not leave out what the user has rated in the data");
  for (const auto& [app, arguments] : {std::pair(&neighbors_of, near), std::pair(&recommend_to, best)}) {
    app->add_option("-n,--count", arguments->count, "how many items")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    app->add_flag("--json", arguments->json, "as JSON");
  }
  to_files.footer("Example:\n  embrace export out/ID.safetensors --format projector -d ml-1m -o projector");
  neighbors_of.footer("Example:\n  embrace neighbors out/ID.safetensors 'Toy Story' -d ml-1m");
  recommend_to.footer("Example:\n  embrace recommend out/ID.safetensors 42 -d ml-1m");
}

/// A verb that takes a name at most.
void add_named(CLI::App& top, const char* name, const char* text, const char* argument,
               int (*verb)(const NameArguments&), Work& work) {
  const auto arguments = std::make_shared<NameArguments>();
  CLI::App& app = *top.add_subcommand(name, text);
  if (argument != nullptr) app.add_option("name", arguments->name, argument)->required();
  app.add_flag("--json", arguments->json, "as JSON");
  does(app, verb, arguments, work);
}

void add_verbs(CLI::App& top, const std::string& command, Work& work) {
  add_run(top, command, work);
  add_tune(top, command, work);
  add_judge(top, command, work);
  add_study(top, command, work);
  add_report(top, work);
  add_compare(top, work);
  add_embedding_verbs(top, work);
  add_data(top, work);
  add_peers(top, command, work);
  add_profile(top, work);
  add_named(top, "list", "what there is to choose from",
            "methods, information, sources, judges, metrics, splits, datasets or devices", list, work);
  add_named(top, "describe", "a method, metric or data set in full", "name of a method, metric or data set", describe,
            work);
  add_named(top, "doctor", "what this machine can run, and what to fix", nullptr, doctor, work);
  add_named(top, "validate", "check records against the schema", "folder or file", validate, work);
  add_named(top, "version", "version and build", nullptr, version, work);
}

/// Why the whole of `text` is no number of this type; empty when it is one.
template <typename T>
std::string why_no_number(const std::string& text, const char* what) {
  T number{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return "'" + text + "' is too large a number";
  bool good = error == std::errc() && rest == text.data() + text.size();
  if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(number);
  return good ? "" : "'" + text + "' is not " + what;
}

/// CLI11 itself takes "" for 0, lets -5 and 2^64 wrap around, and knows nan and inf.
void read_numbers_strictly(CLI::App& app) {
  for (CLI::App* verb : app.get_subcommands(nullptr)) read_numbers_strictly(*verb);
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    const auto check = [&](std::string (*why)(const std::string&)) { option->check(CLI::Validator(why, "")); };
    if (type.starts_with("UINT")) {
      check([](const std::string& text) {
        return why_no_number<std::uint64_t>(text, "a whole number that is not negative");
      });
    } else if (type.starts_with("INT")) {
      check([](const std::string& text) { return why_no_number<std::int64_t>(text, "a whole number"); });
    } else if (type.starts_with("FLOAT")) {
      check([](const std::string& text) { return why_no_number<double>(text, "a finite number"); });
    }
  }
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
}

/// The innermost verb that was parsed.
const CLI::App* innermost(const CLI::App* app) {
  const auto parsed = app->get_subcommands();
  return parsed.empty() ? app : innermost(parsed.front());
}

[[noreturn]] void explain(const CLI::App& top, const CLI::ParseError& error, const std::vector<std::string>& words) {
  const CLI::App& app = *innermost(&top);
  const std::string help = "see embrace " + (&app == &top ? "" : app.get_name() + " ") + "--help";
  const auto verbs = names_of(app);
  if (&app != &top && !verbs.empty() && app.remaining(true).empty()) {
    throw UsageError("'" + app.get_name() + "' needs a verb", suggestion("", verbs));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() && option->get_required() && option->count() == 0 && app.remaining(true).empty()) {
      throw UsageError("'" + app.get_name() + "' has no argument", "give " + option->get_description());
    }
  }
  // Words that no option took: an unknown verb or an unknown flag.
  std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) rest = top.remaining(true);
  if (rest.empty() && !verbs.empty() && words.size() == 1 && !words[0].starts_with('-')) rest = words;
  if (!rest.empty()) {
    const std::string& word = rest.front();
    std::vector<std::string> known = verbs;
    if (word.starts_with('-')) {
      known.clear();
      for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
        for (const std::string& name : option->get_snames()) known.push_back("-" + name);
      }
      throw UsageError("unknown option '" + word + "'", suggestion(word, known));
    }
    if (!known.empty()) throw UsageError("unknown verb '" + word + "'", suggestion(word, known));
    throw UsageError("unexpected argument '" + word + "'", help);
  }
  std::string reason = error.what();
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  throw UsageError(reason, help);
}

}  // namespace

std::function<int()> parse(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  std::string command = "embrace";
  for (const std::string& word : words) command += " " + shell_quoted(word);

  CLI::App top(overview, "embrace");
  top.require_subcommand(1);
  top.add_flag("--version")->description("print the version");
  Work work;
  add_verbs(top, command, work);
  read_numbers_strictly(top);
  const auto help = [&] {
    return [text = top.help()] {  // of the innermost verb that was parsed
      fmt::print("{}", text);
      return 0;
    };
  };
  if (words.empty()) return help();
  if (words.size() == 1 && words[0] == "--version") words[0] = "version";
  if (words[0] == "help") {  // embrace help run
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 wants them so
    top.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return help();
  } catch (const CLI::ParseError& error) {
    explain(top, error, words);
  }
  return work;
}

}  // namespace embrace::cli
