#include "bench/judge/source_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "bench/fold_features.hpp"
#include "bench/judge/block_vectors.hpp"
#include "bench/run.hpp"
#include "host/error.hpp"
#include "host/judge/scaling.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

using Kind = SourceSpec::Kind;

/// Second words of the counters of controls.
constexpr std::uint32_t of_random = 301, of_random_users = 302, of_shuffle = 303, of_tenths = 304, of_lengths = 314,
                        of_user_lengths = 315;

Matrix copied(ConstMatrixView from) {
  Matrix out(from.rows, from.columns);
  for (std::int64_t r = 0; r < from.rows; ++r) std::copy(from.row(r), from.row(r) + from.columns, out.row(r));
  return out;
}

Array<float> copied(Span<const float> from) { return Array<float>(from.begin(), from.end()); }

/// Which rows have a rating, or a feature that the method reads.
Array<std::uint8_t> known_rows(CsrView ratings, const std::optional<Features>& features) {
  Array<std::uint8_t> known(ratings.rows, 0);
  for (std::int64_t r = 0; r < ratings.rows; ++r) {
    const bool described = features && features->rows.view().row_size(r) > 0;
    known[r] = ratings.row_size(r) > 0 || described ? 1 : 0;
  }
  return known;
}

/// The vectors and biases of the items in `among` in a random order among them; users stay.
void move_rows(SourceVectors& source, const Array<std::int64_t>& among, const Random& random, std::uint32_t stream) {
  Array<std::int64_t> order = among;
  shuffle(order, random, stream);
  const Matrix rows = source.items.rows;
  const Array<float> bias = source.item_bias;
  for (std::int64_t k = 0; k < among.size(); ++k) {
    std::copy(rows.row(order[k]), rows.row(order[k]) + rows.columns(), source.items.rows.row(among[k]));
    if (!bias.empty()) source.item_bias[among[k]] = bias[order[k]];
  }
}

/// Zeros that count as vectors, of all items and users.
SourceVectors everywhere(const Ratings& ratings, std::int64_t width) {
  const std::int64_t items = ratings.item_count(), users = ratings.user_count();
  return {.items = {Matrix(items, width), Array<std::uint8_t>(items, 1)},
          .users = {Matrix(users, width), Array<std::uint8_t>(users, 1)}};
}

/// Root mean square of each column over the rows that are known.
Array<double> column_deviations(const EntityVectors& vectors) {
  Array<double> squares(vectors.rows.columns(), 0.0);
  std::int64_t known = 0;
  for (std::int64_t r = 0; r < vectors.rows.rows(); ++r) {
    if (vectors.known[r] == 0) continue;
    ++known;
    for (std::int64_t k = 0; k < squares.size(); ++k) {
      squares[k] += std::pow(static_cast<double>(vectors.rows(r, k)), 2);
    }
  }
  for (double& s : squares) s = std::sqrt(s / static_cast<double>(std::max<std::int64_t>(1, known)));
  return squares;
}

/// Normal numbers of these deviations, a column each, in the rows that are known.
void fill_normal(EntityVectors& vectors, const Array<double>& deviations, const Random& random, std::uint32_t stream) {
  const std::int64_t width = vectors.rows.columns();
  for (std::int64_t r = 0; r < vectors.rows.rows(); ++r) {
    if (vectors.known[r] == 0) continue;
    for (std::int64_t k = 0; k < width; ++k) {
      const auto counter = static_cast<std::uint64_t>(r * width + k);
      vectors.rows(r, k) = static_cast<float>(deviations[k] * random.normal(counter, stream));
    }
  }
}

Array<std::int64_t> known_places(const EntityVectors& items) {
  Array<std::int64_t> places;
  for (std::int64_t i = 0; i < items.rows.rows(); ++i) {
    if (items.known[i] != 0) places.push_back(i);
  }
  return places;
}

double length_of(Span<const float> row) {
  double squares = 0;
  for (const float x : row) squares += std::pow(static_cast<double>(x), 2);
  return std::sqrt(squares);
}

