// Slots, their entries and the readers of rows for a run of batches, as host/learning/embedding_table.cpp finds them
// for one:
//   1. sort (batch, entity) of all reads: a slot is a run of equal keys, its reads stay in their order;
//   2. number the slots and their entries by running sums, and expand the entries, a thread an entry;
//   3. sort (batch, row) of all entries: the readers of a row, by slot.
// Slots stand by entity where the host has them by first occurrence: sums over the readers of a row are in another
// order. Mapping: a thread an element of the list at hand, so that entities with many features cost no more than their
// share; which slot an entry belongs to is found by bisection of the running sum. Cost a read: about 120 bytes, with a
// sort of 24 bytes for each 8 bits of the key. Cost an entry: about 130 bytes and a sort likewise. All lists have room
// for the largest batches that there can be; unused room is sorted along.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_table.cuh"
#include "cuda/math/product.hpp"
#include "cuda/math/sums.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t most_keys = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t entries_together = std::int64_t{1} << 18U;  // a run of batches; about 25 MiB

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

int bits_of(std::int64_t keys) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(keys - 1))));
}

__global__ void __launch_bounds__(threads)
    write_reads_kernel(DeviceSpan<const std::int32_t> entity, std::int64_t reads_a_batch, std::int64_t entities,
                       DeviceSpan<std::uint32_t> keys, DeviceSpan<Element> elements) {
  const std::int64_t read = thread_index();
  if (read >= entity.size) return;
  keys[read] = static_cast<std::uint32_t>(read / reads_a_batch * entities + entity[read]);
  elements[read] = {static_cast<std::int32_t>(read), 1.0F};
}

struct FoundSlots {
  DeviceSpan<std::int32_t> entity;
  DeviceSpan<std::int64_t> first;
  DeviceSpan<std::int64_t> batch_slots;
  DeviceSpan<std::int64_t> batch_reads;
  DeviceSpan<std::int32_t> slot_of_read;
};

/// Also turns keys into numbers of slots.
__global__ void __launch_bounds__(threads)
    write_slots_kernel(DeviceSpan<const std::int64_t> places, DeviceSpan<const Element> elements,
                       std::int64_t reads_a_batch, std::int64_t entities, DeviceSpan<std::uint32_t> keys,
                       FoundSlots out) {
  const std::int64_t i = thread_index();
  if (i < keys.size) {
    const std::int64_t slot = places[i + 1] - 1, batch = i / reads_a_batch;
    if (places[i] == slot) {  // the slot begins here
      out.entity[slot] = static_cast<std::int32_t>(keys[i] - batch * entities);
      out.first[slot] = i;
    }
    out.slot_of_read[elements[i].index] = static_cast<std::int32_t>(slot - places[batch * reads_a_batch]);
    keys[i] = static_cast<std::uint32_t>(slot);
  } else if (i == keys.size) {
    out.first[places[i]] = i;
  }
  if (i < out.batch_slots.size) {
    const std::int64_t begin = i * reads_a_batch < keys.size ? i * reads_a_batch : keys.size;
    out.batch_slots[i] = places[begin];
    out.batch_reads[i] = begin;
  }
}

struct SlotEntries {
  DeviceCsrView entries;
  DeviceSpan<const unsigned char> identified;
  DeviceSpan<const std::int32_t> entity;
  DeviceSpan<const std::int64_t> batch_slots;

  __device__ std::int64_t slots() const { return batch_slots[batch_slots.size - 1]; }
};

/// counts[s]: entries of slot s; 0 beyond the last.
__global__ void __launch_bounds__(threads)
    count_entries_kernel(SlotEntries slots, DeviceSpan<const std::int64_t> first, std::int64_t reads_a_batch,
                         IdentityDropout dropout, DeviceSpan<std::int32_t> counts) {
  const std::int64_t slot = thread_index();
  if (slot >= counts.size) return;
  std::int64_t count = 0;
  if (slot < slots.slots()) {
    const std::int32_t entity = slots.entity[slot];
    count = slots.entries.size(entity);
    const auto batch = static_cast<std::uint64_t>(first[slot] / reads_a_batch);
    if (slots.identified[entity] != 0 && leaves_identity_out(dropout, batch, entity)) --count;
  }
  counts[slot] = static_cast<std::int32_t>(count);
}

