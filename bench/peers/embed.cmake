# The peers' adapters and pins travel inside the program: it can write them out wherever it was copied to.
file(GLOB EMBRACE_PEER_FILES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/peers/*.py ${CMAKE_CURRENT_SOURCE_DIR}/peers/*.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${EMBRACE_PEER_FILES})
set(EMBRACE_PEER_TEXTS "")
foreach(file ${EMBRACE_PEER_FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND EMBRACE_PEER_TEXTS "    {\"${name}\", R\"peer(${text})peer\"},\n")
endforeach()
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/peer_files.cpp.new "// Made by embed.cmake from bench/peers.
#include <stdexcept>

#include \"bench/peers/peer.hpp\"

namespace embrace::peers {
namespace {

constexpr std::pair<std::string_view, std::string_view> files[] = {
${EMBRACE_PEER_TEXTS}};

}  // namespace

std::string_view peer_file(std::string_view name) {
  for (const auto& [file, text] : files) {
    if (file == name) return text;
  }
  throw std::logic_error(\"there is no file \" + std::string(name));
}

}  // namespace embrace::peers
")
configure_file(${CMAKE_CURRENT_BINARY_DIR}/peer_files.cpp.new ${CMAKE_CURRENT_BINARY_DIR}/peer_files.cpp COPYONLY)
