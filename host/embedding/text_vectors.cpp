#include "host/embedding/text_vectors.hpp"

#include <algorithm>
#include <cmath>

#include "host/embedding/tensor_file.hpp"
#include "host/embedding/tokenizer.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

constexpr const char* weights_name = "embedding.weight";

/// Read whole: texts use rows from all over it.
Matrix token_vectors(const std::filesystem::path& file) {
  Matrix vectors = TensorFile(file).matrix(weights_name);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(vectors.data(), vectors.data() + vectors.size(), finite)) {
    throw DataError(file.string() + ": tensor '" + weights_name + "' has a number that is not finite");
  }
  return vectors;
}

}  // namespace

std::filesystem::path tokenizer_beside(const std::filesystem::path& file) {
  return file.parent_path() / "tokenizer.json";
}

Matrix text_vectors(Span<const std::string> texts, const std::filesystem::path& file) {
  const Matrix vectors = token_vectors(file);
  const std::filesystem::path beside = tokenizer_beside(file);
  const Tokenizer tokenizer(beside);
  if (tokenizer.vocabulary() > vectors.rows()) {
    throw DataError(beside.string() + ": has " + std::to_string(tokenizer.vocabulary()) + " tokens, but there are " +
                        std::to_string(vectors.rows()) + " vectors in " + file.string(),
                    "take the one that belongs to the vectors");
  }
  const std::int64_t width = vectors.columns();
  Matrix means(texts.size(), width);
  for (std::int64_t t = 0; t < texts.size(); ++t) {
    const std::vector<std::int32_t> tokens = tokenizer.tokens(texts[t]);
    float* const mean = means.row(t);
    for (const std::int32_t token : tokens) {
      for (std::int64_t c = 0; c < width; ++c) mean[c] += vectors(token, c);
    }
    const auto count = static_cast<float>(std::max<std::size_t>(tokens.size(), 1));
    for (std::int64_t c = 0; c < width; ++c) mean[c] /= count;
  }
  return means;
}

}  // namespace embrace