struct Expanded {
  DeviceSpan<std::uint32_t> entry_keys;
  DeviceSpan<Element> entries;
  DeviceSpan<std::int64_t> batch_entries;
  DeviceSpan<std::uint32_t> reader_keys;
  DeviceSpan<Element> readers;
  DeviceSpan<std::int64_t> batch_readers;
};

/// The row of entry e, when row r has entries [begins[r], begins[r + 1]).
__device__ std::int64_t row_of_entry(DeviceSpan<const std::int64_t> begins, std::int64_t rows, std::int64_t e) {
  std::int64_t low = 0, high = rows;  // begins[low] ≤ e < begins[high]
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    if (begins[middle] <= e) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

__global__ void __launch_bounds__(threads)
    expand_entries_kernel(SlotEntries slots, DeviceSpan<const std::int64_t> first,
                          DeviceSpan<const std::int64_t> begins, DeviceSpan<const std::int32_t> slice,
                          std::int64_t slices, std::int64_t reads_a_batch, std::int64_t rows, std::int64_t size,
                          Expanded out) {
  const std::int64_t e = thread_index();
  const std::int64_t count = slots.slots(), end = begins[count];
  if (e < end) {
    const std::int64_t slot = row_of_entry(begins, count, e);
    const std::int32_t entity = slots.entity[slot];
    // Without identity, which stands first, the others move up.
    const std::int64_t at = slots.entries.end(entity) - (begins[slot + 1] - e);
    const std::int64_t row = slots.entries.indices[at], batch = first[slot] / reads_a_batch;
    const float value = slots.entries.values[at];
    out.entry_keys[e] = static_cast<std::uint32_t>(slot * slices + slice[row]);
    out.entries[e] = {static_cast<std::int32_t>(row), value};
    out.reader_keys[e] = static_cast<std::uint32_t>(batch * rows + row);
    out.readers[e] = {static_cast<std::int32_t>(slot - slots.batch_slots[batch]), value};
  } else if (e < size) {
    out.reader_keys[e] = static_cast<std::uint32_t>((slots.batch_slots.size - 1) * rows);  // behind all others
    out.readers[e] = {0, 0.0F};
  }
  if (e < slots.batch_slots.size) out.batch_entries[e] = out.batch_readers[e] = begins[slots.batch_slots[e]];
}

struct Cleared {
  DeviceSpan<float4> vectors[3];
  DeviceSpan<float> bias[3];  // none is longer than its vectors
};

/// blockIdx.y tells which. A parameter that is indexed by a number which only the device knows is copied to the stack
/// of every thread, unless it is a grid's constant.
__global__ void __launch_bounds__(threads) clear_kernel(const __grid_constant__ Cleared all) {
  const std::int64_t i = thread_index();
  const DeviceSpan<float4>& vectors = all.vectors[blockIdx.y];
  const DeviceSpan<float>& bias = all.bias[blockIdx.y];
  if (i < vectors.size) vectors[i] = make_float4(0, 0, 0, 0);
  if (i < bias.size) bias[i] = 0;
}

/// The entries of a sparse matrix as a list of segments in one batch.
__global__ void __launch_bounds__(threads)
    list_entries_kernel(DeviceCsrView entries, std::int64_t shift, DeviceSpan<const std::int32_t> slice,
                        std::int64_t slices, DeviceSpan<std::uint32_t> keys, DeviceSpan<Element> elements,
                        DeviceSpan<std::int64_t> batch_elements) {
  const std::int64_t e = thread_index();
  if (e >= entries.entries()) return;
  const std::int64_t row = shift + entries.indices[e];
  keys[e] = static_cast<std::uint32_t>(row_of_entry(entries.offsets, entries.rows, e) * slices + slice[row]);
  elements[e] = {static_cast<std::int32_t>(row), entries.values[e]};
  if (e == 0) {
    batch_elements[0] = 0;
    batch_elements[1] = entries.entries();
  }
}

}  // namespace

