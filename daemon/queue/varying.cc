#include "queue/varying.h"

#include "base/text.h"
#include "queue/dates_in_text.h"
#include "queue/ids_in_text.h"
#include "queue/processes_in_text.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::queue {
namespace {

// No text has these bytes, and it would do no harm if one had.
constexpr char kTimeMark = '\x01';
constexpr char kIdMark = '\x02';

bool is_epoch(std::string_view digits, WallTime now) {
  constexpr std::size_t kSeconds = 10;
  if (digits.size() < kSeconds || digits.size() > kSeconds + 9 || (digits.size() - kSeconds) % 3 != 0) return false;
  const std::int64_t ms = now.time_since_epoch().count();
  const auto number = static_cast<std::int64_t>(*parse_number(digits.substr(0, kSeconds))) * 1000;
  constexpr std::int64_t kWeek = std::int64_t{7} * 24 * 3600 * 1000;
  return number > ms - kWeek && number < ms + kWeek;
}

std::uint64_t year_of(WallTime time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return static_cast<std::uint64_t>(static_cast<int>(date.year()));
}

bool ends_in_name_of_message_id(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '=' || text.back() == ':')) text.remove_suffix(1);
  constexpr std::size_t kLongestLabel = 10;
  const std::string name = to_lower(text.substr(text.size() - std::min(text.size(), kLongestLabel)));
  return name == "message-id" || name.ends_with("msgid");
}

// What a run of dates and times has so far.
constexpr unsigned kWeekday = 1;
constexpr unsigned kDay = 2;
constexpr unsigned kMonth = 4;
constexpr unsigned kYear = 8;
constexpr unsigned kClock = 16;
constexpr unsigned kOffset = 32;

class Scanner {
 public:
  explicit Scanner(WallTime now) : now_(now), year_(year_of(now)) {}

