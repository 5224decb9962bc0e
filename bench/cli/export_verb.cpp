// embrace export: the vectors of a file for other programs.
#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/cli/titles.hpp"
#include "bench/machine.hpp"
#include "bench/output_folder.hpp"
#include "host/embedding/export.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::cli {

int export_files(const EmbeddingArguments& arguments) {
  const std::optional<ExportFormat> format = from_text<ExportFormat>(arguments.format);
  if (!format) {
    throw UsageError("there is no format '" + arguments.format + "'",
                     suggestion(arguments.format, all_texts<ExportFormat>()));
  }
  limit_memory_to_available();
  const Embedding embedding = read_embedding(arguments.file);
  const auto dataset = optional_dataset(arguments.data);
  const Titles titles = dataset ? Titles(*dataset) : Titles();
  require_output_folder(arguments.output);
  for (const auto& file : export_embedding(embedding, *format, arguments.output, titles.by_id())) {
    print_line(file.string());
  }
  return 0;
}

}  // namespace embrace::cli
