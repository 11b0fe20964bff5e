#include "queue/ids_in_text.h"

#include "queue/dates_in_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace postern::queue {
namespace {

/// "by-uuid/", "PARTUUID=", "pvc-": a file system, a partition or a volume is called by what comes. "JOB_UUID=" is
/// anything's.
bool names_volume(std::string_view before) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"by-uuid/", "by-partuuid/", "UUID=", "Volume{", "pvc-", "nvmexpress:uuid:"});
  return !before.ends_with("_UUID=") &&
         std::ranges::any_of(kNames, [&](std::string_view name) { return before.ends_with(name); });
}

bool read_uuid(Cursor& from) {
  if (names_volume(from.text.substr(0, from.at))) return false;
  Cursor to = from;
  for (const std::size_t length : {8U, 4U, 4U, 4U, 12U}) {
    if (to.at != from.at && !to.one_of("-")) return false;
    if (to.run(is_hex).size() != length) return false;
  }
  if (!to.word_ends() || to.next() == '@') return false;  // "reply+123e4567-...@example.com"
  from = to;
  return true;
}

/// Of Exim, also as it has them since 4.97: the first six are the time, with a small letter for some decades.
bool read_exim_id(Cursor& from) {
  Cursor to = from;
  const std::string_view first = to.run(is_alnum);
  if (first.size() != 6 || !to.one_of("-")) return false;
  const std::string_view second = to.run(is_alnum);
  if ((second.size() != 6 && second.size() != 11) || !to.one_of("-")) return false;
  const std::string_view third = to.run(is_alnum);
  if (third.size() != 2 && third.size() != 4) return false;
  if (!is_digit(first.front()) || std::ranges::none_of(first, is_lower) || !to.word_ends()) return false;
  from = to;
  return true;
}

/// In small letters, without what joins its parts; "request_id" is "requestid".
std::string label_before(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 24;
  while (at > 0 && std::string_view(" \"':=[").find(text[at - 1]) != std::string_view::npos) --at;
  const std::string_view last = text.substr(at - std::min(at, kLongest), std::min(at, kLongest));
  std::size_t begin = last.size();
  while (begin > 0 && (is_alnum(last[begin - 1]) || last[begin - 1] == '_' || last[begin - 1] == '-')) --begin;
  std::string label = to_lower(last.substr(begin));
  std::erase_if(label, [](char c) { return c == '_' || c == '-'; });
  return label;
}

/// "unique_id "Z0pXyH8AAQEAAB3@dXkAAAAD"", "reqId":"7Hc2..."
bool read_id_of_request(Cursor& from) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"reqid", "requestid", "uniqueid", "traceid", "correlationid"});
  constexpr std::size_t kShortest = 10;
  constexpr std::size_t kLongest = 64;
  const std::string label = label_before(from.text, from.at);
  if (std::ranges::none_of(kNames, [&](std::string_view name) { return label.ends_with(name); })) return false;
  Cursor to{from.text.substr(0, from.at + std::min(from.text.size() - from.at, kLongest)), from.at};
  const std::string_view id = to.run([](char c) { return is_alnum(c) || c == '@' || c == '-' || c == '_'; });
  to.text = from.text;
  if (id.size() < kShortest || std::ranges::none_of(id, is_digit) || !to.word_ends()) return false;
  from = to;
  return true;
}

/// "-6d4cf56db6-abcde" behind the name of a deployment: Kubernetes leaves out what could make a word.
bool read_pod(Cursor& from) {
  constexpr std::size_t kLongest = 10;
  constexpr std::size_t kSuffix = 5;
  const auto is_safe = [](char c) {
    return std::string_view("bcdfghjklmnpqrstvwxz2456789").find(c) != std::string_view::npos;
  };
  Cursor to = from;
  if (to.at < 2 || to.text[to.at - 1] != '-' || !is_alnum(to.text[to.at - 2])) return false;
  const std::string_view set = to.run(is_safe);
  if (set.size() < 8 || set.size() > kLongest || !to.one_of("-")) return false;
  if (std::ranges::none_of(set, is_digit) || std::ranges::none_of(set, is_lower)) return false;
  if (to.run(is_safe).size() != kSuffix || !to.word_ends()) return false;
  from = to;
  return true;
}

