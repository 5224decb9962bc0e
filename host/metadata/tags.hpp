// Step 1, most common tags: normalised, counted, the most common ones a vocabulary, weighted per movie.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/sparse.hpp"

namespace embrace {

struct TagOptions {
  std::int64_t vocabulary = 1000;   // at most so many tags become columns
  std::int64_t minimum_uses = 5;    // a tag must have been given so often (user-movie pairs)
  std::int64_t minimum_movies = 2;  // and to so many movies: a tag of one movie says no more than its id
};

/// A tag is counted once for each (user, movie) that gave it; where the user is not known, once a row.
struct TagTable {
  struct Tag {
    std::string tag;       // normalised
    std::string spelling;  // as most often typed; ties by text
    std::int64_t uses = 0;
    std::int64_t users = 0;  // distinct known users, of each data set by itself, and unknown ones
    std::int64_t movies = 0;
    std::int32_t column = -1;  // in the vocabulary; -1: not in it
  };
  std::vector<Tag> tags;  // all of them, most used first, ties by text; from movies with a training rating
  std::vector<std::int32_t> vocabulary;  // position in `tags` of each column
  Csr counts;                            // items × vocabulary: users who gave this tag to this movie
  Csr weights;                           // the same entries as tf-idf, summing to 1 in a row
  std::int64_t used = 0;                 // rows of the catalogue that count
  std::int64_t in_test = 0;              // left out: by this user on a movie of a test pair
  std::int64_t later = 0;                // left out: given after the training part, or nobody knows when
  std::int64_t nameless = 0;             // left out: nothing remained of the tag
  std::int64_t without_movie = 0;        // left out: the movie has no rating
};

/// Uses of the fold's training part: all but those that a user of this data gave to a movie of one of their own test
/// (or fold-in) pairs, and of a fold that ends at a time those that are not known to be of before. The vocabulary and
/// idf come from movies with a training rating; every movie gets its weights. tf-idf: (1 + ln count) · (1 + ln((1 +
/// movies) / (1 + movies with the tag))), then each row divided by its sum.
TagTable count_tags(const Dataset& dataset, const Fold& fold, const TagOptions& options = {});

}  // namespace embrace