  void line(std::string_view line) {
    // Words of base64 look like ids; and what ISO-2022-JP has between its escapes is no ASCII.
    base64_ = begins_base64(line) || (base64_ && is_base64(line));
    if (base64_ || line.find("\x1b$") != std::string_view::npos) {
      out_.append(line) += '\n';
      return;
    }
    in_ = Cursor{line};
    run_ = 0;
    last_run_ = 0;
    blank_ = false;
    begin_ = out_.size();
    while (in_.at < line.size()) {
      if (!in_.run(is_blank).empty()) {
        blank_ = true;
      } else if (is_word(in_.next())) {
        word();
      } else {
        other();
      }
    }
    out_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void put(std::string_view text) {
    if (blank_ && out_.size() > begin_) out_ += ' ';
    blank_ = false;
    out_ += text;
    run_ = 0;
  }
  /// Several in a row are one, however many they are.
  void put_time(unsigned parts) {
    const unsigned run = run_ | parts;
    const bool goes_on = run_ != 0 && !out_.empty() && out_.back() == kTimeMark;
    if (goes_on) {
      blank_ = false;
    } else {
      put(std::string_view(&kTimeMark, 1));
    }
    run_ = run;
    last_run_ = run;
  }
  /// A time of day is the last of what was put, but for one of these.
  [[nodiscard]] bool follows_clock(std::string_view between) const {
    std::string_view out = std::string_view(out_).substr(begin_);
    if (!out.empty() && between.find(out.back()) != std::string_view::npos) out.remove_suffix(1);
    if (!out.empty() && out.back() == ' ') out.remove_suffix(1);
    return (last_run_ & kClock) != 0 && !out.empty() && out.back() == kTimeMark;
  }
  void put_id() { put(std::string_view(&kIdMark, 1)); }
  [[nodiscard]] bool near_now(std::uint64_t year) const { return year + 1 >= year_ && year <= year_ + 1; }

  void word() {
    const Cursor begin = in_;
    if (read_id(in_)) return put_id();
    if (is_digit(in_.next())) {
      if (read_process(in_) || (blank_ && follows_clock("") && read_thread(in_))) return put_id();
      if (read_usage(in_) || (follows_clock(";(") && read_distance(in_))) return put_time(0);
    }
    if (read_date_from_year(in_) || compact_date()) return put_time(kMonth | kYear | kClock);
    const bool within = begin.at > 0 && (begin.text[begin.at - 1] == ':' || begin.text[begin.at - 1] == '.');
    if (!within && !is_in_number(begin) && read_date_from_day(in_, year_)) return put_time(kMonth | kYear | kClock);
    if (out_.size() == begin_ && read_short_date(in_, year_)) return put_time(kMonth | kYear);
    if (read_ordinal(in_)) return put_time(kDay);
    if (!within && read_clock(in_, run_ != 0)) return put_time(kClock);
    const std::string_view word = in_.run(is_word);
    if (names_month(word)) return month(word);
    if (begins_line_of_glog(begin)) {
      put(word.substr(0, 1));
      return put_time(kMonth | kDay);
    }
    if (names_weekday(word) && (run_ != 0 || is_before_date(in_))) return put_time(kWeekday);
    if ((run_ & kClock) != 0 && names_zone(word)) return put_time(0);
    if (is_id(begin.text, begin.at, word)) return put_id();
    if (std::ranges::all_of(word, is_digit)) return number(word);
    put(word);
    if (word.starts_with("tmp")) temporary(begin);
    labelled(word);
  }

  /// "2026-" is before it, and not a date.
  [[nodiscard]] bool is_in_number(const Cursor& at) const {
    if (at.at < 2 || at.text[at.at - 1] != '-' || !is_digit(at.text[at.at - 2])) return false;
    return out_.size() < 2 || out_[out_.size() - 2] != kTimeMark;
  }

  /// "Mon" in "Mon Nov 30", "Mon, 30 Nov", "Mon 02:46"; alone it may be a machine.
  [[nodiscard]] bool is_before_date(Cursor at) const {
    (void)at.run([](char c) { return is_blank(c) || c == ',' || c == '.'; });
    Cursor day = at;
    if (read_date_from_year(at) || read_date_from_day(at, year_) || read_compact_date(at) || read_clock(at, true))
      return true;
    const auto number = day.number(1, 2);
    if (number) {
      (void)day.run(is_letter);  // "30th"
      (void)day.run([](char c) { return is_blank(c) || c == '.'; });
    }
    const std::string_view name = day.run(is_letter);
    return number ? is_day_of_month(*number, name) : names_month(name);
  }

  /// A number of eight digits may be anything.
  bool compact_date() {
    Cursor to = in_;
    Cursor year = in_;
    const std::string_view digits = year.run(is_digit);
    if (digits.size() < 8 || !near_now(*parse_number(digits.substr(0, 4))) || !read_compact_date(to)) return false;
    in_ = to;
    return true;
  }

  /// "Nov 30", "30 Nov", "Nov 2026"; alone it may be anybody's name.
  void month(std::string_view word) {
    Cursor day = in_;
    (void)day.run([](char c) { return is_blank(c) || c == '.'; });
    Cursor year = day;
    const auto number = day.number(1, 2);
    bool has_day = number && is_day_of_month(*number, word) && day.next() != ':';
    if (has_day) {
      const std::string_view letters = day.run(is_letter);
      has_day = letters.empty() || is_one_of_names(letters, "st nd rd th");
    }
    const auto digits = year.number(4, 4);
    const bool has_year = digits && near_now(*digits) && year.word_ends();
    if (!has_day && !has_year && (run_ & (kDay | kWeekday)) == 0) return put(word);
    put_time(has_day ? kMonth | kDay : kMonth);
    if (has_day) in_ = day;
  }

  void number(std::string_view digits) {
    if (is_epoch(digits, now_)) {
      const bool of_audit = in_.text.substr(0, in_.at - digits.size()).ends_with("audit(");
      Cursor fraction = in_;
      if (fraction.one_of(".") && fraction.number(1, 9) && fraction.word_ends()) in_ = fraction;
      if (Cursor event = in_; of_audit && event.one_of(":") && event.number(1, 19) && event.next() == ')') in_ = event;
      return put_time(kYear | kClock);
    }
    const std::uint64_t value = digits.size() <= 4 ? *parse_number(digits) : 0;
    if (digits.size() == 4 && is_year_of_run(value)) return put_time(kYear);
    if (digits.size() <= 2 && is_day(value)) {
      Cursor next = in_;
      (void)next.run([](char c) { return is_blank(c) || c == '.'; });
      if (next.at > in_.at && is_day_of_month(value, next.run(is_letter))) return put_time(kDay);
    }
    put(digits);
  }

  /// "Nov 30 2026", "Mon Nov 30 02:46:32 UTC 2026"; what else stands behind a time counts something.
  [[nodiscard]] bool is_year_of_run(std::uint64_t value) const {
    if ((run_ & kMonth) == 0 || (run_ & kYear) != 0 || !near_now(value)) return false;
    return (run_ & kClock) == 0 || (run_ & kWeekday) != 0;
  }

  /// "pid 123", "pid=123", "PID: 123", "\"pid\":123"
  void labelled(std::string_view word) {
    if (!is_one_of_names(word, "pid ppid tid lwp")) return;
    Cursor to = in_;
    (void)to.one_of("\"");
    (void)to.run(is_blank);
    (void)to.one_of("=:#");
    (void)to.run(is_blank);
    if (to.run(is_digit).empty() || !to.word_ends()) return;
    in_ = to;
    out_ += kIdMark;
  }

  /// The names of mktemp(1), "/tmp/tmp.Xa3kQz9pLm", and of Python's tempfile, "/tmp/tmpab12cd_x". The word is out
  /// already.
  void temporary(const Cursor& begin) {
    constexpr std::size_t kPrefix = 3;
    constexpr std::size_t kWholeName = 11;
    Cursor to = begin;
    const std::size_t word = in_.at - begin.at;
    to.at += kPrefix;
    // "tmp.backup" and "tmpsnapshot" are names of people.
    const auto random = [](char c) { return is_digit(c) || is_upper(c) || c == '_'; };
    if (word == kPrefix && to.one_of(".")) {
      const std::string_view rest = to.run(is_word);
      if (rest.size() < 6 || std::ranges::none_of(rest, random)) return;
    } else {
      const std::string_view rest = to.run([](char c) { return is_word(c) || c == '_'; });
      if (rest.size() != kWholeName - kPrefix || std::ranges::none_of(rest, random)) return;
    }
    in_ = to;
    out_.resize(out_.size() - (word - kPrefix));
    out_ += kIdMark;
  }

  /// Of a date; what stands with a sign behind another one may be any number.
  [[nodiscard]] bool is_behind_time() const {
    if ((run_ & kClock) == 0 || (run_ & (kWeekday | kDay | kMonth)) == 0) return false;
    std::size_t at = in_.at;
    while (at > 0 && is_blank(in_.text[at - 1])) --at;
    while (at > 0 && (is_digit(in_.text[at - 1]) || in_.text[at - 1] == '.')) --at;
    return at > 0 && in_.text[at - 1] == ':';
  }

  void other() {
    const char c = in_.next();
    const bool after_word = in_.at > 0 && is_word(in_.text[in_.at - 1]);
    if (is_behind_time() && (run_ & kOffset) == 0 && read_offset(in_)) return put_time(kOffset);
    if (c == '[' && bracket(after_word)) return;
    if (c == '<' && message_id()) return;
    if (c == '#' && process_of_ruby()) return;
    const unsigned run = run_;
    put(std::string_view(&in_.text[in_.at], 1));
    ++in_.at;
    // What stands between the parts of a date.
    if (c == ',' || c == '(' || c == ')') run_ = run;
  }

  /// "[2026-11-30T02:46:32.123456 #1234]"
  bool process_of_ruby() {
    Cursor to = in_;
    ++to.at;
    if (!blank_ || !follows_clock("") || to.run(is_digit).empty() || to.next() != ']') return false;
    in_ = to;
    put_id();
    return true;
  }

  /// "] LOG:  " of PostgreSQL, with two blanks.
  static bool is_before_severity(Cursor at) {
    if (!at.one_of("]") || !at.one_of(" ")) return false;
    return !at.run(is_upper).empty() && at.text.substr(at.at).starts_with(":  ");
  }

  /// Of a line of a log: "sshd[1234]:", "02:46:32 [12345]", "02:46:32] [12345-1]"; of the kernel's: "[12345.678901]".
  /// "disk[3]:" counts, and so does "vm[101]:" where no time stands before it; "02:46:32 [404]" may be what a server
  /// said.
  bool bracket(bool after_word) {
    constexpr std::size_t kShortestPid = 3;
    Cursor to = in_;
    ++to.at;
    (void)to.run(is_blank);
    const std::size_t digits = to.run(is_digit).size();
    if (digits == 0) return false;
    if (after_word) {
      // "LOG5[12]:" of stunnel.
      const bool thread = in_.text.substr(0, in_.at - 1).ends_with("LOG");
      const std::size_t shortest = (last_run_ & kClock) != 0 ? kShortestPid : kShortestPid + 1;
      if ((digits < shortest && !thread) || to.next() != ']' || to.next(1) != ':') return false;
      ++to.at;
      in_ = to;
      put_id();
      return true;
    }
    if (blank_ && follows_clock("]")) {
      Cursor line = to;
      if (line.one_of("-") && !line.run(is_digit).empty()) to = line;
      if (to.next() != ']' || (digits <= kShortestPid && !is_before_severity(to))) return false;
      ++to.at;
      in_ = to;
      put_id();
      return true;
    }
    if (!to.one_of(".") || !to.number(6, 6) || !to.one_of("]")) return false;
    in_ = to;
    put_time(kClock);
    return true;
  }

  /// "message-id=<20261130024632.GA1234@web1.example.net>"; anything else like that may be a person's address.
  bool message_id() {
    constexpr std::size_t kLongest = 300;
    if (!ends_in_name_of_message_id(in_.text.substr(0, in_.at))) return false;
    const std::string_view rest = in_.text.substr(in_.at, kLongest);
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos || rest.find_first_of(" \t") < end) return false;
    in_.at += end + 1;
    put_id();
    return true;
  }

  WallTime now_;
  std::uint64_t year_;
  Cursor in_{};
  std::string out_;
  std::size_t begin_ = 0;  ///< of the line
  bool blank_ = false;     ///< blanks stand before what comes
  bool base64_ = false;    ///< the line before was of a file in base64
  unsigned last_run_ = 0;  ///< parts of the run of dates and times that was put last, also if something else was since
  unsigned run_ = 0;       ///< parts of the run of dates and times that was put last; 0: something else was
};

}  // namespace

std::string without_varying(std::string_view text, WallTime now) {
  Scanner scanner(now);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    scanner.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scanner.take();
}

}  // namespace postern::queue
