// A source as a judge reads it: on its axes, at the width, with the users that the mode says.
#pragma once
#include <string>

#include "bench/judge/draw.hpp"
#include "bench/judge/source_maker.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

struct Prepared {
  EntityVectors items, users;
  double seconds = 0;
};

Prepared prepare(const Draw& draw, const MadeSource& made, int width, Threads& threads);

/// Of the vectors that a judge is given, to see that it gives them back as they were.
std::string digest(const Prepared& prepared);

}  // namespace embrace::judge
