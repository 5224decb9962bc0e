// Two levels, after Satish et al. 2010 ("Fast sort on CPUs and GPUs") and Polychroniou and Ross 2014 ("A comprehensive
// study of main-memory partitioning"). First the triples are dealt into buckets of neighbouring rows that fit the
// second-level cache, each chunk of the input to places of its own, so that the order of the input is kept. Then each
// bucket is sorted by (row, column) in cache, least significant digit first; the last digit's pass writes the result.
// Memory traffic a triple: 4 bytes read to count, 12 read and 8 written to deal, 8 read and 8 written to finish.
#include "host/sparse.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "host/array.hpp"
#include "host/memory.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

constexpr std::int64_t bucket_entries = std::int64_t{1} << 15U;  // 256 KiB of narrow entries, and as much scratch
constexpr std::int64_t most_buckets = std::int64_t{1} << 12U;
constexpr std::int64_t chunk_entries = std::int64_t{1} << 18U;
constexpr std::int64_t most_chunks = std::int64_t{1} << 10U;
constexpr unsigned digit_bits = 12;  // 4096 counters of 4 bytes: half a first-level cache

struct Triples {
  std::int64_t rows, columns;
  Span<const std::int32_t> row, column;
  Span<const float> value;
  std::int64_t size() const { return row.size(); }
};

std::int64_t checked(std::int32_t index, std::int64_t end) {
  if (index < 0 || index >= end) throw std::out_of_range("index " + std::to_string(index) + " outside the matrix");
  return index;
}

/// What is moved: the place in the bucket to sort by, and either the value or, when the order is asked for or the
/// key is wide, the position in the input.
struct Narrow {
  using Key = std::uint32_t;
  Key key;
  float value;
};
struct Wide {
  using Key = std::uint64_t;
  Key key;
  std::int64_t position;
};

/// Elements of a cache line.
template <typename T>
constexpr std::int64_t line = 64 / sizeof(T);

/// A store to a line that is not in a cache holds up those behind it until the line has come.
void prefetch_to_write(const void* address) { __builtin_prefetch(address, 1); }

/// Memory that is not touched before it is written.
template <typename T>
struct Buffer {
  explicit Buffer(std::int64_t size) : data(std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(size))) {
    prefer_huge_pages(data.get(), static_cast<std::size_t>(size) * sizeof(T));
  }
  std::unique_ptr<T[]> data;
};

/// Ranges of rows with about the same number of triples each, judged by evenly spaced ones; a row with many has a
/// bucket of its own.
struct Buckets {
  explicit Buckets(const Triples& triples);
  std::int64_t count() const { return first_row.size() - 1; }
  /// Bits that tell the rows of a bucket apart.
  unsigned row_bits(std::int64_t bucket) const {
    return static_cast<unsigned>(
        std::bit_width(static_cast<std::uint64_t>(first_row[bucket + 1] - first_row[bucket] - 1)));
  }
  Array<std::int64_t> first_row{0};  // of each bucket, and the number of rows
  Array<std::uint16_t> of_row;
};

Buckets::Buckets(const Triples& triples) : of_row(triples.rows) {
  const std::int64_t wanted = std::clamp<std::int64_t>(triples.size() / bucket_entries, 1, most_buckets);
  const std::int64_t step = std::max<std::int64_t>(1, triples.size() / (wanted * 64));
  Array<std::uint32_t> sampled(of_row.size());
  std::int64_t total = 0;
  for (std::int64_t p = 0; p < triples.size(); p += step, ++total) ++sampled[checked(triples.row[p], triples.rows)];
  std::int64_t inside = 0;  // of the bucket at hand; any two neighbours have more than total / wanted
  for (std::int64_t r = 0; r < of_row.size(); ++r) {
    if (inside > 0 && (inside + sampled[r]) * wanted > total) {
      first_row.push_back(r);
      inside = 0;
    }
    inside += sampled[r];
    of_row[r] = static_cast<std::uint16_t>(first_row.size() - 1);
  }
  first_row.push_back(triples.rows);
}

