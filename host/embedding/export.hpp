// Embeddings for other programs.
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/embedding/embedding.hpp"
#include "host/enum_text.hpp"

namespace embrace {

/// npy: items.npy with items.npy.ids, and item_bias.npy; csv: items.csv of id, bias and numbers; word2vec: items.txt;
/// each also of users where there are any, and biases where there are any. projector: vectors.tsv and metadata.tsv of
/// the items, for TensorFlow's embedding projector.
enum class ExportFormat { npy, csv, word2vec, projector };
template <>
inline constexpr std::array enum_texts<ExportFormat> = {"npy", "csv", "word2vec", "projector"};

/// Writes the files of a format into the folder and returns them. `titles` of items, by id, stand in the projector's
/// metadata unless there are none. Throws OutputError; UsageError for what the format cannot hold.
std::vector<std::filesystem::path> export_embedding(const Embedding& embedding, ExportFormat format,
                                                    const std::filesystem::path& folder,
                                                    const std::unordered_map<std::string, std::string>& titles);

}  // namespace embrace
