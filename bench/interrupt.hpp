// SIGINT and SIGTERM: the first asks the work to stop (training after the current epoch, reading and building at the
// next task of the pool), the second ends the program at once.
#pragma once

namespace embrace {

/// Installs the handlers; also ignores SIGPIPE and SIGXFSZ, so that `| head` and a limit on the size of files are write
/// errors and no end without a word.
void watch_for_interrupts();
/// 0, or the signal that asked to stop.
int interrupt_signal();

/// The work was asked to stop by a signal; what it was at leaves nothing behind.
struct Interrupted {};
/// Throws Interrupted when a signal has asked to stop.
void stop_if_interrupted();

}  // namespace embrace
