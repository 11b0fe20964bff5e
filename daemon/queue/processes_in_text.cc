#include "queue/processes_in_text.h"

#include "base/text.h"
#include "queue/dates_in_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::queue {
namespace {

constexpr std::size_t kLongestContext = 40;

/// In small letters, and no more than what a rule can ask for.
std::string text_before(const Cursor& at) {
  const std::size_t begin = at.at - std::min(at.at, kLongestContext);
  return to_lower(at.text.substr(begin, at.at - begin));
}

std::string text_behind(const Cursor& at) { return to_lower(at.text.substr(at.at, kLongestContext)); }

/// What stands right before and right behind the id of a process.
struct Surroundings {
  std::string_view before;
  std::string_view behind;
  std::size_t fewest;  ///< digits: a smaller one may tell which of a few it is
};

constexpr auto kProcesses = std::to_array<Surroundings>({
    // systemctl status, and systemd's log.
    {"process: ", " exec", 1},
    {"killed process ", "", 1},  // of the kernel, too
    {"killing process ", "", 1},
    {"left-over process ", "", 1},
    {"session ", " of user ", 1},
    {"session-", ".scope", 1},
    // The names that other programs have for it.
    {"process id ", "", 1},
    {"process id: ", "", 1},
    {"process id is ", "", 1},
    {"pid is ", "", 1},
    {"process ", " exited", 3},
    {"process ", " died", 3},
    {"process ", " terminated", 3},
    {"process ", " was killed", 3},
    {"child ", " exited", 3},
    {"child ", " said ", 3},
    {"child ", ", script ", 3},
    {"child ", " stopped", 3},
    {"child ", " started", 3},
    {"child ", " terminated", 3},
    // MariaDB and PostgreSQL.
    {"process ", " waits for ", 1},
    {"blocked by process ", "", 1},
    {"on transaction ", "; blocked by process ", 1},
    {"aborted connection ", " to db", 1},
});

/// As the C library names what ended a process, in English and in German.
constexpr auto kSignals = std::to_array<std::string_view>(
    {"killed", "segmentation fault", "aborted", "terminated", "bus error", "illegal instruction",
     "floating point exception", "trace/breakpoint trap", "hangup", "quit", "alarm clock", "user defined signal",
     "broken pipe", "speicherzugriffsfehler", "get\xc3\xb6tet", "abgebrochen", "beendet"});

/// "/x.sh: line 3: 12345 Killed"
bool is_job_of_shell(std::string_view before, std::string_view behind) {
  while (!before.empty() && is_blank(before.back())) before.remove_suffix(1);
  if (!before.ends_with(':')) return false;
  before.remove_suffix(1);
  const std::size_t whole = before.size();
  while (!before.empty() && is_digit(before.back())) before.remove_suffix(1);
  if (before.size() == whole || (!before.ends_with(": line ") && !before.ends_with(": zeile "))) return false;
  behind.remove_prefix(std::min(behind.find_first_not_of(" \t"), behind.size()));
  return std::ranges::any_of(kSignals, [&](std::string_view signal) { return behind.starts_with(signal); });
}

/// "Process 1234 (foo) of user 1000 dumped core."
bool dumped_core(std::string_view before, std::string_view behind) {
  return before.ends_with("process ") && behind.starts_with(" (") &&
         behind.substr(std::min(behind.find(')'), behind.size())).starts_with(") of user ");
}

/// "[error] 1234#1235: *567 "
bool read_nginx(Cursor& from, std::string_view before) {
  Cursor to = from;
  if (!before.ends_with("] ") || to.run(is_digit).empty() || !to.one_of("#") || to.run(is_digit).empty()) return false;
  if (to.next() != ':') return false;
  if (Cursor connection = to; connection.text.substr(connection.at).starts_with(": *")) {
    connection.at += 3;
    if (!connection.run(is_digit).empty() && connection.word_ends()) to = connection;
  }
  from = to;
  return true;
}

/// "1234:M 30 Nov"
bool read_redis(Cursor& from) {
  Cursor to = from;
  if (to.at != 0 || to.run(is_digit).empty()) return false;
  const Cursor end = to;
  if (!to.one_of(":") || !to.one_of("CMSX") || !to.one_of(" ")) return false;
  const std::string_view day = to.run(is_digit);
  if (day.size() != 2 || !to.one_of(" ") || !names_month(to.run(is_letter))) return false;
  from = end;
  return true;
}

/// "5s", "2.345s", "23min", "2 days"
bool read_part_of_span(Cursor& from) {
  Cursor to = from;
  if (!to.number(1, 9)) return false;
  if (to.next() == '.' && is_digit(to.next(1))) {
    ++to.at;
    if (!to.number(1, 9)) return false;
  }
  (void)to.one_of(" ");
  const std::string_view unit = to.run(is_letter);
  if (!is_one_of_names(unit,
                       "us ms s sec secs second seconds m min mins minute minutes h hour hours d day days w week weeks "
                       "month months y year years")) {
    return false;
  }
  from = to;
  return true;
}

/// "1m2.345s", "1h 23min 4s"
bool read_span(Cursor& from) {
  constexpr int kMostParts = 7;
  Cursor to = from;
  if (!read_part_of_span(to)) return false;
  for (int part = 1; part < kMostParts; ++part) {
    Cursor next = to;
    (void)next.one_of(" ");
    if (!read_part_of_span(next)) break;
    to = next;
  }
  if (is_digit(to.next())) return false;
  from = to;
  return true;
}

/// "3.1M", "0B", "512K"
bool read_size(Cursor& from) {
  Cursor to = from;
  if (!to.number(1, 9)) return false;
  if (to.one_of(".") && !to.number(1, 9)) return false;
  if (!to.one_of("BKMGT") || !to.word_ends()) return false;
  from = to;
  return true;
}

/// ", 3.1M memory peak, 0B memory swap peak"
void read_peaks(Cursor& from) {
  for (const std::string_view name : {" memory peak", " memory swap peak"}) {
    Cursor to = from;
    if (!to.one_of(",") || !to.one_of(" ") || !read_size(to) || !to.text.substr(to.at).starts_with(name)) return;
    to.at += name.size();
    from = to;
  }
}

bool line_ends(Cursor at) {
  (void)at.run(is_blank);
  return at.at == at.text.size();
}

/// In the column where systemctl has them; elsewhere it may be a report of something else.
bool is_value_of_unit(const Cursor& at) {
  const std::string_view name = at.text.substr(0, at.at);
  return name == "        CPU: " || name == "   Duration: " || name == "   Mem peak: ";
}

}  // namespace

