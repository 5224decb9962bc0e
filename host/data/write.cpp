#include "host/data/write.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "host/data/read/occupations.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {
namespace {

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// Text on its way into a file; published when finish() is called.
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path) : file_(path) { buffer_.reserve(kPiece + 4096); }

  TextFile& operator<<(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kPiece) flush();
    return *this;
  }
  template <typename Number>
  requires std::is_arithmetic_v<Number> TextFile& operator<<(Number number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;  // floats: shortest that reads back
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }
  void finish() {
    flush();
    file_.publish();
  }

 private:
  static constexpr std::size_t kPiece = 1 << 20;
  void flush() {
    file_.write(buffer_);
    buffer_.clear();
  }
  AtomicFile file_;
  std::string buffer_;
};

void write_rating(TextFile& out, const Ratings& ratings, std::int64_t position, std::string_view separator) {
  const std::size_t p = at(position);
  out << ratings.user_ids[at(ratings.users[p])] << separator << ratings.item_ids[at(ratings.items[p])] << separator
      << ratings.values[p];
  if (!ratings.times.empty()) out << separator << ratings.times[p];
}

void write_ratings(const Ratings& ratings, const std::filesystem::path& path) {
  TextFile out(path);
  for (std::int64_t p = 0; p < ratings.size(); ++p) {
    write_rating(out, ratings, p, "::");
    out << "\n";
  }
  out.finish();
}

std::int64_t occupation_code(const UserProfile& user) {
  const auto found = std::find(kOccupations.begin(), kOccupations.end(), user.occupation);
  if (found == kOccupations.end()) {
    throw OutputError("users.dat cannot hold the occupation '" + user.occupation + "' of user " +
                      std::to_string(user.id));
  }
  return found - kOccupations.begin();
}

void write_users(const std::vector<UserProfile>& users, const std::filesystem::path& path) {
  TextFile out(path);
  for (const UserProfile& user : users) {
    if (!user.age) throw OutputError("users.dat needs an age, user " + std::to_string(user.id) + " has none");
    out << user.id << "::" << user.gender << "::" << *user.age << "::" << occupation_code(user) << "::" << user.zip
        << "\n";
  }
  out.finish();
}

void write_movies(const std::vector<Movie>& movies, const std::filesystem::path& path) {
  TextFile out(path);
  for (const Movie& movie : movies) {
    out << movie.id << "::" << movie.title << "::";
    for (std::size_t g = 0; g < movie.genres.size(); ++g) out << (g == 0 ? "" : "|") << movie.genres[g];
    out << "\n";
  }
  out.finish();
}

void write_tags(const std::vector<TagUse>& tags, const std::filesystem::path& path) {
  TextFile out(path);
  for (const TagUse& use : tags) {
    if (use.travelled) continue;
    out << use.user << "::" << use.item << "::" << use.tag;
    if (use.time) out << "::" << *use.time;
    out << "\n";
  }
  out.finish();
}

void write_part(const Ratings& ratings, const std::vector<std::int64_t>& positions, const std::filesystem::path& path) {
  TextFile out(path);
  out << "user,item,rating,timestamp\n";
  for (const std::int64_t p : positions) {
    write_rating(out, ratings, p, ",");
    out << (ratings.times.empty() ? ",\n" : "\n");
  }
  out.finish();
}

}  // namespace

void write_movielens(const Dataset& dataset, const std::filesystem::path& folder) {
  const Catalogue& catalogue = dataset.catalogue;
  if (!catalogue.users.empty()) write_users(catalogue.users, folder / "users.dat");
  if (!catalogue.movies.empty()) write_movies(catalogue.movies, folder / "movies.dat");
  if (!catalogue.tags.empty()) write_tags(catalogue.tags, folder / "tags.dat");
  write_ratings(dataset.ratings, folder / "ratings.dat");  // last: a folder with ratings is complete
}

void write_split(const Dataset& dataset, const std::vector<Fold>& folds, const std::filesystem::path& folder) {
  for (const Fold& fold : folds) {
    const std::filesystem::path place = folder / ("fold-" + std::to_string(fold.number));
    write_part(dataset.ratings, fold.train, place / "train.csv");
    if (!fold.known.empty()) write_part(dataset.ratings, fold.known, place / "known.csv");
    write_part(dataset.ratings, fold.test, place / "test.csv");
  }
}

}  // namespace embrace