void clear(Device& device, std::initializer_list<Values*> values) {
  EMBRACE_PHASE("clear");
  Cleared all;
  int count = 0;
  std::int64_t largest = 0;
  for (Values* each : values) {
    const auto rows = each->vectors.view();
    all.vectors[count] = {reinterpret_cast<float4*>(rows.data), rows.rows * rows.stride / 4};
    all.bias[count++] = each->bias.span();
    largest = std::max(largest, rows.rows * rows.stride / 4);
  }
  const dim3 blocks(blocks_for(largest, threads), static_cast<unsigned>(count));
  clear_kernel<<<blocks, threads, 0, device.stream()>>>(all);
  EMBRACE_CHECK(cudaGetLastError());
}

EmbeddingTable::EmbeddingTable(Device& device, const embrace::EmbeddingTable& host)
    : entries_(device, host.entries().view()),
      identities_(host.identities()),
      slices_(host.slices()),
      vectors_(device, host.rows(), host.factors()),
      frozen_(device, host.frozen().rows, host.frozen().columns) {
  std::vector<unsigned char> identified(static_cast<std::size_t>(host.entities()));
  for (std::size_t e = 0; e < identified.size(); ++e) {
    identified[e] = host.has_identity(static_cast<std::int64_t>(e)) ? 1 : 0;
  }
  std::vector<std::int32_t> slice(static_cast<std::size_t>(host.rows()));
  std::vector<float> bias(slice.size());
  for (std::size_t r = 0; r < slice.size(); ++r) {
    slice[r] = host.slice(static_cast<std::int64_t>(r));
    bias[r] = host.weights()(static_cast<std::int64_t>(r), host.factors());
  }
  identified_ = {device, Span<const unsigned char>(identified)};
  slice_ = {device, Span<const std::int32_t>(slice)};
  bias_ = {device, Span<const float>(bias)};
  vectors_.upload(device, {host.weights().data(), host.rows(), host.factors(), host.factors() + 1});
  frozen_.upload(device, host.frozen());
}

std::int64_t EmbeddingTable::bytes(const embrace::EmbeddingTable& host) {
  return DeviceCsr::bytes(host.entries().view()) + host.entities() + 8 * host.rows() +
         DeviceMatrix::bytes(host.rows(), host.factors()) +
         DeviceMatrix::bytes(host.frozen().rows, host.frozen().columns);
}

std::int64_t EmbeddingTable::represent_bytes(const embrace::EmbeddingTable& host) {
  const std::int64_t size = host.entries().entries();
  return Segments::bytes(1, size) + SortBuffers::bytes(size + 1) +
         static_cast<std::int64_t>(sizeof(Sum)) * Partials::size(size, DeviceMatrix::stride(host.factors()) / 4);
}

TableView EmbeddingTable::view() const {
  return {entries_.view(), identified_.span(), slice_.span(), slices_, vectors_.view(), bias_.span(), frozen_.view()};
}

bool EmbeddingTable::finite(Device& device) const {
  const auto all = vectors_.view();
  const double squares =
      sum_of_squares(device, {all.data, all.rows * all.stride}) + sum_of_squares(device, bias_.span());
  return std::isfinite(squares);
}

void EmbeddingTable::represent(Device& device, Values& out) const {
  represent(device, entries_.view(), 0, out);
  add_frozen(device, frozen_.view(), out);
}