bool is_short_hash(std::string_view word) {
  return word.size() >= 7 && word.size() <= 64 && std::ranges::all_of(word, is_hex) &&
         std::ranges::none_of(word, is_upper);
}

/// "3b18e51..0beec7b" of git.
bool read_range_of_commits(Cursor& from) {
  Cursor to = from;
  const std::string_view first = to.run(is_word);
  if (!is_short_hash(first) || !to.one_of(".") || !to.one_of(".")) return false;
  (void)to.one_of(".");
  const std::string_view second = to.run(is_word);
  if (!is_short_hash(second) || second.size() != first.size()) return false;
  if (std::ranges::none_of(first, is_letter) && std::ranges::none_of(second, is_letter)) return false;
  from = to;
  return true;
}

/// How often letters and digits, or capitals and small letters, follow each other.
std::size_t changes_in(std::string_view word) {
  const auto kind = [](char c) { return is_digit(c) ? 0 : is_upper(c) ? 1 : 2; };
  std::size_t changes = 0;
  for (std::size_t i = 1; i < word.size(); ++i) changes += kind(word[i]) != kind(word[i - 1]) ? 1U : 0U;
  return changes;
}

/// "3b18e512", but neither "12345678B", which is a size, nor "db000001", which is a name.
bool is_hex_number(std::string_view word) {
  constexpr std::size_t kLongest = 128;  // of SHA-512
  if (word.size() < 8 || word.size() > kLongest || !std::ranges::all_of(word, is_hex)) return false;
  const bool one_case = std::ranges::none_of(word, is_upper) || std::ranges::none_of(word, is_lower);
  return one_case && std::ranges::any_of(word, is_digit) && std::ranges::count_if(word, is_letter) >= 2 &&
         changes_in(word) >= 2;
}

/// Three small letters in a row, one of them a vowel, as words of people have them.
bool has_syllable(std::string_view word) {
  std::size_t letters = 0;
  bool vowel = false;
  for (const char c : word) {
    letters = is_lower(c) ? letters + 1 : 0;
    vowel = letters > 0 && ((letters > 1 && vowel) || std::string_view("aeiouy").find(c) != std::string_view::npos);
    if (letters >= 3 && vowel) return true;
  }
  return false;
}

/// Words of people are written "WebServer01", not "web0Se1rVer": their small letters do not stand behind digits, nor
/// digits behind a single capital.
bool is_broken(std::string_view word) {
  std::size_t breaks = 0;
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (is_digit(word[i - 1]) && is_lower(word[i])) ++breaks;
    if (is_upper(word[i - 1]) && is_digit(word[i]) && (i == 1 || !is_upper(word[i - 2]))) ++breaks;
  }
  constexpr std::size_t kLong = 14;
  return word.size() >= kLong && breaks >= 2 && changes_in(word) * 2 >= word.size();
}

/// As Postfix, sendmail and others make names of all that a name may have.
bool is_mixed(std::string_view word) {
  constexpr std::size_t kLongest = 32;
  return word.size() >= 10 && word.size() <= kLongest && std::ranges::all_of(word, is_alnum) &&
         std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_upper) &&
         std::ranges::any_of(word, is_lower) && changes_in(word) >= 5 && (!has_syllable(word) || is_broken(word));
}

/// "[main 3b18e51] text", as git says it of a new one.
bool is_new_commit(std::string_view before, std::string_view behind) {
  constexpr auto kBranches =
      std::to_array<std::string_view>({"[main ", "[master ", "[develop ", "[trunk ", "[detached HEAD "});
  constexpr std::string_view kFirst = "(root-commit) ";
  if (before.ends_with(kFirst)) before.remove_suffix(kFirst.size());
  return behind.starts_with("] ") && std::ranges::find(kBranches, before) != kBranches.end();
}

