#include "host/data/read/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "host/data/read/text_encoding.hpp"

namespace embrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }
bool has_blanks(std::string_view text) { return text.find_first_of(" \t\r") != std::string_view::npos; }
std::string shown(std::string_view field) { return "'" + excerpt(field) + "'"; }

std::string number_text(float value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// What every kind of number can suffer from; empty when it is something else.
Complaint common_complaint(std::string_view field, std::string_view what) {
  const std::string name(what);
  if (field.empty()) return {"the " + name + " is empty", "every row needs one"};
  if (field.find('\0') != std::string_view::npos) {
    return {"the " + name + " contains a NUL byte", "the file is damaged or not text"};
  }
  if (has_blanks(field)) return {"the " + name + " " + shown(field) + " contains blanks", "take the blanks away"};
  return {};
}

}  // namespace

bool parse_id(std::string_view field, std::int64_t& id) {
  if (field.empty() || !is_digit(field[0])) return false;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), id);
  return error == std::errc() && end == field.data() + field.size();
}

bool parse_rating(std::string_view field, float& rating) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return false;
  if (!(std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()))) return false;
  rating = static_cast<float>(value + 0.0);  // -0 becomes 0
  return true;
}

bool parse_time(std::string_view field, std::int64_t& time) {
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), time);
  return error == std::errc() && end == field.data() + field.size();
}

bool on_scale(float rating, const Scale& scale) {
  if (rating < scale.lowest || rating > scale.highest) return false;
  if (scale.step <= 0) return true;
  const float steps = (rating - scale.lowest) / scale.step;
  return steps == std::floor(steps);
}

Complaint id_complaint(std::string_view field, std::string_view what) {
  Complaint complaint = common_complaint(field, what);
  if (!complaint.reason.empty()) return complaint;
  const std::string hint = "ids are whole numbers from 0 to 9223372036854775807";
  const std::string start = "the " + std::string(what) + " " + shown(field);
  if (all_digits(field)) return {start + " is too large", hint};
  if (field[0] == '-') return {start + " is negative", hint};
  return {start + " is not a whole number", hint};
}

Complaint rating_complaint(std::string_view field, const std::optional<Scale>& scale) {
  Complaint complaint = common_complaint(field, "rating");
  if (!complaint.reason.empty()) return complaint;
  const std::string start = "the rating " + shown(field);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool whole_field = end == field.data() + field.size();
  if (error == std::errc::result_out_of_range && whole_field) {
    return {start + " is out of range", "ratings are stored as 32-bit floating point"};
  }
  if (error == std::errc() && whole_field && !std::isfinite(value)) return {start + " is not finite", "give a number"};
  float rating = 0;
  if (parse_rating(field, rating)) {
    if (!scale) return {start + " is not accepted", ""};
    std::string range = number_text(scale->lowest) + " to " + number_text(scale->highest);
    if (scale->step > 0) range += " in steps of " + number_text(scale->step);
    return {start + " is off the scale", "this layout has ratings from " + range};
  }
  if (error == std::errc() && whole_field) return {start + " is out of range", "ratings are 32-bit floating point"};
  if (error == std::errc() && *end == ',') return {start + " is not a number", "write a decimal point, not a comma"};
  return {start + " is not a number", "ratings are decimal numbers such as 4 or 3.5"};
}

Complaint time_complaint(std::string_view field) {
  Complaint complaint = common_complaint(field, "timestamp");
  if (!complaint.reason.empty()) return complaint;
  return {"the timestamp " + shown(field) + " is not a whole number", "timestamps are seconds since 1970"};
}

std::int64_t need_id(std::string_view field, std::int64_t column, std::string_view what) {
  std::int64_t id = 0;
  if (!parse_id(field, id)) throw RowError{column, id_complaint(field, what)};
  return id;
}

std::int64_t need_time(std::string_view field, std::int64_t column) {
  std::int64_t time = 0;
  if (!parse_time(field, time)) throw RowError{column, time_complaint(field)};
  return time;
}

}  // namespace embrace
