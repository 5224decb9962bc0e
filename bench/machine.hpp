// What this machine is, for records and `doctor`. No host name, no user name.
#pragma once
#include <cstdint>
#include <string>

namespace embrace {

std::string cpu_name();
std::string machine_name();   // "Linux 6.1 x86_64, 2 processors, 23 GiB"
std::string library_names();  // versions of what the numbers depend on
double load_average();        // programs that ran or waited for a processor, mean of the last minute
std::string utc_now();        // "2026-01-31T12:00:00Z"
std::int64_t total_memory_bytes();
std::int64_t available_memory_bytes();

/// Peak resident memory since the last reset. The reset needs Linux ≥ 4.0; without it the peak is the process's.
void reset_peak_memory();
std::int64_t peak_memory_bytes();

/// From here on an allocation beyond the memory that is free now fails as std::bad_alloc, instead of the whole
/// process being killed later. Not under sanitizers, whose shadow memory needs more than there is.
void limit_memory_to_available();

}  // namespace embrace
