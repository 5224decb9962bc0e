// What must hold of an embedding, whoever made it.
#pragma once
#include <string>

#include "host/embedding/embedding.hpp"

namespace embrace {

/// Throws DataError, `name` standing first, unless: there are items and a width; as many ids as vectors; users, if
/// any, of the same width; biases, if any, as many as vectors; all numbers finite.
void require_sound(const Embedding& embedding, const std::string& name);

/// Which number of an embedding is not finite: "item 17, value 3"; empty when all are.
std::string not_finite(const Embedding& embedding);

}  // namespace embrace