/// Of the rows that are known, in their order.
Array<double> row_lengths(const EntityVectors& vectors) {
  Array<double> lengths;
  for (const std::int64_t r : known_places(vectors)) {
    lengths.push_back(length_of({vectors.rows.row(r), vectors.rows.columns()}));
  }
  return lengths;
}

/// Gives the rows that are known these lengths, in their order.
void stretch_rows(EntityVectors& vectors, const Array<double>& lengths) {
  const Array<std::int64_t> places = known_places(vectors);
  for (std::int64_t k = 0; k < places.size(); ++k) {
    const Span<float> row{vectors.rows.row(places[k]), vectors.rows.columns()};
    const double length = length_of(row);
    const auto factor = length > 0 ? static_cast<float>(lengths[k] / length) : 0.0F;
    for (float& x : row) x *= factor;
  }
}

}  // namespace

Hyper source_hyper(const Method& method, Task task, const std::vector<Setting>& settings, std::int64_t width,
                   const Experiment& experiment) {
  Hyper hyper = study_hyper(method, source_task(method, task), settings, shape_of(experiment));
  const HyperSpec* factors = find_hyper(method, "factors");
  const auto wanted = static_cast<double>(width);
  if (factors != nullptr && wanted >= factors->lowest && wanted <= factors->highest) hyper.set("factors", wanted);
  return hyper;
}

MadeSource SourceMaker::make(const SourceSpec& spec, std::int64_t width) {
  const auto begin = std::chrono::steady_clock::now();
  MadeSource made;
  try {
    made.notes = notes_of(spec);
    made.vectors = vectors(spec, width);
  } catch (const Unsupported& error) {
    made.unsupported = error.what();
  }
  made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return made;
}

std::vector<std::string> SourceMaker::notes_of(const SourceSpec& spec) {
  const SourceSpec& inner = spec.of ? *spec.of : spec;
  if (inner.kind != Kind::file) return {};
  std::vector<std::string> notes;
  const Embedding& embedding = files_.read(inner.path);
  if (std::string seen = require_unseen(embedding, inner.text, part_); !seen.empty()) notes.push_back(std::move(seen));
  const Array<std::uint8_t> known = by_index(embedding, part_.dataset.ratings, inner.text).items.known;
  const auto missing = std::count(known.begin(), known.end(), 0);
  if (missing > 0) notes.push_back(fmt::format("{}: {} of {} items have no vector", inner.text, missing, known.size()));
  return notes;
}

const SourceVectors& SourceMaker::vectors(const SourceSpec& spec, std::int64_t width) {
  const std::pair key{spec.text, width};
  auto found = kept_.find(key);
  if (found == kept_.end()) found = kept_.emplace(key, made(spec, width)).first;
  return found->second;
}

SourceVectors SourceMaker::made(const SourceSpec& spec, std::int64_t width) {
  switch (spec.kind) {
    case Kind::method:
      return trained(spec, width);
    case Kind::blocks:
      return {block_vectors(part_, spec.blocks, width, threads_)};
    case Kind::file:
      return by_index(files_.read(spec.path), part_.dataset.ratings, spec.text);
    case Kind::text:
      return {text_source(part_, spec.path, spec.item_text, threads_)};
    case Kind::random:
      return spec.of ? normal_like(spec, width) : normal(width);
    case Kind::zero:
      return everywhere(part_.dataset.ratings, width);
    case Kind::popularity:
      return popularity();
    case Kind::shuffled:
    case Kind::shuffled_by_popularity:
      return shuffled(spec, width);
    case Kind::oracle:
      return oracle(spec, width);
  }
  return {};
}

