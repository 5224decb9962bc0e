// The end of a program that cannot go on.
#pragma once

namespace embrace {

inline constexpr const char* out_of_memory = "out of memory; use smaller data or free some memory";

/// Without memory even unwinding can fail, in a destructor that asks for some: the program then ends with the message
/// and the exit code of any other lack of memory, instead of an abort.
void explain_failed_unwinding();

}  // namespace embrace
