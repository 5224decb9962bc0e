// Errors that a user sees. Each kind has its own exit code; the message is "reason; hint".
#pragma once
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace embrace {

enum class ExitCode : int {
  ok = 0,
  some_failed = 1,
  usage = 2,      // unknown names, impossible settings
  data = 3,       // invalid, unreadable or missing input
  device = 4,     // a named device is not usable
  memory = 5,     // out of memory for all entries
  output = 6,     // something could not be written
  integrity = 7,  // checksum or archive refused
  schema = 8,     // a record fails the schema
  timeout = 124,
  interrupted = 130,
  terminated = 143,
};

/// Base of all expected failures. `what()` is "reason; hint" (the hint may be absent).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& reason, const std::string& hint = "")
      : std::runtime_error(hint.empty() ? reason : reason + "; " + hint), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

class UsageError : public Error {
 public:
  explicit UsageError(const std::string& reason, const std::string& hint = "") : Error(ExitCode::usage, reason, hint) {}
};

/// Bad input data. With a place, the message starts with FILE:LINE:COLUMN: (both count from 1).
class DataError : public Error {
 public:
  explicit DataError(const std::string& reason, const std::string& hint = "") : Error(ExitCode::data, reason, hint) {}
  DataError(const std::string& file, std::int64_t line, std::int64_t column, const std::string& reason,
            const std::string& hint = "")
      : Error(ExitCode::data, file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + reason, hint) {}
};

class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& reason, const std::string& hint = "")
      : Error(ExitCode::device, reason, hint) {}
};

class OutputError : public Error {
 public:
  explicit OutputError(const std::string& reason, const std::string& hint = "")
      : Error(ExitCode::output, reason, hint) {}
};

/// A record does not follow the schema.
class SchemaError : public Error {
 public:
  explicit SchemaError(const std::string& reason, const std::string& hint = "")
      : Error(ExitCode::schema, reason, hint) {}
};

/// Training met a value that is not finite; becomes status "diverged", never an exit by itself.
class Diverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Memory of a device that is not there, or memory whose want can be told in words; becomes status "out-of-memory".
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::string reason) : reason_(std::make_shared<const std::string>(std::move(reason))) {}
  const char* what() const noexcept override { return reason_->c_str(); }

 private:
  std::shared_ptr<const std::string> reason_;  // copies of an exception may not throw
};

/// A method × information × task × data that cannot be; becomes status "unsupported".
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace embrace
