// Items of an embedding in an order, as `neighbors` and `recommend` print them.
#pragma once
#include <string>
#include <vector>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/cli/titles.hpp"
#include "host/embedding/embedding.hpp"
#include "host/embedding/nearest.hpp"

namespace embrace::cli {

/// As text a line an item; as JSON an object of `about` and the array `name`. `score` is what the score is called.
void print_ranked_items(Fields about, const char* name, const char* score, const std::vector<ScoredRow>& rows,
                        const Embedding& embedding, const Titles& titles, bool json);

}  // namespace embrace::cli
