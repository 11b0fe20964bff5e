// Records for tests.
#pragma once

#include "base/clock.h"
#include "history/record.h"

#include <string>

namespace postern::history {

inline Record a_record(int number, Kind kind = Kind::delivered) {
  Record record;
  record[Field::at] = to_rfc3339(WallTime(Milliseconds(1'790'000'000'000 + number * 1000LL)));
  record[Field::kind] = name(kind);
  record[Field::id] = "0p6c9x2m7k4hq" + std::to_string(100 + number % 900);
  record[Field::uid] = record[Field::owner] = std::to_string(1000 + number % 3);
  record[Field::from] = "cron@web1.example.net";
  record[Field::to] = "admin" + std::to_string(number) + "@example.com";
  record[Field::subject] = "Backup " + std::to_string(number);
  record[Field::reply] = "250 2.0.0 Ok: queued as " + std::to_string(number);
  return record;
}

}  // namespace postern::history
