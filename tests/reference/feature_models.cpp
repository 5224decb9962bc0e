#include "tests/reference/feature_models.hpp"

#include <algorithm>
#include <cmath>

namespace embrace::reference {
namespace {

double dot(const Vector& a, const Vector& b, std::size_t n) {
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

double log_one_plus_exp(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

std::vector<Vector> zeros_like(const std::vector<Vector>& rows) {
  std::vector<Vector> out;
  for (const Vector& row : rows) out.emplace_back(row.size(), 0.0);
  return out;
}

}  // namespace

Side::Side(std::int64_t count, bool identity, const Features* features, const std::vector<std::int64_t>& samples,
           bool by_field, const EmbeddingTable& initial)
    : entities(static_cast<std::size_t>(count)), factors(static_cast<std::size_t>(initial.factors())) {
  const std::size_t identities = identity ? static_cast<std::size_t>(count) : 0;
  slice.assign(static_cast<std::size_t>(initial.rows()), 0);
  if (by_field) {
    slices = identity ? 1 : 0;
    if (features != nullptr) {
      for (const Field& field : features->fields) {
        for (std::int64_t c = field.first; c < field.last; ++c)
          slice[identities + static_cast<std::size_t>(c)] = slices;
        ++slices;
      }
    }
  }
  for (std::size_t e = 0; e < entities.size(); ++e) {
    if (identity && samples[e] != 0) entities[e].push_back({e, 1.0});
    if (features == nullptr) continue;
    const CsrView rows_view = features->rows.view();
    const auto columns = rows_view.row_indices(static_cast<std::int64_t>(e));
    const auto values = rows_view.row_values(static_cast<std::int64_t>(e));
    for (std::int64_t f = 0; f < columns.size(); ++f) {
      entities[e].push_back({identities + static_cast<std::size_t>(columns[f]), static_cast<double>(values[f])});
    }
  }
  double total = 0, trained = 0;
  for (const std::int64_t n : samples) {
    total += static_cast<double>(n);
    trained += n > 0 ? 1 : 0;
  }
  share.assign(slice.size(), total / trained);
  for (std::size_t e = 0; e < identities; ++e) {
    if (samples[e] > 0) share[e] = static_cast<double>(samples[e]);
  }
  for (std::int64_t r = 0; r < initial.rows(); ++r) {
    const float* row = initial.weights().row(r);
    rows.emplace_back(row, row + factors + 1);
  }
}

Vector Side::represent(std::int64_t entity) const {
  Vector out(slices * factors + 1, 0.0);
  for (const Feature& feature : entities[static_cast<std::size_t>(entity)]) {
    for (std::size_t k = 0; k < factors; ++k) {
      out[slice[feature.row] * factors + k] += feature.value * rows[feature.row][k];
    }
    out.back() += feature.value * rows[feature.row][factors];
  }
  return out;
}

void Side::backward(std::int64_t entity, const Vector& gradient, std::vector<Vector>& rows_gradient) const {
  for (const Feature& feature : entities[static_cast<std::size_t>(entity)]) {
    for (std::size_t k = 0; k < factors; ++k) {
      rows_gradient[feature.row][k] += feature.value * gradient[slice[feature.row] * factors + k];
    }
    rows_gradient[feature.row][factors] += feature.value * gradient.back();
  }
}

std::vector<Vector> central_differences(std::vector<Vector>& parameters, const std::function<double()>& loss) {
  const double h = 1e-5;
  std::vector<Vector> out = zeros_like(parameters);
  for (std::size_t r = 0; r < parameters.size(); ++r) {
    for (std::size_t k = 0; k < parameters[r].size(); ++k) {
      const double at = parameters[r][k];
      parameters[r][k] = at + h;
      const double above = loss();
      parameters[r][k] = at - h;
      const double below = loss();
      parameters[r][k] = at;
      out[r][k] = (above - below) / (2 * h);
    }
  }
  return out;
}

double Hybrid::score(std::int64_t user, std::int64_t item, std::int64_t context) const {
  const std::size_t n = sides[0].factors;
  const Vector u = sides[0].represent(user), i = sides[1].represent(item);
  double out = offset + u[n] + i[n] + dot(u, i, n);
  if (context >= 0) {
    const Vector c = sides[2].represent(context);
    out += c[n] + dot(c, u, n) + dot(c, i, n);
  }
  return out;
}

double Hybrid::penalty_of(const Side& side, std::size_t row) const {
  return regularization * std::pow(side.share[row], nu - 1);
}

double Hybrid::loss(const std::vector<Sample>& batch) const {
  double sum = 0;
  const auto penalty = [&](std::size_t side, std::int64_t entity) {
    if (entity < 0) return;
    for (const Side::Feature& f : sides[side].entities[static_cast<std::size_t>(entity)]) {
      const Vector& row = sides[side].rows[f.row];
      sum += 0.5 * penalty_of(sides[side], f.row) * f.value * f.value * dot(row, row, row.size());
    }
  };
  for (const Sample& s : batch) {
    const double x = score(s.user, s.item, s.context);
    if (kind == Loss::squared) sum += 0.5 * (x - s.target) * (x - s.target);
    if (kind == Loss::logistic) sum += log_one_plus_exp(x) - s.target * x;
    if (kind == Loss::bpr) sum += log_one_plus_exp(score(s.user, s.other, s.context) - x);
    if (kind == Loss::warp) sum += s.weight * std::max(0.0, 1 - x + score(s.user, s.other, s.context));
    penalty(0, s.user);
    penalty(1, s.item);
    penalty(1, s.other);
    penalty(2, s.context);
  }
  return sum;
}

void Hybrid::search(Sample& sample, const std::vector<std::int64_t>& candidates, std::int64_t movies) const {
  const double x = score(sample.user, sample.item, -1);
  for (std::size_t t = 0; t < candidates.size(); ++t) {
    sample.other = candidates[t];
    if (score(sample.user, sample.other, -1) > x - 1) {
      sample.weight = std::log(std::max(1.0, std::floor(static_cast<double>(movies - 1) / static_cast<double>(t + 1))));
      return;
    }
  }
}

std::vector<std::vector<Vector>> Hybrid::gradient(const std::vector<Sample>& batch) const {
  std::vector<std::vector<Vector>> out;
  for (const Side& side : sides) out.push_back(zeros_like(side.rows));
  const std::size_t n = sides[0].factors;
  // The score's derivatives by the representations, times `scale`.
  const auto add = [&](double scale, std::int64_t user, std::int64_t item, std::int64_t context) {
    const Vector u = sides[0].represent(user), i = sides[1].represent(item);
    const Vector c = context >= 0 ? sides[2].represent(context) : Vector(n + 1, 0.0);
    Vector to_user(n + 1, scale), to_item(n + 1, scale), to_context(n + 1, scale);
    for (std::size_t k = 0; k < n; ++k) {
      to_user[k] = scale * (i[k] + c[k]);
      to_item[k] = scale * (u[k] + c[k]);
      to_context[k] = scale * (u[k] + i[k]);
    }
    sides[0].backward(user, to_user, out[0]);
    sides[1].backward(item, to_item, out[1]);
    if (context >= 0) sides[2].backward(context, to_context, out[2]);
  };
  const auto penalty = [&](std::size_t side, std::int64_t entity) {
    if (entity < 0) return;
    for (const Side::Feature& f : sides[side].entities[static_cast<std::size_t>(entity)]) {
      for (std::size_t k = 0; k <= n; ++k) {
        out[side][f.row][k] += penalty_of(sides[side], f.row) * f.value * f.value * sides[side].rows[f.row][k];
      }
    }
  };
  for (const Sample& s : batch) {
    const double x = score(s.user, s.item, s.context);
    if (kind == Loss::squared) add(x - s.target, s.user, s.item, s.context);
    if (kind == Loss::logistic) add(1.0 / (1.0 + std::exp(-x)) - s.target, s.user, s.item, s.context);
    if (kind == Loss::bpr || kind == Loss::warp) {
      const double c = kind == Loss::warp ? -s.weight : -1.0 / (1.0 + std::exp(x - score(s.user, s.other, s.context)));
      add(c, s.user, s.item, s.context);
      add(-c, s.user, s.other, s.context);
    }
    penalty(0, s.user);
    penalty(1, s.item);
    penalty(1, s.other);
    penalty(2, s.context);
  }
  return out;
}

std::int64_t Deep::entity(const Sample& sample, std::size_t side) const {
  return side == 0 ? sample.user : side == 1 ? sample.item : sample.context;
}

Deep::Pass Deep::forward(const Sample& sample) const {
  Pass pass;
  pass.score = offset;
  pass.h1 = first_bias;
  std::vector<Vector> sums;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    const std::size_t factors = sides[side].factors;
    const Vector x = sides[side].represent(entity(sample, side));
    Vector sum(factors, 0.0);
    for (std::size_t input = 0; input + 1 < x.size(); ++input) {
      sum[input % factors] += x[input];
      for (std::size_t k = 0; k < pass.h1.size(); ++k) pass.h1[k] += x[input] * first[side][input][k];
    }
    for (const Vector& other : sums) pass.score += dot(other, sum, factors);
    sums.push_back(sum);
    pass.score += x.back();
    pass.x.push_back(x);
  }
  for (double& h : pass.h1) h = h > 0 ? h : 0;
  pass.h2 = second_bias;
  for (std::size_t k = 0; k < pass.h2.size(); ++k) {
    for (std::size_t j = 0; j < pass.h1.size(); ++j) pass.h2[k] += pass.h1[j] * second[j][k];
    pass.h2[k] = pass.h2[k] > 0 ? pass.h2[k] : 0;
  }
  pass.score += dot(output, pass.h2, output.size());
  return pass;
}

double Deep::score(const Sample& sample) const { return forward(sample).score; }

double Deep::loss(const std::vector<Sample>& batch) const {
  double sum = 0;
  for (const Sample& s : batch) {
    const double x = score(s);
    sum += ranking ? log_one_plus_exp(x) - s.target * x : 0.5 * (x - s.target) * (x - s.target);
  }
  return sum / static_cast<double>(batch.size());
}

Deep::Gradient Deep::gradient(const std::vector<Sample>& batch) const {
  Gradient out;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    out.rows.push_back(zeros_like(sides[side].rows));
    out.first.push_back(zeros_like(first[side]));
  }
  out.second = zeros_like(second);
  out.first_bias.assign(first_bias.size(), 0.0);
  out.second_bias.assign(second_bias.size(), 0.0);
  out.output.assign(output.size(), 0.0);
  for (const Sample& s : batch) {
    const Pass pass = forward(s);
    const double c = (ranking ? 1.0 / (1.0 + std::exp(-pass.score)) - s.target : pass.score - s.target) /
                     static_cast<double>(batch.size());
    Vector g1(pass.h1.size(), 0.0);
    for (std::size_t k = 0; k < pass.h2.size(); ++k) {
      out.output[k] += c * pass.h2[k];
      if (pass.h2[k] <= 0) continue;
      const double g2 = c * output[k];
      out.second_bias[k] += g2;
      for (std::size_t j = 0; j < pass.h1.size(); ++j) {
        out.second[j][k] += g2 * pass.h1[j];
        if (pass.h1[j] > 0) g1[j] += g2 * second[j][k];
      }
    }
    for (std::size_t j = 0; j < g1.size(); ++j) out.first_bias[j] += g1[j];
    for (std::size_t side = 0; side < sides.size(); ++side) {
      const std::size_t factors = sides[side].factors;
      Vector to_x(pass.x[side].size(), c);  // the last is the bias
      for (std::size_t input = 0; input + 1 < to_x.size(); ++input) {
        to_x[input] = 0;
        for (std::size_t j = 0; j < g1.size(); ++j) {
          to_x[input] += first[side][input][j] * g1[j];
          out.first[side][input][j] += pass.x[side][input] * g1[j];
        }
        for (std::size_t other = 0; other < sides.size(); ++other) {
          if (other == side) continue;
          for (std::size_t from = input % factors; from + 1 < pass.x[other].size(); from += factors) {
            to_x[input] += c * pass.x[other][from];
          }
        }
      }
      sides[side].backward(entity(s, side), to_x, out.rows[side]);
    }
  }
  return out;
}

}  // namespace embrace::reference
