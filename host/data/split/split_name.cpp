// Names of splits.
#include "host/data/split/split_name.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "host/data/split/split.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

using Kind = SplitName::Kind;

struct KindText {
  Kind kind;
  const char* name;
  const char* argument;  // empty: takes none
  const char* meaning;
};
constexpr KindText kKinds[] = {
    {Kind::official, "official", "NAME", "the split that comes with the data: u1 ... u5, ua, ub, ncf"},
    {Kind::kfold, "kfold", "K", "K disjoint random parts, each the test once"},
    {Kind::holdout, "holdout", "SHARE", "a random share of the ratings is the test"},
    {Kind::leave_last_out, "leave-last-out", "", "each user's latest rating is the test; ties by file order"},
    {Kind::time, "time", "SHARE", "the latest share of all ratings is the test"},
    {Kind::cold_items, "cold-items", "K", "K disjoint random parts of the items; all ratings of a part are the test"},
    {Kind::cold_users, "cold-users", "K", "K disjoint random parts of the users; all ratings of a part are the test"},
    {Kind::fold_in, "fold-in", "USERS",
     "so many random users are held out; four fifths of their ratings are known when they are scored"},
    {Kind::files, "files", "TRAIN,TEST", "two files of ratings; the data give the metadata"},
};

std::string written(const KindText& kind) {
  return *kind.argument == '\0' ? kind.name : std::string(kind.name) + ":" + kind.argument;
}

/// A whole number from `least` on, as large as T holds.
template <typename T>
T whole(const std::string& text, const std::string& argument, T least) {
  T number = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  if (error != std::errc() || end != argument.data() + argument.size() || number < least) {
    throw UsageError("split '" + text + "' needs a whole number",
                     "from " + std::to_string(least) + " to " + std::to_string(std::numeric_limits<T>::max()));
  }
  return number;
}

double share(const std::string& text, const std::string& argument) {
  double number = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  if (error != std::errc() || end != argument.data() + argument.size() || !(number > 0 && number < 1)) {
    throw UsageError("split '" + text + "' needs a share between 0 and 1", "e.g. holdout:0.2");
  }
  return number;
}

/// The shortest text of a number: "2", "0.2".
template <typename T>
std::string text_of(T number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

/// Takes the argument apart, and gives it back as it is written in the name.
std::string set_argument(SplitName& split, const std::string& argument) {
  switch (split.kind) {
    case Kind::official:
      split.official = argument;
      break;
    case Kind::kfold:
    case Kind::cold_items:
    case Kind::cold_users:
      return text_of(split.parts = whole<int>(split.text, argument, 2));
    case Kind::holdout:
    case Kind::time:
      return text_of(split.share = share(split.text, argument));
    case Kind::fold_in:
      return text_of(split.users = whole<std::int64_t>(split.text, argument, 1));
    case Kind::files: {
      const auto files = split_text(argument, ',');
      if (files.size() != 2 || files[0].empty() || files[1].empty()) {
        throw UsageError("split '" + split.text + "' needs two files", "files:TRAIN,TEST");
      }
      split.train_file = files[0];
      split.test_file = files[1];
      break;
    }
    case Kind::leave_last_out:
      break;
  }
  return argument;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> split_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const KindText& kind : kKinds) names.emplace_back(written(kind), kind.meaning);
  return names;
}

SplitName parse_split(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  for (const KindText& kind : kKinds) {
    if (name != kind.name) continue;
    const bool has_argument = colon != std::string::npos;
    const std::string argument = has_argument ? text.substr(colon + 1) : "";
    const bool wants_argument = *kind.argument != '\0';
    if (has_argument != wants_argument || (wants_argument && argument.empty())) {
      throw UsageError("split '" + text + "' is not complete", "it is written " + written(kind));
    }
    SplitName split;
    split.kind = kind.kind;
    split.text = text;
    const std::string written_argument = set_argument(split, argument);
    if (has_argument) split.text = std::string(name).append(":").append(written_argument);
    return split;
  }
  std::vector<std::string> known;
  for (const KindText& kind : kKinds) known.push_back(written(kind));
  throw UsageError("no split '" + text + "'", suggestion(name, known));
}

}  // namespace embrace