void EmbeddingTable::add_frozen(Device& device, DeviceMatrixView<const float> vectors, Values& out) const {
  if (frozen_.columns() == 0) return;
  const std::int64_t first = view().first_frozen();
  const auto all = vectors_.view();
  multiply(device, vectors, {all.row(first), frozen_.columns(), all.columns, all.stride}, 1, out.last_slice());
  multiply(device, vectors, {bias_.span().data + first, frozen_.columns(), 1, 1}, 1, out.last_bias());
}

void EmbeddingTable::represent(Device& device, const RowRange& features, Values& out) const {
  const CsrView& all = features.matrix;
  const std::int64_t begin = all.offsets[features.first];
  std::vector<std::int64_t> offsets;
  for (std::int64_t r = features.first; r <= features.first + features.count; ++r) {
    offsets.push_back(all.offsets[r] - begin);
  }
  const CsrView rows{offsets.data(), all.indices + begin, all.values + begin, features.count, all.columns};
  represent(device, DeviceCsr(device, rows).view(), identities_, out);
}

/// Column c of `entries` is row shift + c of the table.
void EmbeddingTable::represent(Device& device, DeviceCsrView entries, std::int64_t shift, Values& out) const {
  EMBRACE_PHASE("represent");
  clear(device, {&out});
  const std::int64_t size = entries.entries();
  if (size == 0) return;
  if (entries.rows * slices_ > most_keys) throw Unsupported("more than 2^32 - 1 embeddings of fields at once");
  Segments list(device, 1, size);
  SortBuffers sums(device, size + 1);
  list_entries_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(
      entries, shift, slice_.span(), slices_, list.keys(), list.elements(), list.batch_elements());
  EMBRACE_CHECK(cudaGetLastError());
  list.cut(device, 1, size, sums);
  const TableView table = view();
  const std::int64_t quads = table.quads();
  DeviceBuffer<Sum> partials(device, Partials::size(size, quads));
  sum_segments(device, {size, std::min(size, entries.rows * slices_)}, quads,
               Represent{list.view(),
                         0,
                         quads,
                         {partials.span(), quads},
                         table.vectors,
                         table.bias,
                         out.vectors.view(),
                         out.bias.span(),
                         {},
                         slices_});
}

Slots::Bounds Slots::bounds(const embrace::EmbeddingTable& table, std::int64_t reads_a_batch, std::int64_t batches) {
  const CsrView entries = table.entries().view();
  const std::int64_t slots = std::min(reads_a_batch, table.entities());
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(table.entities()));
  for (std::size_t e = 0; e < sizes.size(); ++e) sizes[e] = entries.row_size(static_cast<std::int64_t>(e));
  const auto largest = sizes.begin() + slots;
  std::nth_element(sizes.begin(), largest, sizes.end(), std::greater<>());
  return {batches, reads_a_batch, slots, std::accumulate(sizes.begin(), largest, std::int64_t{0})};
}

std::int64_t Slots::batches_together(const embrace::EmbeddingTable& table, std::int64_t reads_a_batch) {
  const Bounds one = bounds(table, reads_a_batch, 1);
  // Keys: batch and entity; slot and slice; batch and row, and one behind all.
  const std::int64_t keys = std::max({table.entities(), one.slots * table.slices(), table.rows(), std::int64_t{1}});
  const std::int64_t by_keys = (most_keys - 1) / keys;
  const std::int64_t by_memory = entries_together / std::max<std::int64_t>({one.entries, one.reads, 1});
  if (by_keys < 1) throw Unsupported("a batch has more than 2^32 - 1 embeddings of fields; lower batch");
  return std::max<std::int64_t>(1, std::min(by_keys, by_memory));
}

std::int64_t Slots::bytes(const Bounds& bounds) {
  const std::int64_t reads = bounds.batches * bounds.reads, entries = bounds.batches * bounds.entries;
  return 32 * (reads + 1) + 8 * (bounds.batches + 1) + Segments::bytes(bounds.batches, reads) +
         2 * Segments::bytes(bounds.batches, entries);
}