template <typename Entry>
class Sort {
 public:
  Sort(const Triples& triples, const Buckets& buckets, unsigned column_bits, Threads& threads)
      : triples_(triples),
        buckets_(buckets),
        threads_(threads),
        column_bits_(column_bits),
        chunk_(std::max(chunk_entries, triples.size() / most_chunks + 1)),
        chunks_((triples.size() + chunk_ - 1) / chunk_),
        places_(chunks_ * buckets.count()),
        begins_(buckets.count() + 1),
        entries_(triples.size() + line<Entry>) {}

  void run(Csr& result, Array<std::int64_t>* order) {
    count();
    deal();
    std::int64_t largest = 0;
    for (std::int64_t b = 0; b < buckets_.count(); ++b) largest = std::max(largest, begins_[b + 1] - begins_[b]);
    Array<Buffer<Entry>> scratch;
    for (int worker = 0; worker < threads_.count(); ++worker) scratch.emplace_back(largest);
    for_each(buckets_.count(),
             [&](std::int64_t bucket, int worker) { finish(bucket, scratch[worker].data.get(), result, order); });
    std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  }

 private:
  template <typename Task>
  void for_each(std::int64_t tasks, const Task& task) {
    threads_.for_each(tasks, [&](std::int64_t t, int worker) { task(t, worker); });
  }

  /// How many triples of each chunk go to each bucket, then where they go.
  void count() {
    for_each(chunks_, [&](std::int64_t chunk, int) {
      Array<std::int64_t> counts(buckets_.count());
      const std::int64_t end = std::min(triples_.size(), (chunk + 1) * chunk_);
      for (std::int64_t p = chunk * chunk_; p < end; ++p) {
        ++counts[buckets_.of_row[checked(triples_.row[p], triples_.rows)]];
      }
      std::copy(counts.begin(), counts.end(), &places_[chunk * buckets_.count()]);
    });
    std::int64_t place = 0;
    for (std::int64_t b = 0; b < buckets_.count(); ++b) {
      begins_[b] = place;
      for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
        place += std::exchange(places_[chunk * buckets_.count() + b], place);
      }
    }
    begins_.back() = place;
  }

  void deal() {
    for_each(chunks_, [&](std::int64_t chunk, int) {
      Array<std::int64_t> next(&places_[chunk * buckets_.count()],
                               &places_[chunk * buckets_.count()] + buckets_.count());
      const std::int64_t end = std::min(triples_.size(), (chunk + 1) * chunk_);
      for (std::int64_t p = chunk * chunk_; p < end; ++p) {
        const std::int64_t row = triples_.row[p];
        const std::int64_t bucket = buckets_.of_row[row];
        const auto local = static_cast<typename Entry::Key>(row - buckets_.first_row[bucket]);
        const auto column = static_cast<typename Entry::Key>(checked(triples_.column[p], triples_.columns));
        Entry& entry = entries_.data[static_cast<std::size_t>(next[bucket]++)];
        prefetch_to_write(&entry + line<Entry>);
        entry.key = static_cast<typename Entry::Key>(local << column_bits_) | column;
        if constexpr (std::is_same_v<Entry, Narrow>) {
          entry.value = triples_.value[p];
        } else {
          entry.position = p;
        }
      }
    });
  }

  void finish(std::int64_t bucket, Entry* scratch, Csr& result, Array<std::int64_t>* order) const {
    Entry* from = entries_.data.get() + begins_[bucket];
    Entry* to = scratch;
    const std::int64_t size = begins_[bucket + 1] - begins_[bucket];
    const unsigned bits = std::max(1U, column_bits_ + buckets_.row_bits(bucket));
    const unsigned passes = (bits + digit_bits - 1) / digit_bits;
    const unsigned width = (bits + passes - 1) / passes;
    const auto digits = std::uint64_t{1} << width;
    const auto digit = [width, mask = digits - 1](const Entry& entry, unsigned pass) {
      return (entry.key >> (pass * width)) & mask;
    };
    Array<std::uint32_t> places(passes * digits);
    std::int64_t* rows = result.offsets.data() + 1 + buckets_.first_row[bucket];
    for (std::int64_t p = 0; p < size; ++p) {
      if (p % line<float> == 0) {
        prefetch_to_write(&result.indices[begins_[bucket] + p]);
        prefetch_to_write(&result.values[begins_[bucket] + p]);
      }
      ++rows[from[p].key >> column_bits_];
      for (unsigned pass = 0; pass < passes; ++pass) ++places[pass * digits + digit(from[p], pass)];
    }
    for (unsigned pass = 0; pass < passes; ++pass) {
      std::uint32_t* next = places.data() + pass * digits;
      std::exclusive_scan(next, next + digits, next, 0U);
      if (pass + 1 == passes) {
        for (std::int64_t p = 0; p < size; ++p) {
          write(from[p], begins_[bucket] + next[digit(from[p], pass)]++, result, order);
        }
      } else {
        for (std::int64_t p = 0; p < size; ++p) to[next[digit(from[p], pass)]++] = from[p];
        std::swap(from, to);
      }
    }
  }

  void write(const Entry& entry, std::int64_t place, Csr& result, Array<std::int64_t>* order) const {
    const auto mask = (typename Entry::Key{1} << column_bits_) - 1U;
    result.indices[place] = static_cast<std::int32_t>(entry.key & mask);
    if constexpr (std::is_same_v<Entry, Narrow>) {
      result.values[place] = entry.value;
    } else {
      result.values[place] = triples_.value[entry.position];
      if (order != nullptr) (*order)[place] = static_cast<std::int64_t>(entry.position);
    }
  }

  const Triples& triples_;
  const Buckets& buckets_;
  Threads& threads_;
  unsigned column_bits_;
  std::int64_t chunk_, chunks_;
  Array<std::int64_t> places_;  // chunk × bucket: number of triples, then where the first goes
  Array<std::int64_t> begins_;  // of each bucket among the entries
  Buffer<Entry> entries_;
};

}  // namespace

