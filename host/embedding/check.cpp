#include "host/embedding/check.hpp"

#include <algorithm>
#include <cmath>

#include "host/data/read/text_encoding.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

/// The rows of one kind, "item" or "user".
struct Rows {
  const char* what;
  const std::vector<std::string>& ids;
  const Matrix& vectors;
  const Array<float>& bias;
};

std::string not_finite(const Rows& rows) {
  const auto wrong = [](float value) { return !std::isfinite(value); };
  const auto name = [&](std::int64_t row) {
    return rows.what + (" '" + excerpt(rows.ids[static_cast<std::size_t>(row)]) + "'");
  };
  const float* const end = rows.vectors.data() + rows.vectors.size();
  if (const auto* const found = std::find_if(rows.vectors.data(), end, wrong); found != end) {
    const std::int64_t place = found - rows.vectors.data();
    return name(place / rows.vectors.columns()) + ", value " + std::to_string(place % rows.vectors.columns() + 1);
  }
  const auto bias = std::find_if(rows.bias.begin(), rows.bias.end(), wrong);
  return bias == rows.bias.end() ? "" : name(bias - rows.bias.begin()) + ", its bias";
}

Rows items_of(const Embedding& e) { return {"item", e.item_ids, e.items, e.item_bias}; }
Rows users_of(const Embedding& e) { return {"user", e.user_ids, e.users, e.user_bias}; }

}  // namespace

std::string not_finite(const Embedding& embedding) {
  if (!std::isfinite(embedding.offset)) return "offset";
  std::string place = not_finite(items_of(embedding));
  return place.empty() ? not_finite(users_of(embedding)) : place;
}

void require_sound(const Embedding& embedding, const std::string& name) {
  const auto fail = [&](const std::string& reason) { throw DataError(name + ": " + reason); };
  if (embedding.items.rows() == 0) fail("has no items");
  if (embedding.items.columns() == 0) fail("its vectors have no width");
  for (const Rows& rows : {items_of(embedding), users_of(embedding)}) {
    const std::string what = rows.what;
    const auto ids = static_cast<std::int64_t>(rows.ids.size());
    if (rows.vectors.rows() != ids) {
      fail("has " + std::to_string(rows.vectors.rows()) + " " + what + " vectors, but " + std::to_string(ids) + " ids");
    }
    if (ids > 0 && rows.vectors.columns() != embedding.items.columns()) {
      fail("its user vectors have " + std::to_string(rows.vectors.columns()) + " numbers, its item vectors " +
           std::to_string(embedding.items.columns()));
    }
    if (!rows.bias.empty() && rows.bias.size() != ids) {
      fail("has " + std::to_string(rows.bias.size()) + " " + what + " biases, but " + std::to_string(ids) + " ids");
    }
  }
  if (const std::string place = not_finite(embedding); !place.empty()) {
    throw DataError(name + ": " + place + ": is not finite, or too large for 32 bits",
                    "no number may be NaN or infinite");
  }
}

}  // namespace embrace
