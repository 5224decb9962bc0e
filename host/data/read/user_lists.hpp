// User lists: a line a user, `user item item …`, as LightGCN's files are written. Nothing says how an item was liked:
// each pair has the value 1.
#pragma once
#include <string_view>

#include "host/data/read/bad_rows.hpp"
#include "host/data/read/input_file.hpp"
#include "host/data/read/triples.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Does the text look like lists of users? Its lines are whole numbers between blanks or tabs, and not of the same
/// number each, as in a table; two numbers a line are lists of one item.
bool looks_like_user_lists(std::string_view head);

/// Reads the whole file, pairs in file order. A user may have several lines, or one without items. The result does not
/// depend on the number of threads. A line with anything that is no id is a bad row as a whole; bad rows go to `bad` in
/// file order.
Triples read_user_lists(const InputFile& file, BadRows& bad, Threads& threads);

}  // namespace embrace
