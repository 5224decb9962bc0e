// Names of information: what a method is fed with, as users write it.
#include "host/metadata/information.hpp"

#include <array>

#include "host/error.hpp"
#include "host/metadata/features.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

struct Part {
  const char* name;
  bool Information::*member;
  const char* meaning;
};

constexpr std::array<Part, 5> parts = {{
    {"user", &Information::user, "age band, gender, occupation, zip region and training activity of the user"},
    {"movie", &Information::movie, "genres, year, decade, title words and training popularity of the movie"},
    {"tags", &Information::tags, "the movie's most common tags, tf-idf weights"},
    {"time", &Information::time,
     "day, 28-day period, weekday and hour of the rated moment, which is not known when recommending; rating task "
     "only"},
    {"sets", &Information::sets, "which items the user rated, and which users rated the item, in the training part"},
}};

[[noreturn]] void unknown(const std::string& text, const std::string& part) {
  std::vector<std::string> known = {"ratings", "all", "shuffled", "random"};
  for (const Part& p : parts) known.push_back(std::string("+") + p.name);
  std::string reason = "unknown information '" + text + "'";
  if (part != text) reason += ": there is no '" + part + "'";
  throw UsageError(reason, suggestion(part, known));
}

/// Sets the parts named in "+user+movie", or all of them for "all"; fills the canonical text.
void parse_parts(const std::string& whole, const std::string& text, Information& information) {
  if (text == "all") {
    information.everything = true;
    for (const Part& part : parts) information.*part.member = true;
    information.text = "all";
    return;
  }
  if (text.empty() || text.front() != '+') unknown(whole, text);
  for (const std::string& name : split_text(text.substr(1), '+')) {
    const auto* part = parts.begin();
    while (part != parts.end() && name != part->name) ++part;
    if (part == parts.end()) unknown(whole, "+" + name);
    information.*part->member = true;
  }
  for (const Part& part : parts) {
    if (information.*part.member) information.text += std::string("+") + part.name;
  }
  if (information.text.empty()) unknown(whole, text);
}

}  // namespace

Information parse_information(const std::string& text) {
  Information information;
  if (text == "ratings") {
    information.text = text;
    return information;
  }
  const std::size_t colon = text.find(':');
  const std::string head = text.substr(0, colon);
  if (head == "shuffled" || head == "random") {
    information.control = head == "shuffled" ? Information::Control::shuffled : Information::Control::random;
    parse_parts(text, colon == std::string::npos ? "all" : text.substr(colon + 1), information);
    // The canonical name of the control of everything is the short one.
    information.text = information.everything ? head : head + ":" + information.text;
    return information;
  }
  parse_parts(text, text, information);
  return information;
}

std::vector<std::pair<std::string, std::string>> information_names() {
  std::vector<std::pair<std::string, std::string>> names = {{"ratings", "who rated what and how, nothing else"}};
  for (const Part& part : parts) names.emplace_back(std::string("+") + part.name, part.meaning);
  names.emplace_back("all", "ratings and whatever of these the data has and the task allows");
  names.emplace_back("shuffled", "control: the rows of all (or of shuffled:+movie …) permuted");
  names.emplace_back("random", "control: random numbers of the same shape as all");
  return names;
}

}  // namespace embrace
