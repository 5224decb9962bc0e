// Embedding: vectors of items, and of users where there are any, by themselves: as a method made them, as a file of
// somebody else's gives them, or as a control draws them. What is kept beside a record, exported, and judged.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "host/array.hpp"
#include "host/matrix.hpp"

namespace embrace {

/// Ids stand as in the data; whole numbers in their shortest form. A row of `items` is the item of the same place of
/// `item_ids`, of `users` the user's; no id is there twice. An embedding that a method made has only the items and
/// users that had a training rating: what was never seen has no vector, rather than a zero.
struct Embedding {
  std::vector<std::string> item_ids;
  Matrix items;                                // item_ids.size() × width
  std::vector<std::string> user_ids;           // empty: only of items
  Matrix users;                                // user_ids.size() × width
  Array<float> item_bias;                      // as many as items, or none
  Array<float> user_bias;                      // as many as users, or none
  float offset = 0;                            // of the score: offset + user bias + item bias + <user, item>
  std::map<std::string, std::string> about{};  // method, information, data, split, fold, seed, record, …

  bool has_users() const { return !user_ids.empty(); }
};

}  // namespace embrace
