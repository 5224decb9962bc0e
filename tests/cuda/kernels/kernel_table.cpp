#include "tests/cuda/kernels/kernel_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "cuda/math/improve_rows.hpp"
#include "cuda/math/normal_equations.hpp"
#include "cuda/math/rank.hpp"

namespace embrace::test {
namespace {

/// Bytes of shared memory that a launch asks for; nothing when it is not known here.
std::optional<int> asked_for(const KernelFacts& kernel) {
  if (!kernel.asks) return 0;
  static const std::regex shape("Shape<(\\d+),"), iteration("^iterate_rows_kernel<Spread<(\\d+), (\\d+)>,"),
      kept("^improve_rows_kernel<Kept<(\\d+),");
  std::smatch match;
  if (std::regex_search(kernel.kernel, match, shape)) {
    return static_cast<int>(gpu::solver_shared_bytes(std::stoi(match[1]), gpu::Solver::cholesky));
  }
  if (std::regex_search(kernel.kernel, match, iteration)) {  // lanes, and fours of factors a lane
    const int factors = 4 * std::stoi(match[1]) * std::stoi(match[2]);
    return static_cast<int>(gpu::solver_shared_bytes(factors, gpu::Solver::conjugate_gradients));
  }
  if (std::regex_search(kernel.kernel, match, kept)) {  // fours of factors a lane of eight
    return static_cast<int>(gpu::improve_rows_shared_bytes(32 * std::stoi(match[1])));
  }
  constexpr std::int64_t depth = 10;  // of lists
  if (kernel.kernel == "score_tiles_kernel<Written>") return 0;
  if (kernel.kernel == "score_tiles_kernel<Ranked>" || kernel.kernel == "offer_scores_kernel") {
    return static_cast<int>(gpu::offering_shared_bytes(kernel.threads / 32, depth));
  }
  if (kernel.kernel == "finish_lists_kernel") return static_cast<int>(gpu::sorting_shared_bytes(depth));
  return std::nullopt;
}

/// Without the arguments that depend on the number of factors.
std::string general_name(const std::string& kernel) {
  std::string name = std::regex_replace(kernel, std::regex("(Shape|Spread|Kept)<[^>]*>, "), "");
  name = std::regex_replace(name, std::regex(R"(^(\w+)<\d+(, \d+)*>$)"), "$1");
  return std::regex_replace(name, std::regex(R"(^(\w+<)\d+, )"), "$1");
}

std::size_t place_of(int architecture) {
  const auto found = std::find(table_architectures.begin(), table_architectures.end(), architecture);
  if (found == table_architectures.end()) throw std::runtime_error("the table has no such architecture");
  return static_cast<std::size_t>(found - table_architectures.begin());
}

void note(const KernelFacts& kernel, int dynamic, HotRow& row) {
  const std::size_t place = place_of(kernel.architecture);
  row.threads = kernel.threads;
  row.shared = std::max(row.shared, kernel.shared + dynamic);
  row.registers[place] = kernel.registers;
  row.spilled[place] = kernel.spilled;
  row.occupancy[place] = occupancy(kernel, dynamic);
}

bool equal_but_for_factors(const HotRow& a, const HotRow& b) {
  return a.source == b.source && a.kernel == b.kernel && a.threads == b.threads && a.shared == b.shared &&
         a.registers == b.registers && a.spilled == b.spilled && a.occupancy == b.occupancy;
}

/// Rows of one hot kernel for one number of factors, by name.
std::map<std::string, HotRow> rows_of(const HotKernel& hot, std::size_t which, const std::vector<KernelFacts>& facts) {
  std::map<std::string, HotRow> rows;
  const std::string begin = hot.kernel + hot.instances[which];
  for (const KernelFacts& kernel : facts) {
    if (kernel.source != hot.source || !kernel.kernel.starts_with(begin)) continue;
    const std::optional<int> dynamic = asked_for(kernel);
    if (!dynamic) throw std::runtime_error("what launches of " + kernel.kernel + " ask for is not known");
    HotRow& row = rows[general_name(kernel.kernel)];
    row.source = hot.source;
    row.kernel = general_name(kernel.kernel);
    row.factors = {table_factors[which]};
    note(kernel, *dynamic, row);
  }
  if (rows.empty()) throw std::runtime_error("no kernel of " + hot.source + ".cu is " + begin + "…");
  return rows;
}

std::string on_each(const std::array<int, 3>& values) {
  if (values[0] == values[1] && values[1] == values[2]) return fmt::format("{}", values[0]);
  return fmt::format("{}", fmt::join(values, " / "));
}

std::array<int, 3> parse_each(const std::string& text) {
  std::array<int, 3> values{};
  const int read = std::sscanf(text.c_str(), "%d / %d / %d", &values[0], &values[1], &values[2]);
  if (read == 1) values = {values[0], values[0], values[0]};
  return values;
}

std::string other_kernels(const std::vector<KernelFacts>& facts) {
  std::map<std::pair<std::string, std::string>, std::pair<HotRow, bool>> rows;
  for (const KernelFacts& kernel : facts) {
    const bool hot = std::any_of(hot_kernels().begin(), hot_kernels().end(), [&](const HotKernel& h) {
      return h.source == kernel.source &&
             std::any_of(h.instances.begin(), h.instances.end(),
                         [&](const std::string& i) { return kernel.kernel.starts_with(h.kernel + i); });
    });
    if (hot) continue;
    auto& [row, known] = rows[{kernel.source, kernel.kernel}];
    const std::optional<int> dynamic = asked_for(kernel);
    known = dynamic.has_value();
    note(kernel, dynamic.value_or(0), row);
  }
  std::string text;
  for (const auto& [name, value] : rows) {
    const auto& [row, known] = value;
    text += fmt::format("| {} | `{}` | {} | {} | {} | {} | {} |\n", name.first, name.second, row.threads,
                        known ? std::to_string(row.shared) : "varies", on_each(row.registers), on_each(row.spilled),
                        known ? on_each(row.occupancy) : "varies");
  }
  return text;
}

}  // namespace

const std::vector<HotKernel>& hot_kernels() {
  using Instances = std::array<std::string, 3>;
  static const Instances shapes{"<Shape<32, ", "<Shape<64, ", "<Shape<128, "}, lanes{"<8, ", "<16, ", "<32, "},
      lanes_alone{"<8>", "<16>", "<32>"};
  static const std::vector<HotKernel> kernels{
      {"normal_equations", "solve_rows_kernel", shapes,
       "als, ials, feature-ials: sums the system of a row of up to 2048 ratings, factorizes and solves it"},
      {"normal_equations", "add_pieces_kernel", shapes,
       "als, ials, feature-ials: sums the system of a piece of a longer row"},
      {"normal_equations", "solve_long_rows_kernel", shapes,
       "als, ials, feature-ials: adds the pieces of a longer row and solves it"},
      {"improve_rows",
       "improve_rows_kernel",
       {"<Kept<1, 16>, ", "<Kept<2, 16>, ", "<Kept<4, 8>, "},
       "ials with cg_steps: the steps of a row of up to 128 ratings by a warp, of up to 2048 by a block"},
      {"sgd_epoch",
       "descend_round_kernel",
       {"<1, 1>", "<2, 1>", "<4, 1>"},
       "sgd: a step of gradient descent for each rating of a round"},
      {"bayes_rows",
       "walk_rows_kernel",
       {},
       "bayes: SampleRow sums what a row's ratings say about all its factors in turn and draws them, PassRow sums four "
       "factors of a row that has features"},
      {"bayes_columns", "draw_columns_kernel", {}, "bayes: draws the weights of columns of features in a dimension"},
      {"samples",
       "draw_samples_kernel",
       {},
       "hybrid, deep, lightgcn, two-tower: the samples of an epoch, with sampled movies"},
      {"search", "find_movies_kernel", lanes_alone,
       "hybrid with WARP: draws and scores movies until one comes near the rated one"},
      {"hybrid_kernels", "sum_pieces_kernel", lanes,
       "hybrid: Represent sums the embeddings of features, SlotGradient the gradients of samples, UpdateRows those of "
       "features, and makes Adagrad's step"},
      {"hybrid_kernels", "find_coefficients_kernel", lanes_alone, "hybrid: scores, losses and their derivatives"},
      {"deep_slots", "sum_pieces_kernel", lanes,
       "deep: Represent sums a field's embeddings, Interactions the factorization machine's gradients, HiddenGradient "
       "those of the first layer, UpdateRows makes Adagrad's step"},
      {"frozen_vectors", "gather_frozen_kernel", {}, "hybrid, deep: the frozen vectors of a batch"},
      {"frozen_vectors", "sum_frozen_kernel", {}, "hybrid, deep: the gradients of the biases of their rows"},
      {"hybrid_kernels", "update_frozen_kernel", {}, "hybrid: Adagrad's step of their rows"},
      {"deep_slots", "update_frozen_kernel", {}, "deep: Adagrad's step of their rows"},
      {"deep_model", "activate_first_kernel", {}, "deep: bias, relu and dropout of the first layer"},
      {"deep_model", "learn_output_kernel", {}, "deep: second layer's activation, output, loss and their gradients"},
      {"deep_model", "pass_back_first_kernel", {}, "deep: gradient through relu and dropout of the first layer"},
      {"deep_model", "score_samples_kernel", {}, "deep: the output for predictions"},
      {"adam", "update_weights_kernel", {}, "deep, mult-vae, lightgcn, item2vec: Adam's step"},
      {"mult_vae_kernels", "sum_histories_kernel", {}, "mult-vae: the first layer, of what users keep, or have"},
      {"mult_vae_kernels", "draw_codes_kernel", {}, "mult-vae: noise, codes and their divergence"},
      {"mult_vae_kernels", "learn_scores_kernel", {}, "mult-vae: softmax, loss and gradient of the scores"},
      {"mult_vae_kernels", "update_inputs_kernel", {}, "mult-vae: gradient and Adam's step of the first layer"},
      {"elsa", "sum_histories_kernel", {}, "elsa: sums of the vectors of what users have"},
      {"elsa", "learn_outputs_kernel", {}, "elsa: loss and gradient of the outputs"},
      {"elsa",
       "turn_items_kernel",
       {"<1>", "<1>", "<1>"},
       "elsa: gradient and Adam's step of items, vectors of length one"},
      {"spmm", "multiply_short_rows_kernel", lanes_alone,
       "lightgcn, puresvd, feature-ials, two-tower: rows of a sparse matrix of up to 32 entries times a dense one"},
      {"spmm", "multiply_medium_rows_kernel", lanes_alone,
       "lightgcn, puresvd, feature-ials, two-tower: the same of up to 2048 entries"},
      {"spmm", "multiply_pieces_kernel", lanes_alone,
       "lightgcn, puresvd, feature-ials, two-tower: the same of a piece of a longer row"},
      {"node_sums", "sum_pieces_kernel", lanes,
       "lightgcn, two-tower, item2vec: SumParts adds what a batch says of a user or a movie"},
      {"lightgcn_kernels", "compare_pairs_kernel", lanes_alone,
       "lightgcn with BPR: score differences, losses and gradients of samples"},
      {"lightgcn_kernels", "find_directions_kernel", lanes_alone, "lightgcn: vectors of length one"},
      {"lightgcn_kernels", "contrast_kernel", {}, "lightgcn: losses of drawn items' scores and their derivatives"},
      {"lightgcn_kernels", "finish_parts_kernel", lanes_alone,
       "lightgcn: gradients by vectors from those by directions"},
      {"item2vec_kernels", "take_in_kernel", {}, "item2vec: vectors of a batch, in matrices of one shape"},
      {"item2vec_kernels", "push_away_kernel", {}, "item2vec: losses of drawn items' scores and their derivatives"},
      {"item2vec_kernels",
       "pull_together_kernel",
       {"<8, 1>", "<16, 1>", "<32, 1>"},
       "item2vec: scores, losses and gradients of the items of a basket with each other"},
      {"two_tower_kernels", "take_in_pairs_kernel", lanes_alone,
       "two-tower: pairs' users, of the others of their histories, and items, of length one"},
      {"two_tower_kernels", "learn_pairs_kernel", {}, "two-tower: losses of a group's scores and their derivatives"},
      {"two_tower_kernels", "finish_pairs_kernel", lanes_alone,
       "two-tower: gradients by vectors from those by directions"},
      {"table_adam", "step_rows_kernel", {}, "two-tower: Adam's step of both tables"},
      {"neighbors",
       "find_neighbors_kernel",
       {},
       "item-knn, user-knn: products of a row with all others, and the best of them"},
      {"row_products",
       "multiply_rows_kernel",
       {},
       "item-knn, user-knn: scores of all items; slim: counts of items together"},
      {"row_products", "multiply_elements_kernel", {}, "item-knn, user-knn: predictions of pairs"},
      {"slim", "solve_columns_kernel", {}, "slim: coordinate descent, a column a warp"},
      {"embedding", "predict_pairs_kernel", {}, "all methods of vectors: predictions of pairs"},
      {"embedding_items", "score_tiles_kernel", {}, "all methods of vectors: scores of all items, written or ranked"},
      {"rank", "offer_scores_kernel", {}, "all other methods: ranks scores that were written"},
      {"rank", "finish_lists_kernel", {}, "all methods: sorts the candidates for a list"},
  };
  return kernels;
}

std::vector<HotRow> hot_rows(const std::vector<KernelFacts>& facts) {
  std::vector<HotRow> all;
  for (const HotKernel& hot : hot_kernels()) {
    std::vector<HotRow> rows;
    for (std::size_t which = 0; which < table_factors.size(); ++which) {
      for (const auto& [name, row] : rows_of(hot, which, facts)) {
        const auto same = std::find_if(rows.begin(), rows.end(),
                                       [&, &r = row](const HotRow& other) { return equal_but_for_factors(r, other); });
        if (same != rows.end()) {
          same->factors.push_back(table_factors[which]);
        } else {
          rows.push_back(row);
        }
      }
    }
    std::stable_sort(rows.begin(), rows.end(), [](const HotRow& a, const HotRow& b) { return a.kernel < b.kernel; });
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

std::string render_kernel_table(const std::vector<KernelFacts>& facts) {
  std::string text = fmt::format(
      R"(# Kernels

What the compiler makes of the kernels, for compute capabilities 8.0, 9.0 and 10.0; one number where all three are equal. Made by
nvcc {} with
```
cmake --preset cuda-ptx && cmake --build --preset cuda-ptx --target kernel_table && build/cuda-ptx/bin/kernel_table > tests/golden/kernels.md
```
Registers are a thread's. Spilled: bytes that a thread stores to and loads from local memory because registers ran out. Shared: bytes of
shared memory a block, with what the launch asks for, for lists of ten. Occupancy: the share of a multiprocessor's 2048 threads that may be in flight, in
percent, by NVIDIA's occupancy calculator. Nothing here was measured on a GPU.

## Hot kernels

An epoch or a prediction spends its time in these; what cuBLAS and CUB do is not shown. `kernels_test` fails when one of them spills, has a
lower occupancy than here, or is not here.

| source | kernel | factors | threads | shared | registers | spilled | occupancy |
| --- | --- | --- | ---: | ---: | --- | --- | --- |
)",
      EMBRACE_NVCC_VERSION);
  for (const HotRow& row : hot_rows(facts)) {
    text += fmt::format("| {} | `{}` | {} | {} | {} | {} | {} | {} |\n", row.source, row.kernel,
                        fmt::join(row.factors, ", "), row.threads, row.shared, on_each(row.registers),
                        on_each(row.spilled), on_each(row.occupancy));
  }
  text += "\n| source | kernel | what it does |\n| --- | --- | --- |\n";
  for (const HotKernel& hot : hot_kernels()) {
    text += fmt::format("| {} | `{}` | {} |\n", hot.source, hot.kernel, hot.what);
  }
  text +=
      "\n## The others\n\nFor other numbers of factors, before or after training.\n\n"
      "| source | kernel | threads | shared | registers | spilled | occupancy |\n"
      "| --- | --- | ---: | ---: | --- | --- | --- |\n";
  return text + other_kernels(facts);
}

std::vector<HotRow> parse_kernel_table(const std::string& text) {
  std::vector<HotRow> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    for (std::size_t at = line.find("| "); at != std::string::npos; at = line.find("| ", at + 1)) {
      const std::size_t end = line.find(" |", at + 1);
      if (end != std::string::npos) cells.push_back(line.substr(at + 2, end - at - 2));
    }
    if (cells.size() != 8 || !cells[1].starts_with('`')) continue;
    HotRow row{cells[0], cells[1].substr(1, cells[1].size() - 2), {}, std::stoi(cells[3]), std::stoi(cells[4])};
    std::istringstream factors(cells[2]);
    for (std::string number; std::getline(factors, number, ',');) row.factors.push_back(std::stoi(number));
    row.registers = parse_each(cells[5]);
    row.spilled = parse_each(cells[6]);
    row.occupancy = parse_each(cells[7]);
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> lost(const std::vector<HotRow>& now, const std::vector<HotRow>& table) {
  const auto by_name = [](const std::vector<HotRow>& rows) {
    std::map<std::string, const HotRow*> named;
    for (const HotRow& row : rows) {
      for (const int k : row.factors) named[fmt::format("{}: {}, {} factors", row.source, row.kernel, k)] = &row;
    }
    return named;
  };
  const auto named_now = by_name(now), named_table = by_name(table);
  std::vector<std::string> losses;
  for (const auto& [name, row] : named_now) {
    for (std::size_t i = 0; i < table_architectures.size(); ++i) {
      if (row->spilled[i] > 0) {
        losses.push_back(fmt::format("{}: spills {} bytes on sm_{}", name, row->spilled[i], table_architectures[i]));
      }
      const auto then = named_table.find(name);
      if (then != named_table.end() && row->occupancy[i] < then->second->occupancy[i]) {
        losses.push_back(fmt::format("{}: occupancy {} % on sm_{}, it was {} %", name, row->occupancy[i],
                                     table_architectures[i], then->second->occupancy[i]));
      }
    }
    if (named_table.count(name) == 0) losses.push_back(name + ": not in the table");
  }
  for (const auto& [name, row] : named_table) {
    if (named_now.count(name) == 0) losses.push_back(name + ": only in the table");
  }
  return losses;
}

}  // namespace embrace::test
