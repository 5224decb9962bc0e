#include "bench/peers/contest.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::peers {
namespace {

/// Ratings of at least 4, all of them ones: a race to NDCG@10.
Contest ranking(const std::string& name, const std::string& peer, Side ours, Side theirs, std::vector<Goal> goals) {
  return {.name = name,
          .peer = peer,
          .task = Task::ranking,
          .positive = 4,
          .metric = "ndcg@10",
          .ours = std::move(ours),
          .theirs = std::move(theirs),
          .goals = std::move(goals)};
}

/// Others minimise, a pair with a rating weighing c (Hu, Koren, Volinsky 2008, equation 3),
///   Σ_rated c (1 - p·q)² + Σ_others (p·q)² + λ (|P|² + |Q|²).
/// `ials` has the same minimum for alpha = 1 / (c - 1), nu = 0 and λ / c, with vectors shorter by sqrt((c - 1) / c),
/// which changes no ranking: with x = p·q its loss is
///   Σ_rated (1 - x)² + alpha Σ_all x² + (λ / c) (|P|² + |Q|²),
/// which for x = z (c - 1) / c is a constant plus (c - 1) / c² times the sum above over z.
Contest alternating(const std::string& name, const std::string& peer, const std::string& method, double gradient_steps,
                    double bar) {
  constexpr double c = 10, regularization = 10;
  return ranking(name, peer,
                 {"ials",
                  {{"factors", 64},
                   {"epochs", 10},
                   {"alpha", 1 / (c - 1)},
                   {"regularization", regularization / c},
                   {"nu", 0},
                   {"cg_steps", gradient_steps}}},
                 {method, {{"factors", 64}, {"epochs", 15}, {"alpha", c}, {"regularization", regularization}}},
                 {{Measure::target, bar}, {Measure::rate, 0}});
}

/// BPR of `hybrid` against one that learns from sample to sample.
Contest pairwise(const std::string& name, const std::string& peer, Side theirs, std::vector<Goal> goals) {
  // Chosen on a part of ML-1M's training ratings, see docs/peers.md.
  const Settings ours = {{"factors", 64}, {"epochs", 10}, {"batch", 32768}, {"learning_rate", 0.2}};
  Contest contest = ranking(name, peer, {"hybrid", ours}, std::move(theirs), std::move(goals));
  contest.unlike = peer +
                   " takes a step after each sample and draws its negatives by popularity, hybrid a step after "
                   "32,768 samples, their negatives drawn evenly";
  return contest;
}

Contest lightfm(const std::string& name, const std::string& information, double bar) {
  Contest contest = pairwise("lightfm-" + name, "lightfm",
                             {"lightfm-bpr", {{"factors", 64}, {"epochs", 10}, {"learning_rate", 0.05}}},
                             {{Measure::rate, bar}, {Measure::target, 0}});
  contest.information = information;
  return contest;
}

Contest operation(const std::string& peer, const std::string& work, double bar) {
  return {.name = peer + "-" + work,
          .peer = peer,
          .ours = {work, {{"epochs", 3}}},
          .theirs = {peer + "-" + work, {{"epochs", 3}}},
          .goals = {{Measure::operation, bar}}};
}

/// Explicit ratings, RMSE: time to the accuracy of both.
Contest rating(const std::string& name, const std::string& peer, Side ours, Side theirs, std::vector<Goal> goals) {
  return {.name = name,
          .peer = peer,
          .metric = "rmse",
          .ours = std::move(ours),
          .theirs = std::move(theirs),
          .goals = std::move(goals)};
}

Contest of_two_algorithms(Contest contest, const std::string& unlike) {
  contest.unlike = unlike;
  return contest;
}

/// Of a peer that cannot be looked at before its training ends.
Contest at_the_end(Contest contest) {
  contest.stepwise = false;
  return contest;
}

Settings with(Settings settings, const std::string& name, double value) {
  for (auto& setting : settings) {
    if (setting.first == name) setting.second = value;
  }
  return settings;
}

std::vector<Contest> make_contests() {
  std::vector<Contest> all;
  // Chosen likewise.
  const Settings sgd = {{"factors", 128},         {"epochs", 5}, {"learning_rate", 0.07},
                        {"regularization", 0.03}, {"nu", 1},     {"spread", 0.2}};
  Contest libmf = rating(
      "libmf-sgd", "libmf", {"sgd", sgd},
      {"libmf-sgd", {{"factors", 128}, {"epochs", 9}, {"regularization", 0.05}, {"learning_rate", 0.1}, {"bins", 26}}},
      {{Measure::rate, 2.5}, {Measure::target, 2}});
  libmf.targets = {{"ml-1m", 0.845}};
  libmf.unlike = "LIBMF has no biases and a step for each row that shrinks as the row learns";
  all.push_back(libmf);
  all.push_back(alternating("implicit-cholesky", "implicit", "implicit-als-cholesky", 0, 5));
  all.push_back(alternating("implicit-cg", "implicit", "implicit-als-cg", 3, 2.5));
  all.push_back(lightfm("ids", "ratings", 8));
  all.push_back(lightfm("metadata", "+user+movie", 10));
  all.push_back(operation("duckdb", "aggregate", 15));
  all.push_back(operation("duckdb", "csr", 10));
  all.push_back(operation("polars", "prepare", 3));
  // Without an aim: what else a user might have picked.
  all.push_back(
      pairwise("implicit-bpr", "implicit",
               {"implicit-bpr", {{"factors", 64}, {"epochs", 30}, {"learning_rate", 0.05}, {"regularization", 0.01}}},
               {{Measure::rate, 0}, {Measure::target, 0}}));
  all.push_back(at_the_end(
      rating("surprise-svd", "surprise", {"sgd", with(sgd, "factors", 100)},
             {"surprise-svd", {{"factors", 100}, {"epochs", 20}, {"regularization", 0.02}, {"learning_rate", 0.005}}},
             {{Measure::rate, 0}, {Measure::target, 0}})));
  all.push_back(at_the_end(
      rating("cornac-mf", "cornac", {"sgd", with(sgd, "factors", 64)},
             {"cornac-mf", {{"factors", 64}, {"epochs", 20}, {"regularization", 0.02}, {"learning_rate", 0.01}}},
             {{Measure::rate, 0}, {Measure::target, 0}})));
  all.push_back(of_two_algorithms(rating("lenskit-als", "lenskit", {"als", {{"factors", 64}, {"epochs", 15}}},
                                         {"lenskit-als", {{"factors", 64}, {"epochs", 15}, {"regularization", 0.1}}},
                                         {{Measure::rate, 0}, {Measure::target, 0}}),
                                  "LensKit improves a row factor by factor, als solves for all of them"));
  all.push_back(alternating("lenskit-implicit", "lenskit", "lenskit-implicit", 0, 0));
  const Side myfm = {"myfm-gibbs", {{"factors", 32}, {"epochs", 100}}};
  all.push_back(of_two_algorithms(
      rating("myfm-gibbs", "myfm", {"als", {{"factors", 32}, {"epochs", 15}}}, myfm, {{Measure::target, 0}}),
      "myFM takes the mean over samples of a posterior, als solves for one answer"));
  // The same model and sampler, as many samples, a tenth of them burn-in.
  all.push_back(rating("myfm-bayes", "myfm", {"bayes", {{"factors", 32}, {"epochs", 100}, {"burn_in", 10}}}, myfm,
                       {{Measure::rate, 3}, {Measure::target, 3}}));
  return all;
}

}  // namespace

