// Fields of a ratings table: ids, ratings, times; what is accepted, and what is said about the rest.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "host/data/ratings.hpp"
#include "host/data/read/bad_rows.hpp"

namespace embrace {

/// Digits only, 0 … 2^63-1; leading zeros are dropped (007 is 7).
bool parse_id(std::string_view field, std::int64_t& id);
/// A finite decimal number within float; no sign +, no blanks, no hexadecimal.
bool parse_rating(std::string_view field, float& rating);
/// A whole number, possibly negative, of 64 bits.
bool parse_time(std::string_view field, std::int64_t& time);

/// Is it one of lowest, lowest + step, …, highest? Step 0: any number between.
bool on_scale(float rating, const Scale& scale);

Complaint id_complaint(std::string_view field, std::string_view what);
Complaint rating_complaint(std::string_view field, const std::optional<Scale>& scale);
Complaint time_complaint(std::string_view field);

/// Parses or throws RowError at `column`.
std::int64_t need_id(std::string_view field, std::int64_t column, std::string_view what);
std::int64_t need_time(std::string_view field, std::int64_t column);

}  // namespace embrace
