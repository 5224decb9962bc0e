// NumPy's array files: what NumPy wrote is read, and what is torn or too large is refused before memory is taken.
#include "host/npy.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

using test::TemporaryFolder;

/// As numpy.save writes it.
std::string npy(const std::string& dictionary, const std::string& numbers) {
  std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  bytes += dictionary;
  return bytes + std::string(128 - 1 - bytes.size(), ' ') + "\n" + numbers;
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<float> values_of(const Matrix& matrix) { return {matrix.data(), matrix.data() + matrix.size()}; }

/// The message of the DataError that reading gives.
std::string refusal(const std::filesystem::path& file) {
  try {
    read_npy_matrix(file);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Npy, WhatNumPyWroteIsRead) {
  // numpy.save(…, numpy.array([[1, 2, 3], [4, 5, 6]], numpy.float32))
  const TemporaryFolder folder;
  const std::string bytes = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                                bytes_of<float>({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}));
  write(folder / "a.npy", bytes);
  const auto array = read_npy<float>(folder / "a.npy");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(array.values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_THROW(read_npy<std::int32_t>(folder / "a.npy"), DataError) << "another type";
  write_npy<float>(folder / "b.npy", array.values, array.shape);
  EXPECT_EQ(read_file(folder / "b.npy").size() % 64, 24U) << "numbers begin at a multiple of 64";
  EXPECT_EQ(read_npy<float>(folder / "b.npy").shape, array.shape);
  EXPECT_EQ(values_of(read_npy_matrix(folder / "b.npy")), array.values);
  // Every way of being torn is an error, never a read beyond the end.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write(folder / "torn.npy", bytes.substr(0, size));
    EXPECT_THROW(read_npy<float>(folder / "torn.npy"), DataError) << size << " bytes";
    EXPECT_THROW(read_npy_matrix(folder / "torn.npy"), DataError) << size << " bytes";
  }
}

TEST(Npy, AHugeShapeIsRefusedBeforeAllocating) {
  const TemporaryFolder folder;
  for (const char* shape : {"4611686018427387904, 4", "4611686018427387904, 0", "0, 4611686018427387904"}) {
    write(folder / "a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::string(shape) + "), }",
                                shape[0] == '0' || std::strstr(shape, ", 0") != nullptr ? "" : "1234"));
    EXPECT_NE(refusal(folder / "a.npy"), "") << shape;
  }
  write(folder / "a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "1234"));
  EXPECT_THROW(read_npy<float>(folder / "a.npy"), DataError);
}

TEST(Npy, MatricesOfEveryWidthAndOrderAreTheSameNumbers) {
  const TemporaryFolder folder;
  const std::vector<float> expected = {1, -2, 0.5F, 4, 65504, 0};  // the largest f16 is 65504
  const auto read = [&](const std::string& type, const char* order, const std::string& bytes) {
    write(folder / "a.npy", npy("{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': (2, 3), }", bytes));
    return values_of(read_npy_matrix(folder / "a.npy"));
  };
  EXPECT_EQ(read("<f8", "False", bytes_of<double>({1, -2, 0.5, 4, 65504, 0})), expected);
  EXPECT_EQ(read("<f2", "False", bytes_of<std::uint16_t>({0x3c00, 0xc000, 0x3800, 0x4400, 0x7bff, 0})), expected);
  EXPECT_EQ(read("<f4", "True", bytes_of<float>({1, 4, -2, 65504, 0.5F, 0})), expected);
  // The least f16 above zero, the largest one below the normal ones, and infinity.
  const auto odd = read("<f2", "False", bytes_of<std::uint16_t>({0x0001, 0x03ff, 0x7c00, 0xfc00, 0x8000, 0x0400}));
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(odd, (std::vector<float>{0x1p-24F, 0x1p-14F - 0x1p-24F, infinity, -infinity, -0.0F, 0x1p-14F}));
}

TEST(Npy, WhatIsNoMatrixOfNumbersIsRefused) {
  const TemporaryFolder folder;
  const std::string four(16, '\0');
  const std::vector<std::array<std::string, 3>> cases = {
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 2), }", four, "it holds >f4"},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2), }", four, "it holds <i4"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }", four, "it holds |O"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2), }", four, "no 'descr'"},
      {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 2), }", four, "damaged"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", four, "1 extents"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2), }", four, "its shape is"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", four, "longer"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", four, "shorter"}};
  for (const auto& [dictionary, numbers, reason] : cases) {
    write(folder / "a.npy", npy(dictionary, numbers));
    EXPECT_NE(refusal(folder / "a.npy").find(reason), std::string::npos) << refusal(folder / "a.npy");
  }
}

}  // namespace
}  // namespace embrace
