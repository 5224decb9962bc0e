// launch: kernels of one thread, one after the other: what each launch costs, whatever it does.
#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t) { return {.shape = shape, .ratings = {}, .a = {}, .b = {}}; }

std::vector<double> reference(const Inputs& in) { return {static_cast<double>(in.shape.ratings)}; }

Work work(const Inputs& in) { return {0, 0, static_cast<double>(in.shape.ratings)}; }

}  // namespace

Operation launch_operation() {
  return {.name = "launch",
          .bound_reason = "whole numbers",
          .small = {{"0", 0, 0, 0, 0}, {"10", 0, 0, 10, 0}},
          .large = {{"1000", 0, 0, 1000, 0}},
          .inputs = inputs,
          .reference = reference,
          .cpu = {},
          .work = work};
}

}  // namespace embrace::cases
