// The occupations of ml-1m.
#pragma once
#include <array>

namespace embrace {

/// Occupation by code, as the README of ml-1m lists them.
inline constexpr std::array<const char*, 21> kOccupations = {"other",
                                                             "academic/educator",
                                                             "artist",
                                                             "clerical/admin",
                                                             "college/grad student",
                                                             "customer service",
                                                             "doctor/health care",
                                                             "executive/managerial",
                                                             "farmer",
                                                             "homemaker",
                                                             "K-12 student",
                                                             "lawyer",
                                                             "programmer",
                                                             "retired",
                                                             "sales/marketing",
                                                             "scientist",
                                                             "self-employed",
                                                             "technician/engineer",
                                                             "tradesman/craftsman",
                                                             "unemployed",
                                                             "writer"};

}  // namespace embrace
