// A fact of the log as one JSON object (RFC 8259), without a line end:
//
//   {"time":"2026-11-29T03:00:02.114+01:00","level":"info","event":"delivered","id":"...","to":"b@example.net","delay":1.2}
//
// The members are the fields by the names that they have in the line for people; numbers are numbers, durations
// seconds. A field that is a list has its text there, and beside it an array of all that it has: "to", "to_list".
#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <string>

namespace postern {

/// Values are made printable and cut to 8 KiB; of a list those stand there that have room in as much.
[[nodiscard]] std::string json_line(const LogRecord& record, WallTime time);

}  // namespace postern
