// Half-sweeps by both solvers against dense systems in double (tests/reference/alternating_reference.hpp).
#include "cuda/math/normal_equations.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/math/product.hpp"
#include "cuda/math/subspace.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/reference/alternating_reference.hpp"

namespace embrace::gpu {
namespace {

using test::Dense;
using Sizes = std::vector<std::int64_t>;

constexpr std::int64_t columns = 150;

Csr rows_of_sizes(const Sizes& sizes) {
  const Random random(5, Stream::sampling);
  Csr matrix;
  matrix.columns = columns;
  for (const std::int64_t size : sizes) {
    for (std::int64_t e = 0; e < size; ++e) {
      const auto number = static_cast<std::uint64_t>(matrix.entries());
      matrix.indices.push_back(static_cast<std::int32_t>(random.below(columns, number, 0)));
      matrix.values.push_back(static_cast<float>(random.below(10, number, 1)) / 2 + 0.5F);
    }
    matrix.offsets.push_back(matrix.entries());
  }
  return matrix;
}

Matrix random_vectors(std::int64_t rows, std::int64_t factors) {
  const Random random(7, Stream::initial);
  Matrix y(rows, factors);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t k = 0; k < factors; ++k) {
      y(r, k) = static_cast<float>(random.uniform(static_cast<std::uint64_t>(r), static_cast<std::uint32_t>(k)) - 0.5);
    }
  }
  return y;
}

/// Everything that a half-sweep needs, and what it left.
struct Sweep {
  Sweep(Device& device, const std::string& name, const Sizes& sizes, std::int64_t factors)
      : ratings(rows_of_sizes(sizes)),
        y(random_vectors(columns, factors)),
        bias(columns, 0.25F),
        hyper(make_hyper(*find_method(name), find_method(name)->info.traits.rating ? Task::rating : Task::ranking,
                         std::vector<std::pair<std::string, double>>{{"factors", static_cast<double>(factors)}})),
        rows(device, ratings.view()),
        plan(device, ratings.view()),
        fixed(device, columns, factors),
        fixed_bias(device, Span<const float>(bias)),
        solved(device, ratings.rows(), factors),
        solved_bias(device, ratings.rows()),
        loss(device, ratings.rows()) {
    fixed.upload(device, y.view());
    solved_bias.clear();
  }
  std::vector<float> ridges(double columns_weight) const {
    std::vector<float> ridges;
    for (std::int64_t r = 0; r < ratings.rows(); ++r) {
      const double n = static_cast<double>(ratings.view().row_size(r)) + columns_weight * static_cast<double>(columns);
      ridges.push_back(static_cast<float>(hyper["regularization"] * std::pow(n, hyper["nu"])));
    }
    return ridges;
  }

  Csr ratings;
  Matrix y;
  std::vector<float> bias;
  Hyper hyper;
  DeviceCsr rows;
  RowPlan plan;
  DeviceMatrix fixed;
  DeviceBuffer<float> fixed_bias;
  DeviceMatrix solved;
  DeviceBuffer<float> solved_bias;
  DeviceBuffer<double> loss;
};

constexpr double mean = 2.5;

void solve_explicit(Device& device, Sweep& sweep, Solver solver) {
  const std::vector<float> ridges = sweep.ridges(0);
  const DeviceBuffer<float> ridge(device, Span<const float>(ridges));
  solve_rows(device, sweep.rows.view(), sweep.plan.view(),
             ExplicitSystems{.fixed = std::as_const(sweep.fixed).view(),
                             .fixed_bias = sweep.fixed_bias.span(),
                             .ridge = ridge.span(),
                             .mean = mean,
                             .bias_ridge = sweep.hyper["bias_regularization"],
                             .solved = sweep.solved.view(),
                             .bias = sweep.solved_bias.span(),
                             .loss = sweep.loss.span()},
             solver);
}

/// solve(systems) on the implicit problem.
template <typename Solve>
void with_implicit_systems(Device& device, Sweep& sweep, const Solve& solve) {
  const std::vector<float> ridges = sweep.ridges(sweep.hyper["alpha"]);
  const DeviceBuffer<float> ridge(device, Span<const float>(ridges));
  const std::int64_t width = padded_factors(sweep.fixed.columns());
  DeviceMatrix gram(device, width, width);
  form_gram(device, std::as_const(sweep.fixed).view(), gram.view());
  solve(ImplicitSystems{.fixed = std::as_const(sweep.fixed).view(),
                        .gram = std::as_const(gram).view(),
                        .ridge = ridge.span(),
                        .alpha = static_cast<float>(sweep.hyper["alpha"]),
                        .solved = sweep.solved.view(),
                        .loss = sweep.loss.span()});
}

