// Progress of a study on stderr: one moving line with ETA on a terminal, plain lines elsewhere.
#pragma once
#include <chrono>
#include <string>

namespace embrace {

class Progress {
 public:
  explicit Progress(bool quiet);
  void begin(int entries, int already_done);
  void entry(const std::string& what);      // an entry starts
  void epoch(int done, int all);            // of the current entry
  void finish(const std::string& outcome);  // the current entry ended
  void skip();                              // an entry that took no time
  void note(const std::string& text);       // a line that stays
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void draw(const std::string& text);
  void clear_line();
  std::string eta() const;

  bool quiet_;
  bool terminal_;
  int entries_ = 0;
  int done_ = 0;
  int timed_ = 0;  // entries that were really run
  std::string current_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace embrace