SourceVectors SourceMaker::trained(const SourceSpec& spec, std::int64_t width) {
  const Method& method = *spec.method;
  const Task task = source_task(method, task_);
  const Hyper hyper = source_hyper(method, task_, settings_, width, part_);
  FoldFeatures features(part_, spec.information, task, threads_);
  const BuiltFeatures& built = features.of(method, draw_);
  if (!built.unsupported.empty()) throw Unsupported(built.unsupported);
  Record record;
  const Run run{.method = method,
                .device = device_,
                .experiment = part_,
                .features = built.set,
                .hyper = hyper,
                .task = task,
                .seed = draw_};
  const Trained result = train(run, threads_, record);
  const EmbeddingView view = *result.trainer->embedding();
  return {.items = {copied(view.items), known_rows(part_.data.by_item.view(), built.set.item)},
          .users = {copied(view.users), known_rows(part_.data.ratings.view(), built.set.user)},
          .user_bias = copied(view.user_bias),
          .item_bias = copied(view.item_bias),
          .offset = view.offset};
}

/// The part becomes the oracle's for as long as it trains.
SourceVectors SourceMaker::oracle(const SourceSpec& spec, std::int64_t width) {
  Fold seen = part_.fold;
  seen.train = oracle_train_;
  FoldData data = make_fold_data(part_.dataset, seen, threads_);
  const auto exchange = [&] {
    std::swap(part_.fold, seen);
    std::swap(part_.data, data);
  };
  exchange();
  try {
    SourceVectors vectors = trained(*spec.of, width);
    exchange();
    return vectors;
  } catch (...) {
    exchange();
    throw;
  }
}

SourceVectors SourceMaker::shuffled(const SourceSpec& spec, std::int64_t width) {
  SourceVectors source = vectors(*spec.of, width);
  const Random chance(draw_, Stream::features);
  Array<std::int64_t> places = known_places(source.items);
  if (spec.kind == Kind::shuffled) {
    move_rows(source, places, chance, of_shuffle);
    return source;
  }
  const CsrView by_item = part_.data.by_item.view();
  std::stable_sort(places.begin(), places.end(),
                   [&](std::int64_t a, std::int64_t b) { return by_item.row_size(a) < by_item.row_size(b); });
  for (std::uint32_t tenth = 0; tenth < 10; ++tenth) {
    const std::int64_t first = places.size() * tenth / 10, last = places.size() * (tenth + 1) / 10;
    move_rows(source, {places.begin() + first, places.begin() + last}, chance, of_tenths + tenth);
  }
  return source;
}

SourceVectors SourceMaker::normal(std::int64_t width) const {
  SourceVectors source = everywhere(part_.dataset.ratings, width);
  const Random chance(draw_, Stream::features);
  fill_normal(source.items, Array<double>(width, 1.0), chance, of_random);
  fill_normal(source.users, Array<double>(width, 1.0), chance, of_random_users);
  return source;
}

SourceVectors SourceMaker::normal_like(const SourceSpec& spec, std::int64_t width) {
  const SourceVectors& source = vectors(*spec.of, width);
  const Axes axes(source.items, source.items.known, width, threads_);
  const Random chance(draw_, Stream::features);
  const auto alike = [&](const EntityVectors& of, std::uint32_t stream, std::uint32_t lengths_stream) {
    if (of.empty()) return EntityVectors{};
    EntityVectors vectors = axes.apply(of, of.known, threads_);
    Array<double> lengths = row_lengths(vectors);
    fill_normal(vectors, column_deviations(vectors), chance, stream);
    shuffle(lengths, chance, lengths_stream);
    stretch_rows(vectors, lengths);
    return vectors;
  };
  return {.items = alike(source.items, of_random, of_lengths),
          .users = alike(source.users, of_random_users, of_user_lengths)};
}

SourceVectors SourceMaker::popularity() const {
  const CsrView by_item = part_.data.by_item.view();
  SourceVectors source{{Matrix(by_item.rows, 1), known_rows(by_item, std::nullopt)}};
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    source.items.rows(i, 0) = static_cast<float>(std::log1p(static_cast<double>(by_item.row_size(i))));
  }
  return source;
}

}  // namespace embrace::judge
