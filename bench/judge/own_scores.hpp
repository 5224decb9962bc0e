// Methods that answer by themselves: what the division into parts costs stands beside the judges' tables.
#pragma once
#include "bench/judge/draw.hpp"
#include "bench/judge/source_maker.hpp"
#include "bench/judge/sources.hpp"
#include "host/record.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Can the source predict the test by itself? A method of the task, where no users are held out.
bool answers_by_itself(const Draw& draw, const SourceSpec& source);

/// Fills the record of the source's own score of the test, made of the embedding part alone.
void answer_by_itself(const Draw& draw, const MadeSource& made, Threads& threads, Record& record);

/// Fills that of the method when it may learn from all training ratings.
void answer_from_all(const Draw& draw, const SourceSpec& source, int width, Threads& threads, Record& record);

}  // namespace embrace::judge