/// "commit 3b18e51", "snapshot 12345abc saved", "now at 3b18e51"
bool is_labelled_hash(std::string_view text, std::size_t at, std::string_view word) {
  if (!is_short_hash(word)) return false;
  const std::string_view before = text.substr(0, at);
  const std::string label = label_before(text, at);
  if (is_one_of_names(label, "commit")) return true;
  const std::size_t letters = static_cast<std::size_t>(std::ranges::find_if(word, is_digit) - word.begin());
  // "db00001" is a name of people, and "1234567" a number.
  const bool name = letters > 0 && std::ranges::all_of(word.substr(letters), is_digit);
  if (name || letters == word.size() || std::ranges::all_of(word, is_digit)) return false;
  return is_one_of_names(label, "snapshot repository revision lock parent blob pack") || before.ends_with("now at ") ||
         is_new_commit(before, text.substr(at + word.size()));
}

/// "01JDYX3V6N2Q4R8S0T1V2W3X4Y"
bool is_ulid(std::string_view word) {
  constexpr std::size_t kLength = 26;
  return word.size() == kLength && word.starts_with("01") &&
         std::ranges::all_of(word,
                             [](char c) {
                               return is_digit(c) ||
                                      (is_upper(c) && std::string_view("ILOU").find(c) == std::string_view::npos);
                             }) &&
         std::ranges::any_of(word, is_upper);
}

/// "4AU2kWab012345" of sendmail: year, month, day and time, each as one of sixty, two more, and the process.
bool is_id_of_sendmail(std::string_view word) {
  constexpr std::size_t kLength = 14;
  constexpr std::size_t kProcess = 8;
  if (word.size() != kLength || !std::ranges::all_of(word.substr(0, kProcess), is_alnum)) return false;
  if (!is_digit(word.front())) return false;  // from 2020 on
  const auto is_up_to = [](char c, char last) { return is_digit(c) || (is_upper(c) && c <= last); };
  return is_up_to(word[1], 'B') && is_up_to(word[2], 'V') && is_up_to(word[3], 'N') &&
         std::ranges::any_of(word.substr(4, 4), is_lower) && std::ranges::all_of(word.substr(kProcess), is_digit);
}

/// "r3b18e512...": of "run-r3b18e512....scope" of systemd; "u1234" of "run-u1234.service".
bool is_transient_unit(std::string_view text, std::size_t at, std::string_view word) {
  constexpr std::size_t kLength = 33;
  if (!text.substr(0, at).ends_with("run-") || word.size() < 2) return false;
  const std::string_view rest = word.substr(1);
  if (word.front() == 'r') return word.size() == kLength && std::ranges::all_of(rest, is_hex);
  const std::string_view behind = text.substr(at + word.size());
  return word.front() == 'u' && std::ranges::all_of(rest, is_digit) &&
         (behind.starts_with(".service") || behind.starts_with(".scope"));
}

/// "ip 00007f1234567890", "segfault at 7f1234567890", "[7f1234500000+195000]" of the kernel.
bool is_of_segfault(std::string_view text, std::size_t at, std::string_view word) {
  constexpr std::size_t kShortest = 6;
  if (word.size() < kShortest || !std::ranges::all_of(word, is_hex)) return false;
  const std::string_view before = text.substr(0, at);
  const auto follows = [&](std::string_view what) { return before.ends_with(what); };
  if (follows("segfault at ")) return true;
  if (word.size() >= 8 && (follows(" ip ") || follows(" sp ") || follows(" ip:") || follows(" sp:"))) return true;
  if (!follows("[")) return false;
  Cursor behind{text, at + word.size()};
  return behind.one_of("+") && !behind.run(is_hex).empty() && behind.next() == ']';
}

/// "0x80070005", "0xC0000005" of Windows, and what is called one.
bool is_code_of_error(std::string_view text, std::size_t at, std::string_view word) {
  constexpr std::size_t kWhole = 10;
  if (word.size() == kWhole && (word[2] == '8' || to_lower(word.substr(2, 1)) == "c") && word[3] == '0') return true;
  return is_one_of_names(label_before(text, at), "error err code errorcode status hresult result reason errno");
}

