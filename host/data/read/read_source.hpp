// The steps of load_dataset, for whoever puts something between them (a prepared cache).
#pragma once
#include <string>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/source.hpp"
#include "host/data/read/triple_format.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Parses opened files: ratings, users, movies, tags; writes the rejects file when one is wanted. What comes out
/// depends on the contents, `skip_bad_rows` and `duplicates` alone.
Dataset read_source(const OpenSource& open, const LoadOptions& options, Threads& threads);

/// How the ratings of a layout are written. `users_known`: there is a users file (ml-1m has one, ml-10m has not).
/// Throws DataError when it cannot be found out.
TripleFormat format_of(const InputFile& file, Layout layout, bool users_known);

}  // namespace embrace