Csr csr_from_triples(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row,
                     Span<const std::int32_t> column, Span<const float> value, Threads& threads,
                     Array<std::int64_t>* order) {
  if (row.size() != column.size() || row.size() != value.size()) {
    throw std::invalid_argument("csr_from_triples: rows, columns and values differ in number");
  }
  Csr result;
  result.columns = columns;
  result.offsets.resize(rows + 1);
  if (order != nullptr) order->clear();
  if (row.empty()) return result;
  threads.for_each(3, [&](std::int64_t task, int) {  // pages are touched first here: the slowest part of a small job
    if (task == 0) resize_large(result.indices, row.size());
    if (task == 1) resize_large(result.values, row.size());
    if (task == 2 && order != nullptr) resize_large(*order, row.size());
  });
  const Triples triples{rows, columns, row, column, value};
  const Buckets buckets(triples);
  const auto column_bits =
      static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(1, columns) - 1)));
  unsigned row_bits = 0;
  for (std::int64_t b = 0; b < buckets.count(); ++b) row_bits = std::max(row_bits, buckets.row_bits(b));
  if (order == nullptr && column_bits + row_bits <= 31) {  // one bit to spare: shifts stay below the width of the key
    Sort<Narrow>(triples, buckets, column_bits, threads).run(result, order);
  } else {
    Sort<Wide>(triples, buckets, column_bits, threads).run(result, order);
  }
  return result;
}

Csr csr_from_triples(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row,
                     Span<const std::int32_t> column, Span<const float> value, Array<std::int64_t>* order) {
  Threads one(1);
  return csr_from_triples(rows, columns, row, column, value, one, order);
}

Csr transposed(CsrView matrix, Threads& threads, Array<std::int64_t>* order) {
  const auto entries = matrix.entries();
  Array<std::int32_t> row_of;
  resize_large(row_of, entries);
  threads.for_ranges(matrix.rows, 1024, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      std::fill(row_of.begin() + matrix.offsets[r], row_of.begin() + matrix.offsets[r + 1],
                static_cast<std::int32_t>(r));
    }
  });
  return csr_from_triples(matrix.columns, matrix.rows, {matrix.indices, entries}, row_of, {matrix.values, entries},
                          threads, order);
}

Csr transposed(CsrView matrix, Array<std::int64_t>* order) {
  Threads one(1);
  return transposed(matrix, one, order);
}

}  // namespace embrace
