#include "bench/read_data.hpp"

#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/catalogue.hpp"
#include "host/data/sample.hpp"
#include "host/digest.hpp"

namespace embrace {
namespace {

/// Of the tags as they are used: two sources that say the same are the same.
std::string tags_sha256(const Catalogue& catalogue) {
  Sha256 digest;
  for (const TagUse& use : catalogue.tags) {
    if (!use.travelled) continue;
    digest.add(std::to_string(use.user) + "," + std::to_string(use.item) + "," + std::to_string(use.tag.size()) + ",");
    digest.add(use.tag);
  }
  return digest.hex();
}

}  // namespace

LoadedData load_data(const std::string& source, const LoadOptions& options, Threads& threads) {
  LoadedData loaded;
  loaded.dataset = load_dataset(source, options, threads);
  if (options.tags_from) {
    loaded.transfer = transfer_tags(loaded.dataset, read_catalogue(*options.tags_from, threads));
    loaded.dataset.sha256 = sha256(loaded.dataset.sha256 + tags_sha256(loaded.dataset.catalogue));
  }
  if (options.most_ratings > 0) loaded.dataset = sample_users(std::move(loaded.dataset), options.most_ratings);
  return loaded;
}

}  // namespace embrace
