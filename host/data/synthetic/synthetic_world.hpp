// The hidden truth behind synthetic ratings: who the users are, what the items are, and what follows for a rating.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/random.hpp"
#include "host/threads.hpp"

namespace embrace::synthetic {

constexpr int kFactors = 6;
using Vector = std::array<double, kFactors>;

/// What a random number is for: the second word of the counter. The first is the number of the user, item or rating.
enum class Use : std::uint32_t {
  user_order = 1,
  item_order = 2,
  user_profile = 3,
  user_own = 4,
  item_profile = 5,
  item_own = 6,
  world = 7,
  item_draw = 8,
  item_fill = 9,
  rating_order = 10,
  noise = 11,
  time = 12,
  tag = 13,
  user_zip = 14,
  item_genres = 15,
  item_concepts = 16,
  // Vectors take kFactors consecutive uses each.
  user_vector = 100,
  item_vector = 200,
  world_vector = 300,
};

/// Standardized sum of four uniform numbers: mean 0, variance 1, within ± 2 sqrt(3).
double bell(const std::array<std::uint32_t, 4>& bits);
/// P(bell < x), exact.
double bell_distribution(double x);

struct User {
  double bias = 0;
  Vector taste{};
};
struct Item {
  double bias = 0;
  Vector nature{};
  std::array<std::int8_t, 2> concepts{};  // the tags that are true of it
};

struct World {
  std::vector<User> users;  // by id - 1
  std::vector<Item> items;
  Catalogue catalogue;  // users and movies; tags are left to the ratings

  double affinity(std::int64_t user, std::int64_t item) const;
  /// The rating before noise, rounding and clipping.
  double mean(std::int64_t user, std::int64_t item) const;
};

World make_world(const SyntheticSpec& spec, Threads& threads);

/// The rating that mean and noise give.
int noisy_rating(double mean, double noise);
/// E[noisy_rating(mean, noise)] over the noise.
double expected_rating(double mean);

/// Name of a concept, as users type it.
const char* concept_name(int number);
constexpr int kConcepts = 32;
/// Tags that say nothing about a movie.
const char* noise_tag(int number);
constexpr int kNoiseTags = 8;

}  // namespace embrace::synthetic
