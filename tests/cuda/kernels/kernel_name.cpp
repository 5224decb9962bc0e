#include "tests/cuda/kernels/kernel_name.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <regex>

namespace embrace::test {
namespace {

void remove_all(std::string& text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
}

}  // namespace

std::string demangled(const std::string& symbol) {
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, nullptr),
                                                         &std::free);
  return text ? text.get() : symbol;
}

std::string short_kernel_name(std::string name) {
  if (name.starts_with("void ")) name.erase(0, 5);
  if (!name.starts_with("embrace::gpu::")) return "";
  for (const char* part :
       {"(anonymous namespace)::", "embrace::gpu::", "embrace::", "detail::", "conjugate_gradients::"})
    remove_all(name, part);
  int depth = 0;  // the parameters begin at the first parenthesis outside template arguments
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    if (name[i] == '(' && depth == 0) name.resize(i);
  }
  name =
      std::regex_replace(name, std::regex(R"(\((?:\w+::)*(\w+)\)(\d+))"), "$1 $2");  // an enumerator: (Role)1 → Role 1
  return std::regex_replace(name, std::regex("> >"), ">>");
}

}  // namespace embrace::test
