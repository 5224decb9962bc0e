// SIGINT and SIGTERM: the first asks the study to stop after the current epoch, the second ends the program at once.
#pragma once

namespace embrace {

/// Installs the handlers; also ignores SIGPIPE, so that `| head` is a write error and not a crash.
void watch_for_interrupts();
/// 0, or the signal that asked to stop.
int interrupt_signal();

}  // namespace embrace
