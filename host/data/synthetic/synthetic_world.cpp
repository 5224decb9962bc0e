#include "host/data/synthetic/synthetic_world.hpp"

#include <algorithm>
#include <cmath>

#include "host/data/read/occupations.hpp"
#include "host/threads.hpp"

namespace embrace::synthetic {
namespace {

// Sizes of the effects, in stars (standard deviations where random).
constexpr double kMean = 3.30;
constexpr double kNoise = 0.86;
constexpr double kUserOwn = 0.34;
constexpr double kItemOwn = 0.20;
constexpr double kGenreBias = 0.32;
constexpr double kConceptBias = 0.30;
constexpr double kYearBias = 0.45;    // from the newest to the oldest
constexpr double kAgeBias = 0.30;     // from the youngest to the oldest
constexpr double kGenderBias = 0.06;  // one half up, one half down
constexpr double kInteraction = 0.75;
// How much of the interaction's variance each factor carries; sums to 1.
constexpr Vector kSpectrum = {0.46, 0.26, 0.12, 0.07, 0.05, 0.04};

// Shares of variance of the hidden vectors; each list sums to 1.
constexpr double kTasteAge = 0.14, kTasteGender = 0.08, kTasteOccupation = 0.08, kTasteOwn = 0.70;
constexpr double kNatureGenre = 0.46, kNatureConcept = 0.28, kNatureYear = 0.08, kNatureOwn = 0.18;

constexpr std::array<const char*, 18> kGenres = {
    "Action",    "Adventure", "Animation", "Children's", "Comedy",  "Crime",  "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror",    "Musical",   "Mystery",    "Romance", "Sci-Fi", "Thriller",    "War",   "Western"};
constexpr std::array<int, 7> kAges = {1, 18, 25, 35, 45, 50, 56};
constexpr std::array<const char*, kConcepts> kConceptNames = {"atmospheric",
                                                              "bleak",
                                                              "based on a book",
                                                              "beautiful",
                                                              "bittersweet",
                                                              "boring",
                                                              "chase",
                                                              "classic",
                                                              "clever",
                                                              "dark",
                                                              "dialogue",
                                                              "dreamlike",
                                                              "dystopia",
                                                              "epic",
                                                              "family",
                                                              "funny",
                                                              "gory",
                                                              "heist",
                                                              "love story",
                                                              "melancholy",
                                                              "nonlinear",
                                                              "overrated",
                                                              "political",
                                                              "quirky",
                                                              "revenge",
                                                              "satire",
                                                              "slow",
                                                              "space",
                                                              "surreal",
                                                              "suspense",
                                                              "twist",
                                                              "visually stunning"};
constexpr std::array<const char*, kNoiseTags> kNoiseTagNames = {
    "seen at home", "to see again", "own it", "dvd", "watched twice", "with friends", "late night", "borrowed"};
constexpr std::array<const char*, 48> kFirstWords = {
    "Amber",    "Ancient",  "Autumn",   "Bitter",  "Blue",    "Borrowed", "Brave",    "Broken",    "Burning", "Crimson",
    "Crooked",  "Distant",  "Electric", "Empty",   "Endless", "Faded",    "Final",    "Forgotten", "Frozen",  "Gentle",
    "Golden",   "Hidden",   "Hollow",   "Iron",    "Last",    "Little",   "Lonely",   "Long",      "Lost",    "Lucky",
    "Midnight", "Northern", "Paper",    "Perfect", "Quiet",   "Red",      "Restless", "Second",    "Secret",  "Silent",
    "Silver",   "Sleeping", "Stolen",   "Strange", "Sunken",  "Velvet",   "Wild",     "Winter"};
constexpr std::array<const char*, 48> kSecondWords = {
    "Alibi",   "Anchor",  "Bridge",  "Canyon",   "Carnival", "Cathedral", "Circle",  "City",    "Crossing", "Daughter",
    "Desert",  "Door",    "Dream",   "Empire",   "Engine",   "Forest",    "Game",    "Garden",  "Harbor",   "Heart",
    "Highway", "Honor",   "Horizon", "Hotel",    "House",    "Island",    "Journey", "Kingdom", "Lantern",  "Letter",
    "Library", "Machine", "Mirror",  "Mountain", "Night",    "Ocean",     "Orchard", "Parade",  "Planet",   "River",
    "Road",    "Season",  "Shadow",  "Signal",   "Stranger", "Summer",    "Train",   "Witness"};

constexpr std::int64_t kBlock = 4096;  // users or items a task

std::uint32_t number(Use use, int offset = 0) {
  return static_cast<std::uint32_t>(use) + static_cast<std::uint32_t>(offset);
}

/// A vector of independent bell numbers with variance `share` each.
Vector random_vector(const Random& random, std::uint64_t key, Use use, double share) {
  Vector v;
  const double scale = std::sqrt(share);
  for (int k = 0; k < kFactors; ++k) v[static_cast<std::size_t>(k)] = scale * bell(random.bits(key, number(use, k)));
  return v;
}

void add(Vector& sum, const Vector& v, double scale = 1) {
  for (std::size_t k = 0; k < kFactors; ++k) sum[k] += scale * v[k];
}

/// What a property (an age, a genre, …) does to ratings.
struct Effect {
  double bias = 0;
  Vector vector{};
};

template <std::size_t Count>
std::array<Effect, Count> random_effects(const Random& random, std::uint64_t first, double bias, double share) {
  std::array<Effect, Count> effects;
  for (std::size_t n = 0; n < Count; ++n) {
    effects[n].bias = bias * bell(random.bits(first + n, number(Use::world)));
    effects[n].vector = random_vector(random, first + n, Use::world_vector, share);
  }
  return effects;
}

struct Effects {
  std::array<Effect, 7> ages;
  Effect gender;
  std::array<Effect, 21> occupations;
  std::array<Effect, 18> genres;
  std::array<Effect, kConcepts> concepts;
  Effect year;
};

Effects make_effects(const Random& random) {
  Effects e;
  e.ages = random_effects<7>(random, 0, 0, kTasteAge);
  for (std::size_t a = 0; a < e.ages.size(); ++a) e.ages[a].bias = kAgeBias * (static_cast<double>(a) / 6 - 0.5);
  e.gender = {kGenderBias, random_vector(random, 100, Use::world_vector, kTasteGender)};
  e.occupations = random_effects<21>(random, 200, 0, kTasteOccupation);
  e.genres = random_effects<18>(random, 300, kGenreBias, kNatureGenre);
  e.concepts = random_effects<kConcepts>(random, 400, kConceptBias, kNatureConcept);
  e.year = {kYearBias, random_vector(random, 500, Use::world_vector, kNatureYear)};
  return e;
}

std::size_t below(std::uint32_t bits, std::size_t bound) { return (std::uint64_t{bits} * bound) >> 32U; }

void make_user(const Random& random, const Effects& effects, std::uint64_t id, User& user, UserProfile& profile) {
  const auto bits = random.bits(id, number(Use::user_profile));
  // Ages around 25: the mean of two draws favours the middle of the list.
  const std::size_t age = (below(bits[0], 7) + below(bits[1], 6)) / 2;
  const bool man = below(bits[2], 100) < 71;
  const std::size_t occupation = below(bits[3], kOccupations.size());
  profile.id = static_cast<std::int64_t>(id) + 1;
  profile.age = kAges[age];
  profile.gender = man ? "M" : "F";
  profile.occupation = kOccupations[occupation];
  const auto own = random.bits(id, number(Use::user_own));
  profile.zip = std::to_string(10000 + random.below(90000, id, number(Use::user_zip)));
  const double side = man ? 1 : -1;
  user.bias = effects.ages[age].bias + side * effects.gender.bias + kUserOwn * bell(own);
  user.taste = random_vector(random, id, Use::user_vector, kTasteOwn);
  add(user.taste, effects.ages[age].vector);
  add(user.taste, effects.gender.vector, side);
  add(user.taste, effects.occupations[occupation].vector);
  for (std::size_t k = 0; k < kFactors; ++k) user.taste[k] *= std::sqrt(kSpectrum[k]);
}

/// Every number has its own title up to 48 * 48, then a part 2, 3, …
std::string title_of(std::uint64_t n, int year) {
  constexpr std::uint64_t first = kFirstWords.size(), second = kSecondWords.size();
  const std::uint64_t a = n % first, b = (n / first + n) % second, part = n / (first * second) + 1;
  std::string title = std::string(kFirstWords[a]) + " " + kSecondWords[b];
  if (part > 1) title += " " + std::to_string(part);
  if (n % 5 == 0) title += ", The";
  return title + " (" + std::to_string(year) + ")";
}

void make_item(const Random& random, const Effects& effects, std::uint64_t id, Item& item, Movie& movie) {
  const auto bits = random.bits(id, number(Use::item_profile));
  // Most movies are new: the age of a movie is the smallest of three draws.
  const std::size_t age = std::min({below(bits[0], 70), below(bits[1], 70), below(bits[2], 70)});
  const double old = static_cast<double>(age) / 35 - 0.5;  // about -0.5 … 1.5
  movie.id = static_cast<std::int64_t>(id) + 1;
  movie.year = 2000 - static_cast<int>(age);
  movie.title = title_of(id, *movie.year);
  const std::size_t genre_count = 1 + below(bits[3], 3);
  const auto picks = random.bits(id, number(Use::item_genres));
  std::vector<std::size_t> genres;
  for (std::size_t g = 0; g < genre_count; ++g) genres.push_back(below(picks[g], kGenres.size()));
  std::sort(genres.begin(), genres.end());
  genres.erase(std::unique(genres.begin(), genres.end()), genres.end());

  item.bias = kItemOwn * bell(random.bits(id, number(Use::item_own))) + effects.year.bias * old;
  item.nature = random_vector(random, id, Use::item_vector, kNatureOwn);
  add(item.nature, effects.year.vector, 2 * old);
  // Divided by sqrt(n), so that movies of one and of three genres are as different from each other.
  const double part = 1 / std::sqrt(static_cast<double>(genres.size()));
  for (const std::size_t g : genres) {
    movie.genres.emplace_back(kGenres[g]);
    item.bias += part * effects.genres[g].bias;
    add(item.nature, effects.genres[g].vector, part);
  }
  const auto tags = random.bits(id, number(Use::item_concepts));
  for (std::size_t c = 0; c < item.concepts.size(); ++c) {
    const std::size_t tag = below(tags[c], kConcepts);
    item.concepts[c] = static_cast<std::int8_t>(tag);
    item.bias += std::sqrt(0.5) * effects.concepts[tag].bias;
    add(item.nature, effects.concepts[tag].vector, std::sqrt(0.5));
  }
}

}  // namespace

double bell(const std::array<std::uint32_t, 4>& bits) {
  const std::uint64_t sum = std::uint64_t{bits[0]} + bits[1] + bits[2] + bits[3];
  return (static_cast<double>(sum) * 0x1p-32 - 2 + 0x1p-31) * std::sqrt(3.0);
}

double bell_distribution(double x) {
  // Irwin-Hall, n = 4: F(s) = 1/24 sum_k (-1)^k C(4, k) (s - k)_+^4; by symmetry only s <= 2 is computed.
  double s = x / std::sqrt(3.0) + 2;
  if (s <= 0) return 0;
  if (s >= 4) return 1;
  const bool upper = s > 2;
  if (upper) s = 4 - s;
  double sum = s * s * s * s;
  if (s > 1) sum -= 4 * (s - 1) * (s - 1) * (s - 1) * (s - 1);
  return upper ? 1 - sum / 24 : sum / 24;
}

double World::affinity(std::int64_t user, std::int64_t item) const {
  const Vector& p = users[static_cast<std::size_t>(user)].taste;
  const Vector& q = items[static_cast<std::size_t>(item)].nature;
  double sum = 0;
  for (std::size_t k = 0; k < kFactors; ++k) sum += p[k] * q[k];
  return sum;
}

double World::mean(std::int64_t user, std::int64_t item) const {
  return kMean + users[static_cast<std::size_t>(user)].bias + items[static_cast<std::size_t>(item)].bias +
         kInteraction * affinity(user, item);
}

int noisy_rating(double mean, double noise) {
  const double value = mean + kNoise * noise;
  int rating = 1;
  for (int k = 2; k <= 5; ++k) rating += value >= k - 0.5 ? 1 : 0;
  return rating;
}

double expected_rating(double mean) {
  double sum = 1;
  for (int k = 2; k <= 5; ++k) sum += 1 - bell_distribution((k - 0.5 - mean) / kNoise);
  return sum;
}

const char* concept_name(int number) { return kConceptNames[static_cast<std::size_t>(number)]; }
const char* noise_tag(int number) { return kNoiseTagNames[static_cast<std::size_t>(number)]; }

World make_world(const SyntheticSpec& spec, Threads& threads) {
  const Random random(spec.seed, Stream::synthetic);
  const Effects effects = make_effects(random);
  World world;
  world.users.resize(static_cast<std::size_t>(spec.users));
  world.items.resize(static_cast<std::size_t>(spec.items));
  world.catalogue.users.resize(world.users.size());
  world.catalogue.movies.resize(world.items.size());
  threads.for_ranges(spec.users, kBlock, [&](std::int64_t begin, std::int64_t end, int) {
    for (auto u = static_cast<std::size_t>(begin); u < static_cast<std::size_t>(end); ++u) {
      make_user(random, effects, u, world.users[u], world.catalogue.users[u]);
    }
  });
  threads.for_ranges(spec.items, kBlock, [&](std::int64_t begin, std::int64_t end, int) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      make_item(random, effects, i, world.items[i], world.catalogue.movies[i]);
    }
  });
  return world;
}

}  // namespace embrace::synthetic
