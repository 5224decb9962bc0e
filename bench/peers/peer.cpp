#include "bench/peers/peer.hpp"

#include <algorithm>

#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::peers {
namespace {

using Names = std::vector<std::string>;

/// What the adapters and builds need, whatever the peer.
Names with_common(Names wheels) {
  wheels.insert(wheels.end(), {"numpy", "setuptools", "threadpoolctl", "wheel"});
  return wheels;
}

/// A package that PyPI has ready-made.
Peer ready_made(const std::string& name, const std::string& package, const std::string& summary, const Names& wheels) {
  return {name, package, "main", summary, with_common(wheels)};
}

std::vector<Peer> make_peers() {
  std::vector<Peer> all;
  all.push_back(ready_made("implicit", "implicit==0.7.3", "implicit feedback: ALS by Cholesky and by CG, BPR",
                           {"implicit", "scipy", "tqdm"}));
  // Built as it comes, LIBMF has no vector code at all. Which of the two variables is read depends on setuptools, and
  // a cached wheel may be of another build.
  const std::string avx = "-DUSEAVX -mavx -O3 -ffast-math -pthread -fopenmp -DUSEOMP";
  all.push_back({"libmf",
                 "libmf==0.9.2",
                 "main",
                 "SGD matrix factorization, AVX build",
                 with_common({}),
                 {"--force-reinstall", "--no-cache-dir", "--no-build-isolation"},
                 {{"CFLAGS", avx}, {"CXXFLAGS", avx}, {"LDFLAGS", "-fopenmp"}}});
  // Its setup.py knows neither later setuptools nor build isolation.
  all.push_back({"lightfm",
                 "lightfm==1.17",
                 "main",
                 "sums of feature embeddings: BPR, WARP",
                 with_common({"certifi", "charset-normalizer", "cloudpickle", "cython", "idna", "joblib", "narwhals",
                              "requests", "scikit-learn", "scipy", "urllib3"}),
                 {"--force-reinstall", "--no-cache-dir", "--no-build-isolation", "--no-use-pep517"}});
  all.push_back(ready_made("myfm", "myfm==0.4.0", "Bayesian factorization machine by Gibbs sampling",
                           {"myfm", "pandas", "python-dateutil", "scipy", "tqdm", "typing-extensions", "tzdata"}));
  all.push_back(
      ready_made("surprise", "scikit-surprise==1.1.5", "SGD matrix factorization with biases",
                 // pandas hands it the ratings
                 {"cloudpickle", "joblib", "pandas", "python-dateutil", "scikit-surprise", "scipy", "tzdata"}));
  all.push_back(
      ready_made("cornac", "cornac==3.0.1", "SGD matrix factorization with biases, parallel",
                 {"contourpy", "cornac", "cycler", "fonttools", "kiwisolver", "matplotlib", "mpmath", "packaging",
                  "pillow", "powerlaw", "pyparsing", "python-dateutil", "scipy", "tqdm", "tzdata"}));
  all.push_back(ready_made("duckdb", "duckdb==2.0.0", "aggregates and sorting in SQL", {"duckdb"}));
  all.push_back(
      ready_made("polars", "polars==2.1.0", "data frames: reading and preparing CSV", {"polars", "polars-runtime-32"}));
  // Its last release without PyTorch, which would come with all of CUDA; it wants another NumPy than the rest.
  all.push_back(ready_made("lenskit", "lenskit==0.14.4", "ALS: explicit with biases, implicit",
                           {"anyconfig", "binpickle", "cffi", "csr", "lenskit", "llvmlite", "msgpack", "numba",
                            "pandas", "psutil", "pycparser", "python-dateutil", "scipy", "seedbank", "tzdata"}));
  all.back().environment = "lenskit";
  return all;
}

}  // namespace

const std::vector<Peer>& all_peers() {
  static const std::vector<Peer> all = make_peers();
  return all;
}

const Peer* find_peer(std::string_view name) {
  const auto& all = all_peers();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Peer& peer) { return peer.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<const Peer*> select_peers(const std::string& text) {
  std::vector<const Peer*> chosen;
  std::vector<std::string> known;
  for (const Peer& peer : all_peers()) known.push_back(peer.name);
  for (const std::string& part : split_text(text, ',')) {
    bool any = false;
    for (const Peer& peer : all_peers()) {
      if (part != "all" && !glob_match(part, peer.name)) continue;
      any = true;
      if (std::find(chosen.begin(), chosen.end(), &peer) == chosen.end()) chosen.push_back(&peer);
    }
    if (!any) throw UsageError("there is no peer '" + part + "'", suggestion(part, known));
  }
  return chosen;
}

}  // namespace embrace::peers