void solve_implicit(Device& device, Sweep& sweep, Solver solver) {
  with_implicit_systems(device, sweep, [&](const ImplicitSystems& systems) {
    solve_rows(device, sweep.rows.view(), sweep.plan.view(), systems, solver);
  });
}

/// Loss of a row without the penalties.
template <typename Error>
double squares(CsrView rows, std::int64_t r, const Error& error) {
  double sum = 0;
  for (std::int64_t e = rows.offsets[r]; e < rows.offsets[r + 1]; ++e) sum += std::pow(error(e), 2);
  return sum;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void expect_near(const Dense& expected, const Matrix& actual, double tolerance, const std::string& what) {
  double scale = 0;
  for (const auto& row : expected) {
    for (const double value : row) scale = std::max(scale, std::fabs(value));
  }
  for (std::size_t r = 0; r < expected.size(); ++r) {
    for (std::size_t k = 0; k < expected[r].size(); ++k) {
      const auto value = static_cast<double>(actual(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k)));
      ASSERT_NEAR(value, expected[r][k], tolerance * scale) << what << ", row " << r << ", factor " << k;
    }
  }
}

// Tolerance, relative to the largest element of all solutions. Elements of y are uniform in ±½, so that the eigenvalues
// of a row's matrix lie around n / 12 + ridge and below n k / 12 + ridge. A backward-stable solver in single precision
// errs by about 2^-24 times the condition, which is below k / 8 · n / (n + ridge) and in practice below 20: 1.2e-6,
// times a constant of a few for the sums. Conjugate gradients stop at a relative residual of 1e-7 times the condition's
// root.
constexpr double tolerance = 1e-5;

void expect_explicit_minimum(Device& device, const Sizes& sizes, std::int64_t factors, Solver solver) {
  Sweep sweep(device, "als", sizes, factors);
  solve_explicit(device, sweep, solver);
  const std::string what = std::to_string(factors) + " factors";
  const Dense y = test::to_dense(sweep.y.view());
  Dense x(sizes.size());
  std::vector<double> x_bias(sizes.size());
  const std::vector<double> y_bias(sweep.bias.begin(), sweep.bias.end());
  const CsrView rows = sweep.ratings.view();
  test::als_half_sweep(rows, y, y_bias, mean, sweep.hyper, x, x_bias);
  expect_near(x, download(device, sweep.solved), tolerance, what);
  const std::vector<float> bias = sweep.solved_bias.download();
  const std::vector<double> loss = sweep.loss.download();
  for (std::size_t r = 0; r < sizes.size(); ++r) {
    const auto row = static_cast<std::int64_t>(r);
    ASSERT_NEAR(static_cast<double>(bias[r]), x_bias[r], 5 * tolerance) << what << ", row " << r;  // biases are below 5
    double expected = squares(rows, row, [&](std::int64_t e) {
      const auto c = static_cast<std::size_t>(rows.indices[e]);
      return static_cast<double>(rows.values[e]) - mean - y_bias[c] - x_bias[r] - dot(x[r], y[c]);
    });
    const double ridge = sizes[r] == 0 ? 0 : static_cast<double>(sweep.ridges(0)[r]);
    expected += ridge * dot(x[r], x[r]) + sweep.hyper["bias_regularization"] * x_bias[r] * x_bias[r];
    // A difference of Σ e² ≤ 7.6 n and what is explained of it.
    ASSERT_NEAR(loss[r], expected, tolerance * 7.6 * static_cast<double>(sizes[r])) << what << ", row " << r;
  }
}