const char* measure_name(Measure measure) {
  switch (measure) {
    case Measure::rate:
      return "rate";
    case Measure::target:
      return "time to accuracy";
    case Measure::operation:
      return "time";
    case Measure::baseline:
      return "baseline";
  }
  return "";
}

const std::vector<Contest>& all_contests() {
  static const std::vector<Contest> all = make_contests();
  return all;
}

const Contest* find_contest(const std::string& name) {
  const auto& all = all_contests();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Contest& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<const Contest*> select_contests(const std::string& text) {
  std::vector<const Contest*> chosen;
  std::vector<std::string> known;
  for (const Contest& contest : all_contests()) known.push_back(contest.name);
  for (const std::string& part : split_text(text, ',')) {
    bool any = false;
    for (const Contest& contest : all_contests()) {
      if (part != "all" && !glob_match(part, contest.name) && !glob_match(part, contest.peer)) continue;
      any = true;
      if (std::find(chosen.begin(), chosen.end(), &contest) == chosen.end()) chosen.push_back(&contest);
    }
    if (!any) throw UsageError("there is no contest '" + part + "'", suggestion(part, known));
  }
  return chosen;
}

double setting(const Side& side, const std::string& name) {
  for (const auto& [key, value] : side.settings) {
    if (key == name) return value;
  }
  throw std::out_of_range(side.method + " has no setting " + name);
}

Contest with_factors(const Contest& contest, int factors) {
  Contest changed = contest;
  for (Side* side : {&changed.ours, &changed.theirs}) {
    for (auto& [name, value] : side->settings) {
      if (name == "factors") value = factors;
    }
  }
  return changed;
}

}  // namespace embrace::peers