/// "ata-CT1000MX500SSD1_", "dev-disk-by\x2did-ata\x2d", "iqn.1993-08.org.debian:01:": the number of a device is a part
/// of its name.
bool is_in_name_of_device(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 64;
  constexpr auto kBegins = std::to_array<std::string_view>(
      {"ata-", "scsi-", "nvme-", "usb-", "mmc-", "virtio-", "dm-uuid-", "md-uuid-", "dev-disk-", "t10.", "iqn."});
  std::size_t begin = at;
  const auto is_of_name = [](char c) {
    return is_word(c) || std::string_view("-_.:\\").find(c) != std::string_view::npos;
  };
  while (begin > 0 && at - begin < kLongest && is_of_name(text[begin - 1])) --begin;
  const std::string_view name = text.substr(begin, at - begin);
  return std::ranges::any_of(kBegins, [&](std::string_view one) {
    const std::size_t found = name.find(one);
    return found != std::string_view::npos && (found == 0 || name[found - 1] == ':');
  });
}

/// The letters before this place, but for blanks and signs between them; `at` is where they begin then.
std::string_view letters_before(std::string_view text, std::size_t& at) {
  constexpr std::size_t kLongest = 12;  // "serialnumber"
  while (at > 0 &&
         (is_blank(text[at - 1]) || std::string_view("-_=:.#\"'(").find(text[at - 1]) != std::string_view::npos)) {
    --at;
  }
  const std::size_t end = at;
  while (at > 0 && end - at <= kLongest && is_letter(text[at - 1])) --at;
  return text.substr(at, end - at);
}

bool is_of_device(std::string_view text, std::size_t at, std::string_view word) {
  // "WWN:5-002538-e40a1b2c3"
  if (at >= 2 && text[at - 1] == '-' && is_hex(text[at - 2])) return true;
  if (is_in_name_of_device(text, at)) return true;
  const std::string_view label = letters_before(text, at);
  if (is_one_of_names(label, "address addr")) return is_one_of_names(letters_before(text, at), "mac sas");
  // Of an array of mdadm; what has more digits there may be of anything.
  if (is_one_of_names(label, "uuid")) return word.size() == 8;
  return is_one_of_names(label,
                         "wwn wwid eui naa nguid vguid serial serialno serialnumber sn n number no mac macaddress "
                         "engineid disk drive");
}

/// As udev and multipath write the numbers of disks: 64 or 128 bits behind a digit for their kind; and "0x5000c500...",
/// which is no address in a process.
bool is_wwid(std::string_view word) {
  constexpr std::size_t kPrefixed = 18;
  if (word.size() == kPrefixed && word.starts_with("0x5")) return true;
  return (word.size() == 17 || word.size() == 33) && (word.front() == '2' || word.front() == '3') &&
         std::ranges::all_of(word, is_hex);
}

bool is_of_base64(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }

}  // namespace

bool read_id(Cursor& from) {
  return read_uuid(from) || read_exim_id(from) || read_id_of_request(from) || read_pod(from) ||
         read_range_of_commits(from);
}

bool is_id(std::string_view text, std::size_t at, std::string_view word) {
  constexpr std::size_t kShortestAddress = 6;
  if (text.substr(at + word.size()).starts_with('@')) return false;  // of somebody's address
  const bool prefixed = word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
  const bool address = prefixed && word.size() >= 2 + kShortestAddress && std::ranges::all_of(word.substr(2), is_hex);
  if (address && is_code_of_error(text, at, word)) return false;
  if (is_labelled_hash(text, at, word) || is_transient_unit(text, at, word) || is_of_segfault(text, at, word))
    return true;
  if (!address && !is_hex_number(word) && !is_mixed(word) && !is_ulid(word) && !is_id_of_sendmail(word)) return false;
  return !is_wwid(word) && !is_of_device(text, at, word);
}

bool is_base64(std::string_view line) { return !line.empty() && std::ranges::all_of(line, is_of_base64); }

bool begins_base64(std::string_view line) {
  constexpr std::size_t kShortest = 60;
  return line.size() >= kShortest && is_base64(line) && !std::ranges::all_of(line, is_hex);
}

}  // namespace postern::queue
