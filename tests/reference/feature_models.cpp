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

/// What each sample that reads the row pays.
double penalty_of(const Side& side, std::size_t row, double regularization, double nu) {
  return regularization * std::pow(side.share[row], nu - 1);
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

double Hybrid::loss(const std::vector<Sample>& batch) const {
  double sum = 0;
  const auto penalty = [&](std::size_t side, std::int64_t entity) {
    if (entity < 0) return;
    for (const Side::Feature& f : sides[side].entities[static_cast<std::size_t>(entity)]) {
      const Vector& row = sides[side].rows[f.row];
      sum += 0.5 * penalty_of(sides[side], f.row, regularization, nu) * f.value * f.value * dot(row, row, row.size());
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
        out[side][f.row][k] +=
            penalty_of(sides[side], f.row, regularization, nu) * f.value * f.value * sides[side].rows[f.row][k];
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

/// Of fields f < g, ordered by f, then g.
template <typename Visit>
void visit_pairs(std::size_t fields, Visit visit) {
  std::size_t pair = 0;
  for (std::size_t f = 0; f < fields; ++f) {
    for (std::size_t g = f + 1; g < fields; ++g) visit(pair++, f, g);
  }
}

Deep::Pass Deep::forward(const Sample& sample) const {
  Pass pass;
  pass.score = offset;
  pass.h1 = first_bias;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    const std::size_t factors = sides[side].factors;
    const std::int64_t which = entity(sample, side);
    // A context that is not there is zero in all its fields.
    const Vector x = which < 0 ? Vector(sides[side].slices * factors + 1, 0.0) : sides[side].represent(which);
    for (std::size_t input = 0; input + 1 < x.size(); ++input) {
      if (input % factors == 0) pass.fields.emplace_back();
      pass.fields.back().push_back(x[input]);
      for (std::size_t k = 0; k < pass.h1.size(); ++k) pass.h1[k] += x[input] * first[side][input][k];
    }
    pass.score += x.back();
    pass.x.push_back(x);
  }
  if (head == Head::dlrm) {
    visit_pairs(pass.fields.size(), [&](std::size_t pair, std::size_t f, std::size_t g) {
      const double z = dot(pass.fields[f], pass.fields[g], sides[0].factors);
      for (std::size_t k = 0; k < pass.h1.size(); ++k) pass.h1[k] += z * pairs[pair][k];
    });
  }
  for (std::size_t j = 0; j < second.size(); ++j) pass.h1[j] = pass.h1[j] > 0 ? pass.h1[j] : 0;
  pass.h2 = second_bias;
  for (std::size_t k = 0; k < pass.h2.size(); ++k) {
    for (std::size_t j = 0; j < second.size(); ++j) pass.h2[k] += pass.h1[j] * second[j][k];
    pass.h2[k] = pass.h2[k] > 0 ? pass.h2[k] : 0;
  }
  pass.score += interaction(pass) + dot(output, pass.h2, output.size());
  return pass;
}

double Deep::interaction(const Pass& pass) const {
  const std::size_t factors = sides[0].factors, hidden = second.size();
  double sum = 0;
  if (head == Head::cross) {
    for (std::size_t k = 0; k < factors; ++k) sum += pass.h1[hidden + k] * pass.h1[hidden + factors + k];
  }
  if (head == Head::fm) {
    std::size_t end = 0;  // of a side's fields
    for (const Side& side : sides) {
      const std::size_t begin = end;
      end += side.slices;
      for (std::size_t f = begin; f < end; ++f) {
        for (std::size_t g = end; g < pass.fields.size(); ++g) sum += dot(pass.fields[f], pass.fields[g], factors);
      }
    }
  }
  return sum;
}

/// Adds what the interaction, or for dlrm the pairs in the first layer, give to the fields.
void Deep::interaction_gradient(const Pass& pass, double c, Vector& g1, std::vector<Vector>& to_fields) const {
  const std::size_t factors = sides[0].factors, hidden = second.size();
  const auto add = [&](double scale, std::size_t f, std::size_t g) {
    for (std::size_t k = 0; k < factors; ++k) {
      to_fields[f][k] += scale * pass.fields[g][k];
      to_fields[g][k] += scale * pass.fields[f][k];
    }
  };
  if (head == Head::cross) {
    for (std::size_t k = 0; k < factors; ++k) {
      g1[hidden + k] = c * pass.h1[hidden + factors + k];
      g1[hidden + factors + k] = c * pass.h1[hidden + k];
    }
  }
  if (head == Head::dlrm) {
    visit_pairs(pass.fields.size(),
                [&](std::size_t pair, std::size_t f, std::size_t g) { add(dot(pairs[pair], g1, hidden), f, g); });
  }
  if (head == Head::fm) {
    std::vector<std::size_t> side_of;
    for (std::size_t side = 0; side < sides.size(); ++side) side_of.insert(side_of.end(), sides[side].slices, side);
    visit_pairs(pass.fields.size(), [&](std::size_t, std::size_t f, std::size_t g) {
      if (side_of[f] != side_of[g]) add(c, f, g);
    });
  }
}

double Deep::score(const Sample& sample) const { return forward(sample).score; }

double Deep::loss(const std::vector<Sample>& batch) const {
  double sum = 0;
  for (const Sample& s : batch) {
    const double x = score(s);
    sum += ranking ? log_one_plus_exp(x) - s.target * x : 0.5 * (x - s.target) * (x - s.target);
    for (std::size_t side = 0; side < sides.size(); ++side) {
      for (const Side::Feature& f : sides[side].entities[static_cast<std::size_t>(entity(s, side))]) {
        const Vector& row = sides[side].rows[f.row];
        sum += 0.5 * penalty_of(sides[side], f.row, regularization, nu) * f.value * f.value * dot(row, row, row.size());
      }
    }
  }
  return sum;
}

Deep::Gradient Deep::zeros() const {
  Gradient out;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    out.rows.push_back(zeros_like(sides[side].rows));
    out.first.push_back(zeros_like(first[side]));
  }
  out.pairs = zeros_like(pairs);
  out.second = zeros_like(second);
  out.first_bias.assign(first_bias.size(), 0.0);
  out.second_bias.assign(second_bias.size(), 0.0);
  out.output.assign(output.size(), 0.0);
  return out;
}

Deep::Gradient Deep::gradient(const std::vector<Sample>& batch, bool taught) const {
  Gradient out = zeros();
  for (const Sample& s : batch) {
    backward(s, taught, out);
    for (std::size_t side = 0; side < sides.size(); ++side) {
      for (const Side::Feature& f : sides[side].entities[static_cast<std::size_t>(entity(s, side))]) {
        const double penalty = penalty_of(sides[side], f.row, regularization, nu) * f.value * f.value;
        for (std::size_t k = 0; k < out.rows[side][f.row].size(); ++k) {
          out.rows[side][f.row][k] += penalty * sides[side].rows[f.row][k];
        }
      }
    }
  }
  return out;
}

void Deep::backward(const Sample& s, bool taught, Gradient& out) const {
  const Pass pass = forward(s);
  const double c = ranking ? 1.0 / (1.0 + std::exp(-pass.score)) - s.target : pass.score - s.target;
  Vector g1(pass.h1.size(), 0.0);
  for (std::size_t k = 0; k < pass.h2.size(); ++k) {
    out.output[k] += c * pass.h2[k];
    if (pass.h2[k] <= 0) continue;
    const double g2 = c * output[k];
    out.second_bias[k] += g2;
    for (std::size_t j = 0; j < second.size(); ++j) {
      out.second[j][k] += g2 * pass.h1[j];
      if (pass.h1[j] > 0) g1[j] += g2 * second[j][k];
    }
  }
  std::vector<Vector> to_fields = zeros_like(pass.fields);
  interaction_gradient(pass, c, g1, to_fields);
  for (std::size_t j = 0; j < g1.size(); ++j) out.first_bias[j] += g1[j];
  visit_pairs(pairs.empty() ? 0 : pass.fields.size(), [&](std::size_t pair, std::size_t f, std::size_t g) {
    const double z = dot(pass.fields[f], pass.fields[g], sides[0].factors);
    for (std::size_t j = 0; j < second.size(); ++j) out.pairs[pair][j] += z * g1[j];
  });
  std::size_t field = 0;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    Vector to_x(pass.x[side].size(), c);  // the last is the bias
    for (std::size_t input = 0; input + 1 < to_x.size(); ++input) {
      to_x[input] = to_fields[field + input / sides[side].factors][input % sides[side].factors];
      for (std::size_t j = 0; j < g1.size(); ++j) {
        if (taught) to_x[input] += first[side][input][j] * g1[j];
        out.first[side][input][j] += pass.x[side][input] * g1[j];
      }
    }
    field += sides[side].slices;
    sides[side].backward(entity(s, side), to_x, out.rows[side]);
  }
}

}  // namespace embrace::reference