Slots::Slots(Device& device, const Bounds& bounds, std::int64_t slices)
    : bounds_(bounds),
      slices_(slices),
      entity_of_read_(device, bounds.batches * bounds.reads),
      slot_of_read_(device, bounds.batches * bounds.reads),
      entity_(device, bounds.batches * bounds.reads),
      first_(device, bounds.batches * bounds.reads + 1),
      batch_slots_(device, bounds.batches + 1),
      counts_(device, bounds.batches * bounds.reads + 1),
      places_(device, bounds.batches * bounds.reads + 1),
      reads_(device, bounds.batches, bounds.batches * bounds.reads),
      entries_(device, bounds.batches, bounds.batches * bounds.entries),
      readers_(device, bounds.batches, bounds.batches * bounds.entries) {}

SlotsView Slots::view() const {
  return {entity_.span(), first_.span(), batch_slots_.span(), slot_of_read_.span(), bounds_.reads,
          slices_,        reads_.view(), entries_.view(),     readers_.view()};
}

void Slots::collect(Device& device, const TableView& table, std::int64_t reads, const IdentityDropout& dropout,
                    SortBuffers& sorts) {
  EMBRACE_PHASE("collect");
  if (reads == 0) return;
  const std::int64_t batches = (reads + bounds_.reads - 1) / bounds_.reads;
  find_slots(device, table, reads, batches, sorts);
  reads_.cut(device, batches, reads, sorts);
  find_entries(device, table, reads, batches, dropout, sorts);
  const std::int64_t most = batches * bounds_.entries;
  entries_.cut(device, batches, most, sorts);
  sorts.sort(device, readers_.keys().part(0, most), readers_.elements().part(0, most),
             bits_of(batches * table.rows() + 1));
  readers_.cut(device, batches, most, sorts);
}

void Slots::find_slots(Device& device, const TableView& table, std::int64_t reads, std::int64_t batches,
                       SortBuffers& sorts) {
  const std::int64_t entities = table.entries.rows;
  const auto keys = reads_.keys().part(0, reads);
  const auto elements = reads_.elements().part(0, reads);
  write_reads_kernel<<<blocks_for(reads, threads), threads, 0, device.stream()>>>(
      entity_of_read_.span().part(0, reads), bounds_.reads, entities, keys, elements);
  EMBRACE_CHECK(cudaGetLastError());
  sorts.sort(device, keys, elements, bits_of(batches * entities));
  const auto places = places_.span().part(0, reads + 1);
  sorts.count_runs(device, keys, places);
  write_slots_kernel<<<blocks_for(std::max(reads, batches) + 1, threads), threads, 0, device.stream()>>>(
      places, elements, bounds_.reads, entities, keys,
      {entity_.span(), first_.span(), batch_slots_.span().part(0, batches + 1),
       reads_.batch_elements().part(0, batches + 1), slot_of_read_.span()});
  EMBRACE_CHECK(cudaGetLastError());
}

void Slots::find_entries(Device& device, const TableView& table, std::int64_t reads, std::int64_t batches,
                         const IdentityDropout& dropout, SortBuffers& sorts) {
  const SlotEntries slots{table.entries, table.identified, entity_.span(), batch_slots_.span().part(0, batches + 1)};
  const auto counts = counts_.span().part(0, reads + 1);
  const auto begins = places_.span().part(0, reads + 1);
  count_entries_kernel<<<blocks_for(reads + 1, threads), threads, 0, device.stream()>>>(slots, first_.span(),
                                                                                        bounds_.reads, dropout, counts);
  EMBRACE_CHECK(cudaGetLastError());
  sorts.exclusive_sum(device, counts, begins);
  const std::int64_t most = batches * bounds_.entries;
  expand_entries_kernel<<<blocks_for(std::max(most, batches + 1), threads), threads, 0, device.stream()>>>(
      slots, first_.span(), begins, table.slice, table.slices, bounds_.reads, table.rows(), most,
      {entries_.keys(), entries_.elements(), entries_.batch_elements(), readers_.keys(), readers_.elements(),
       readers_.batch_elements()});
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
