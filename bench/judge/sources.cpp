#include "bench/judge/sources.hpp"

#include <algorithm>
#include <exception>

#include "bench/experiment.hpp"
#include "bench/judge/block_vectors.hpp"
#include "bench/selection.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace::judge {
namespace {

using Kind = SourceSpec::Kind;

struct Control {
  const char* name;
  Kind kind;
  const char* meaning;
};
constexpr Control controls[] = {
    {"random", Kind::random,
     "control: normal random numbers; random:SOURCE: in its shape, for the items that it knows"},
    {"zero", Kind::zero, "control: no vectors at all, the judge has biases alone"},
    {"popularity", Kind::popularity, "control: one number an item, ln(1 + ratings)"},
    {"shuffled", Kind::shuffled, "control, shuffled:SOURCE: its rows on other items"},
    {"shuffled-by-popularity", Kind::shuffled_by_popularity,
     "control, shuffled-by-popularity:SOURCE: its rows on other items of the same tenth by popularity"},
    {"oracle", Kind::oracle, "control, oracle:METHOD: trained with the test ratings, too; nothing honest is better"},
};

std::vector<std::string> known_names() {
  std::vector<std::string> names{"all"};
  for (const auto& [name, meaning] : source_names()) names.push_back(name);
  return names;
}

[[noreturn]] void unknown(const std::string& text) {
  throw UsageError("there is no source '" + text + "'", suggestion(text, known_names()));
}

SourceSpec parse_source(const std::string& text);

SourceSpec parse_control(const Control& control, const std::string& text, const std::string& of) {
  SourceSpec spec{.text = text, .kind = control.kind};
  const bool needs_source = control.kind >= Kind::shuffled;
  if (control.kind != Kind::random && needs_source == of.empty()) {
    throw UsageError(needs_source ? "source '" + text + "' names no source" : "'" + text + "' is no source",
                     needs_source ? "write " + text + ":als" : std::string("write ") + control.name);
  }
  if (of.empty()) return spec;
  spec.of = std::make_shared<SourceSpec>(parse_source(of));
  if (spec.of->is_control()) throw UsageError("'" + text + "' is a control of a control", "name a source");
  if (control.kind == Kind::oracle && spec.of->kind != Kind::method) {
    throw UsageError("'" + text + "' is trained on nothing", "an oracle needs a method, as in oracle:als");
  }
  spec.text = std::string(control.name) + ":" + spec.of->text;
  return spec;
}

SourceSpec parse_blocks(const std::string& text) {
  SourceSpec spec{.text = "", .kind = Kind::blocks};
  const std::vector<std::string> given = split_text(text.substr(1), '+');
  for (const auto& [name, meaning] : block_names()) {
    if (std::find(given.begin(), given.end(), name) == given.end()) continue;
    spec.blocks.push_back(name);
    spec.text += "+" + name;
  }
  for (const std::string& name : given) {
    if (std::find(spec.blocks.begin(), spec.blocks.end(), name) == spec.blocks.end()) unknown("+" + name);
  }
  return spec;
}

SourceSpec parse_method(const std::string& text) {
  const std::size_t slash = text.find('/');
  const Method* method = find_method(text.substr(0, slash));
  if (method == nullptr) unknown(text.substr(0, slash));
  if (!gives_vectors(*method)) {
    throw UsageError("method '" + method->name + "' has no vectors of items", "see embrace list sources");
  }
  SourceSpec spec{.text = method->name, .kind = Kind::method, .method = method};
  spec.information = parse_information(slash == std::string::npos ? "ratings" : text.substr(slash + 1));
  if (spec.information.text != "ratings") spec.text += "/" + spec.information.text;
  return spec;
}

/// What stands behind file: and text:.
SourceSpec parse_path(const std::string& prefix, const std::string& given) {
  if (given.empty()) throw UsageError("'" + prefix + ":' names no file", "write " + prefix + ":PATH");
  SourceSpec spec{.text = "file:" + given, .kind = prefix == "file" ? Kind::file : Kind::text};
  spec.path = given;
  if (spec.kind == Kind::file) return spec;
  const std::size_t slash = given.rfind('/');
  if (slash != std::string::npos) {
    if (const auto part = from_text<ItemText>(given.substr(slash + 1))) {
      spec.item_text = *part;
      spec.path = given.substr(0, slash);
    }
  }
  spec.text = "text:" + spec.path.string() + "/" + to_text(spec.item_text);
  return spec;
}

SourceSpec parse_source(const std::string& text) {
  const std::size_t colon = text.find(':');
  for (const std::string prefix : {"file", "text"}) {
    if (text.substr(0, colon) != prefix) continue;
    return parse_path(prefix, colon == std::string::npos ? "" : text.substr(colon + 1));
  }
  for (const Control& control : controls) {
    if (text.substr(0, colon) != control.name) continue;
    return parse_control(control, text, colon == std::string::npos ? "" : text.substr(colon + 1));
  }
  if (text.starts_with('+')) return parse_blocks(text);
  return parse_method(text);
}

}  // namespace

bool gives_vectors(const Method& method) {
  Threads threads(1);
  const Experiment tiny = tiny_experiment(threads);
  const FeatureSet none;
  const Task task = source_task(method, Task::rating);
  const Hyper hyper = study_hyper(method, task, {}, shape_of(tiny));
  try {
    const auto trainer = method.cpu(problem_of(tiny, none, nullptr, task, hyper, 1, threads));
    const std::optional<EmbeddingView> view = trainer->embedding();
    return view && view->items.columns > 0;
  } catch (const std::exception&) {  // it learns nothing from two ratings
    return false;
  }
}

std::vector<SourceSpec> parse_sources(const std::string& text) {
  std::vector<SourceSpec> specs;
  const auto add = [&](SourceSpec spec) {
    const bool known = std::any_of(specs.begin(), specs.end(), [&](const auto& s) { return s.text == spec.text; });
    if (!known) specs.push_back(std::move(spec));
  };
  for (const std::string& part : split_text(text, ',')) {
    if (part != "all") {
      add(parse_source(part));
      continue;
    }
    for (const Method& method : methods()) {
      if (gives_vectors(method)) add(parse_method(method.name));
    }
  }
  if (specs.empty()) throw UsageError("no source is named", "see embrace list sources");
  return specs;
}

bool names_control(const std::string& source) {
  return std::any_of(std::begin(controls), std::end(controls),
                     [&](const Control& control) { return source.substr(0, source.find(':')) == control.name; });
}

std::vector<std::pair<std::string, std::string>> source_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Method& method : methods()) {
    if (!gives_vectors(method)) continue;
    const bool reads = method.info.traits.item_features || method.info.traits.user_features;
    names.emplace_back(method.name, "vectors of the method, fed with ratings" +
                                        (reads ? "; with more as in " + method.name + "/+movie" : std::string()));
  }
  for (const auto& [name, meaning] : block_names()) names.emplace_back("+" + name, meaning);
  names.emplace_back("file",
                     "file:PATH: vectors of anybody's, as safetensors, .npy with ids beside it, or word2vec text");
  names.emplace_back("text",
                     "text:FILE.safetensors/titles, /genres or /tags: texts by static vectors of their tokens, with "
                     "tokenizer.json beside these");
  for (const Control& control : controls) names.emplace_back(control.name, control.meaning);
  return names;
}

}  // namespace embrace::judge