/// The losses of the rows are those of x: relative to their size, which is the loss at 0, or `scale` times it.
void expect_implicit_losses(const Sweep& sweep, const Dense& x, double scale, const std::string& what) {
  const Dense y = test::to_dense(sweep.y.view());
  const CsrView rows = sweep.ratings.view();
  const std::vector<double> loss = sweep.loss.download();
  for (std::size_t r = 0; r < x.size(); ++r) {
    const auto row = static_cast<std::int64_t>(r);
    double expected =
        squares(rows, row, [&](std::int64_t e) { return 1 - dot(x[r], y[static_cast<std::size_t>(rows.indices[e])]); });
    if (rows.row_size(row) > 0) {
      for (const auto& vector : y) expected += sweep.hyper["alpha"] * std::pow(dot(x[r], vector), 2);
      expected += static_cast<double>(sweep.ridges(sweep.hyper["alpha"])[r]) * dot(x[r], x[r]);
    }
    ASSERT_NEAR(loss[r], expected, tolerance * scale * static_cast<double>(rows.row_size(row)))
        << what << ", row " << r;
  }
}

void expect_implicit_minimum(Device& device, const Sizes& sizes, std::int64_t factors, Solver solver) {
  Sweep sweep(device, "ials", sizes, factors);
  sweep.hyper.set("regularization", 0.1);
  solve_implicit(device, sweep, solver);
  const std::string what = std::to_string(factors) + " factors";
  Dense x(sizes.size());
  test::ials_half_sweep(sweep.ratings.view(), test::to_dense(sweep.y.view()), sweep.hyper, x);
  expect_near(x, download(device, sweep.solved), tolerance, what);
  expect_implicit_losses(sweep, x, 1, what);
}

/// solve(sweep, systems) finds x = A^-1 (Σ y + ridge f), with f drawn at random; rows without ratings stay zero.
template <typename Solve>
void expect_pull_of_priors(Device& device, const Sizes& sizes, std::int64_t factors, const Solve& solve) {
  Sweep sweep(device, "ials", sizes, factors);
  sweep.hyper.set("regularization", 0.1);
  const Matrix f = random_vectors(sweep.ratings.rows(), factors);
  DeviceMatrix prior(device, f.rows(), factors);
  prior.upload(device, f.view());
  with_implicit_systems(device, sweep, [&](ImplicitSystems systems) {
    systems.prior = std::as_const(prior).view();
    solve(sweep, systems);
  });
  const std::string what = std::to_string(factors) + " factors";
  const CsrView rows = sweep.ratings.view();
  const Dense y = test::to_dense(sweep.y.view()), priors = test::to_dense(f.view());
  const std::vector<float> ridges = sweep.ridges(sweep.hyper["alpha"]);
  const std::vector<double> loss = sweep.loss.download();
  Dense x(sizes.size(), std::vector<double>(static_cast<std::size_t>(factors), 0));
  for (std::size_t r = 0; r < sizes.size(); ++r) {
    double expected = 0;
    if (sizes[r] > 0) {
      auto [a, b] = test::ials_system(rows, static_cast<std::int64_t>(r), y, sweep.hyper);
      for (std::size_t k = 0; k < b.size(); ++k) b[k] += static_cast<double>(ridges[r]) * priors[r][k];
      x[r] = test::solve_dense(a, b);
      expected = static_cast<double>(sizes[r]) - dot(b, x[r]);
    }
    // What the prior says enters by ridge · f · x, which is below what the ratings say.
    ASSERT_NEAR(loss[r], expected, 2 * tolerance * static_cast<double>(sizes[r])) << what << ", row " << r;
  }
  expect_near(x, download(device, sweep.solved), tolerance, what);
}

/// improve(sweep, systems) from vectors that are not the solution does what reference(rows, y, hyper, x) does; rows
/// without ratings keep theirs.
template <typename Improve, typename Reference>
void expect_improvement(Device& device, const Sizes& sizes, std::int64_t factors, const std::string& how,
                        const Improve& improve, const Reference& reference) {
  Sweep sweep(device, "ials", sizes, factors);
  sweep.hyper.set("regularization", 0.1);
  const Matrix start = random_vectors(sweep.ratings.rows(), factors);
  sweep.solved.upload(device, start.view());
  with_implicit_systems(device, sweep, [&](const ImplicitSystems& systems) { improve(sweep, systems); });
  const std::string what = std::to_string(factors) + " factors, " + how;
  Dense x = test::to_dense(start.view());
  reference(sweep.ratings.view(), test::to_dense(sweep.y.view()), sweep.hyper, x);
  expect_near(x, download(device, sweep.solved), tolerance, what);
  // At the start an error is below 1 + k / 12, where the vectors are random and |x|² is k / 12.
  const double at_the_start = std::pow(1 + static_cast<double>(factors) / 12, 2);
  expect_implicit_losses(sweep, x, at_the_start, what);
}

