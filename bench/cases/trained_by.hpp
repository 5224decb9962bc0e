// Operations that are what a method does with its whole model: their run on the processor is the method's trainer, and
// their vectors are those that it starts from, drawn from a normal distribution.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/cases/training_data.hpp"
#include "host/methods/registry.hpp"

namespace embrace::cases {

/// A trainer with what it refers to, beside the inputs and the threads.
struct CaseTrainer {
  CaseTrainer(const char* method, Task task, const Inputs& in, Threads& threads)
      : data(std::make_unique<TrainingData>(in)), trainer(find_method(method)->cpu(data->problem(in, task, threads))) {}
  std::unique_ptr<TrainingData> data;
  std::unique_ptr<Trainer> trainer;
};

/// Beside the ratings, the hyper-parameters of the method with `settings` and the shape's number of factors, and the
/// vectors that its trainer starts from.
inline Inputs inputs_of(const char* method, Task task, const Shape& shape, Triples ratings,
                        std::vector<std::pair<std::string, double>> settings) {
  settings.emplace_back("factors", static_cast<double>(shape.factors));
  Inputs in{.shape = shape, .ratings = std::move(ratings), .a = {}, .b = {}};
  in.hyper = make_hyper(*find_method(method), task, settings, {shape.users, shape.items, shape.ratings});
  Threads one(1);
  const CaseTrainer made(method, task, in, one);
  const auto copy = [](ConstMatrixView from) {
    Matrix to(from.rows, from.columns);
    for (std::int64_t r = 0; r < from.rows; ++r) std::copy_n(from.row(r), from.columns, to.row(r));
    return to;
  };
  const EmbeddingView first = *made.trainer->embedding();
  in.a = copy(first.users);
  in.b = copy(first.items);
  return in;
}

/// Numbers of a matrix, row by row, whatever its stride.
inline void append(std::vector<double>& all, ConstMatrixView from) {
  for (std::int64_t r = 0; r < from.rows; ++r) all.insert(all.end(), from.row(r), from.row(r) + from.columns);
}

/// 0 without ratings.
inline double mean_rating(const Inputs& in) {
  double sum = 0;
  for (const float value : in.ratings.values) sum += static_cast<double>(value);
  return sum / std::max(1.0, static_cast<double>(in.ratings.values.size()));
}

}  // namespace embrace::cases
