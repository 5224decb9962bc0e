// Titles of a data set's items, by id and the other way round.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/embedding/embedding.hpp"

namespace embrace::cli {

class Titles {
 public:
  Titles() = default;  // none
  explicit Titles(const Dataset& dataset);

  const std::unordered_map<std::string, std::string>& by_id() const { return titles_; }
  bool empty() const { return titles_.empty(); }
  /// Empty when there is none.
  std::string of(const std::string& id) const;

  /// The id of the item that `text` names: an id of the embedding's, else a title as published, else one that differs
  /// in case, accents, punctuation, a moved article or the year alone. Throws UsageError with the nearest names when
  /// there is none, or with all of them when it is not clear which.
  std::string find_item(const std::string& text, const Embedding& embedding) const;

 private:
  std::vector<std::string> nearest(const std::string& text) const;

  std::vector<std::string> ids_;  // of items with a title, in the order of the data
  std::unordered_map<std::string, std::string> titles_;
};

}  // namespace embrace::cli