void expect_gradient_steps(Device& device, const Sizes& sizes, std::int64_t factors, int steps) {
  expect_improvement(
      device, sizes, factors, std::to_string(steps) + " steps",
      [&](Sweep& sweep, const ImplicitSystems& systems) {
        improve_rows(device, sweep.rows.view(), sweep.plan.view(), systems, steps);
      },
      [&](CsrView rows, const Dense& y, const Hyper& hyper, Dense& x) {
        test::ials_gradient_half_sweep(rows, y, hyper, steps, x);
      });
}

void expect_block_moves(Device& device, const Sizes& sizes, std::int64_t factors, std::int64_t block) {
  expect_improvement(
      device, sizes, factors, "blocks of " + std::to_string(block),
      [&](Sweep& sweep, const ImplicitSystems& systems) {
        improve_blocks(device, sweep.rows.view(), sweep.plan.view(), systems, block);
      },
      [&](CsrView rows, const Dense& y, const Hyper& hyper, Dense& x) {
        test::ials_block_half_sweep(rows, y, hyper, static_cast<std::size_t>(block), x);
      });
}

class NormalEquationsTest : public test::GpuTest {
 protected:
  void expect_minima(const Sizes& sizes, std::int64_t factors, Solver solver) {
    expect_explicit_minimum(device(), sizes, factors, solver);
    expect_implicit_minimum(device(), sizes, factors, solver);
  }
};

TEST_F(NormalEquationsTest, CholeskyForEveryNumberOfFactors) {
  for (const std::int64_t factors : {1, 2, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 95, 97, 127, 128, 129, 160}) {
    expect_minima({0, 1, 40, 70, 0}, factors, Solver::cholesky);
  }
}

TEST_F(NormalEquationsTest, CholeskyForRowsOfEverySize) {
  for (const std::int64_t factors : {9, 32, 50, 70}) {
    expect_minima({}, factors, Solver::cholesky);
    // The borders of chunks, of the bins, and of the pieces of a long row.
    expect_minima({15, 16, 17, 31, 32, 33, 64, 2048, 0, 2049, 4097, 8192}, factors, Solver::cholesky);
  }
}

TEST_F(NormalEquationsTest, ConjugateGradientsForEveryNumberOfFactors) {
  for (const std::int64_t factors : {1, 3, 31, 32, 33, 127, 128, 129, 161, 257}) {
    expect_minima({0, 1, 40, 70, 0}, factors, Solver::conjugate_gradients);
  }
  expect_minima({33, 0}, 513, Solver::conjugate_gradients);
  expect_minima({64}, 1024, Solver::conjugate_gradients);
}

TEST_F(NormalEquationsTest, ConjugateGradientsForRowsOfEverySize) {
  for (const std::int64_t factors : {9, 65}) {
    expect_minima({}, factors, Solver::conjugate_gradients);
    expect_minima({7, 8, 9, 31, 32, 33, 64, 2048, 0, 2049, 4097, 8192}, factors, Solver::conjugate_gradients);
  }
}

TEST_F(NormalEquationsTest, StepsOfConjugateGradientsFollowTheFormula) {
  for (const std::int64_t factors : {1, 3, 31, 32, 33, 64, 257}) {
    for (const int steps : {1, 3}) {
      expect_gradient_steps(device(), {0, 1, 40, 2048, 2049, 0, 4097, 8192}, factors, steps);
    }
  }
  // The borders of what a warp keeps, of rows of a warp, and of what a block keeps.
  for (const std::int64_t factors : {20, 64, 65, 128}) {
    expect_gradient_steps(device(), {3, 4, 5, 32, 33, 64, 65, 127, 128, 129, 256, 257, 700}, factors, 2);
  }
}