bool read_process(Cursor& from) {
  Cursor to = from;
  const std::size_t digits = to.run(is_digit).size();
  if (digits == 0 || !to.word_ends()) return false;
  const std::string before = text_before(from);
  if (read_nginx(from, before) || read_redis(from)) return true;
  const std::string behind = text_behind(to);
  const auto fits = [&](const Surroundings& one) {
    return digits >= one.fewest && before.ends_with(one.before) && behind.starts_with(one.behind);
  };
  // An event of ZED.
  const bool event = from.at <= kLongestContext && line_ends(to) &&
                     before.substr(std::min(before.find_first_not_of(' '), before.size())) == "eid: ";
  if (!event && !is_job_of_shell(before, behind) && !dumped_core(before, behind) &&
      std::ranges::none_of(kProcesses, fits)) {
    return false;
  }
  from = to;
  return true;
}

bool read_thread(Cursor& from) {
  constexpr std::size_t kLongestFile = 80;
  Cursor to = from;
  if (to.run(is_digit).empty() || !to.one_of(" ")) return false;
  const Cursor behind = to;
  const std::string_view rest = to.text.substr(to.at, kLongestFile);
  for (const std::string_view level : {"[Warning]", "[ERROR]", "[Note]", "[System]"}) {
    if (rest.starts_with(level)) {
      from.at = behind.at - 1;
      return true;
    }
  }
  const std::size_t colon = rest.find_first_of(": ");
  if (colon == 0 || colon == std::string_view::npos || rest[colon] != ':') return false;
  if (rest.substr(0, colon).find('.') == std::string_view::npos) return false;
  to.at += colon + 1;
  if (to.run(is_digit).empty() || to.next() != ']') return false;
  from.at = behind.at - 1;
  return true;
}

bool read_distance(Cursor& from) {
  Cursor to = from;
  if (!read_span(to) || !to.text.substr(to.at).starts_with(" ago")) return false;
  std::string_view before = from.text.substr(0, from.at);
  if (before.ends_with('(')) {
    // "(5 days ago)" is for people.
    const std::string_view span = from.text.substr(from.at, to.at - from.at);
    if (span.find(' ') != std::string_view::npos) return false;
  } else if (!before.ends_with("; ")) {
    return false;
  }
  from = to;
  return true;
}

bool read_usage(Cursor& from) {
  Cursor to = from;
  if (is_value_of_unit(from)) {
    if ((!read_size(to) && !read_span(to)) || !line_ends(to)) return false;
    from = to;
    return true;
  }
  if (!read_span(to)) return false;
  const std::string_view rest = to.text.substr(to.at);
  constexpr std::string_view kTime = " CPU time";
  if (rest.starts_with(kTime) && text_before(from).ends_with("consumed ")) {
    to.at += kTime.size();
    read_peaks(to);
  } else if (!rest.starts_with(" from start") || !text_before(from).ends_with("after ")) {
    return false;
  }
  from = to;
  return true;
}

}  // namespace postern::queue
