// What programs write of one run of a process: its id, how long ago it was, and what systemctl tells of the time that
// it took. Known by the words about them: a number alone counts something. Pure.
#pragma once

#include "queue/text_cursor.h"

namespace postern::queue {

/// At digits: "12345" in "x.sh: line 3: 12345 Killed", "Process: 12345 ExecStart=", "child 1234 exited",
/// "Killed process 1234", "1234#1234: *567" of nginx, "1234:M " of Redis. Reads it, or leaves the place where it is.
[[nodiscard]] bool read_process(Cursor& from);
/// Right behind a time, "12345" in "02:46:32.123  12345 main.cc:12]" and "02:46:32 12345 [Warning]".
[[nodiscard]] bool read_thread(Cursor& from);
/// Right behind a time, "1 day 3h ago" in "; 1 day 3h ago" of systemctl and "1m2.345s" in "(1m2.345s ago)" of restic.
[[nodiscard]] bool read_distance(Cursor& from);
/// "12.345678 seconds" in "after 12.345678 seconds from start", and what systemd tells of a unit's time: "12ms" in a
/// line "    CPU: 12ms", "12ms CPU time, 3.1M memory peak" behind "Consumed".
[[nodiscard]] bool read_usage(Cursor& from);

}  // namespace postern::queue