TEST_F(NormalEquationsTest, PriorsPullTheSolutions) {
  for (const Solver solver : {Solver::cholesky, Solver::conjugate_gradients}) {
    const auto solve = [&](Sweep& sweep, const ImplicitSystems& systems) {
      solve_rows(device(), sweep.rows.view(), sweep.plan.view(), systems, solver);
    };
    expect_pull_of_priors(device(), {0, 1, 40, 2049, 0, 4097}, 9, solve);
    for (const std::int64_t factors : {33, 64, 100, 160}) expect_pull_of_priors(device(), {0, 1, 40}, factors, solve);
  }
  const auto improve = [&](Sweep& sweep, const ImplicitSystems& systems) {
    improve_rows(device(), sweep.rows.view(), sweep.plan.view(), systems, 60);  // as many as it takes
  };
  for (const std::int64_t factors : {9, 33, 70}) {
    expect_pull_of_priors(device(), {0, 1, 40, 300, 2049}, factors, improve);
  }
}

TEST_F(NormalEquationsTest, BlocksOfFactorsFollowTheFormula) {
  for (const std::int64_t factors : {1, 5, 16, 31, 33, 70, 130}) {
    for (const std::int64_t block : {16, 48}) {
      expect_block_moves(device(), {0, 1, 40, 2048, 2049, 0, 4097}, factors, block);
    }
  }
  expect_block_moves(device(), {0, 40, 2049}, 200, 160);
  expect_block_moves(device(), {}, 20, 16);
}

TEST_F(NormalEquationsTest, OneRowWithAllTheRatings) {
  Sizes sizes(40, 0);
  sizes[17] = 20'000;
  for (const Solver solver : {Solver::cholesky, Solver::conjugate_gradients}) expect_minima(sizes, 32, solver);
}

TEST_F(NormalEquationsTest, SingularSystemsHaveFiniteSolutions) {
  for (const Solver solver : {Solver::cholesky, Solver::conjugate_gradients}) {
    Sweep sweep(device(), "als", {1, 5, 20, 2100}, 30);
    sweep.hyper.set("regularization", 0);
    sweep.hyper.set("bias_regularization", 0);
    solve_explicit(device(), sweep, solver);
    const Matrix x = download(device(), sweep.solved);
    for (std::int64_t r = 0; r < 4; ++r) {
      for (std::int64_t k = 0; k < 30; ++k) EXPECT_LT(std::fabs(x(r, k)), 1e4F) << "row " << r;
    }
  }
}

TEST_F(NormalEquationsTest, ConjugateGradientsStartedAtTheSolutionStayThere) {
  Sweep sweep(device(), "als", {3, 50, 2500}, 40);
  solve_explicit(device(), sweep, Solver::conjugate_gradients);
  const Dense first = test::to_dense(download(device(), sweep.solved).view());
  solve_explicit(device(), sweep, Solver::conjugate_gradients);
  expect_near(first, download(device(), sweep.solved), tolerance, "second time");
}

TEST_F(NormalEquationsTest, BytesAreWithinThePlan) {
  for (const Solver solver : {Solver::cholesky, Solver::conjugate_gradients}) {
    for (const std::int64_t factors : {16, 64, 128}) {
      Device fresh(0);  // whose peak is this half-sweep's
      Sweep sweep(fresh, "als", {2049, 4097, 100, 12'289}, factors);
      const std::int64_t before = fresh.used_bytes() + 4 * sweep.ratings.rows();  // with the ridges
      solve_explicit(fresh, sweep, solver);
      EXPECT_LE(fresh.peak_bytes() - before, solver_bytes(sweep.ratings.view(), factors, solver)) << factors;
    }
  }
}

TEST_F(NormalEquationsTest, BytesOfBlocksAreWithinThePlan) {
  for (const std::int64_t block : {16, 64}) {
    Device fresh(0);
    Sweep sweep(fresh, "ials", {2049, 4097, 100, 12'289}, 70);
    with_implicit_systems(fresh, sweep, [&](const ImplicitSystems& systems) {
      const std::int64_t before = fresh.used_bytes();
      improve_blocks(fresh, sweep.rows.view(), sweep.plan.view(), systems, block);
      EXPECT_LE(fresh.peak_bytes() - before, improve_blocks_bytes(sweep.ratings.view(), 70, block)) << block;
    });
  }
}

TEST_F(NormalEquationsTest, MoreFactorsThanASolverTakesAreRefused) {
  Sweep sweep(device(), "als", {3}, 161);
  EXPECT_THROW(solve_explicit(device(), sweep, Solver::cholesky), Unsupported);
}

}  // namespace
}  // namespace embrace::gpu
