#include "mail/tally.h"

#include "base/zone.h"

#include <string_view>

namespace postern::mail {
namespace {

std::string six_digits(std::uint64_t number) {
  constexpr std::size_t kWidth = 6;
  const std::string text = std::to_string(number);
  return text.size() < kWidth ? std::string(kWidth - text.size(), '0') + text : text;
}

}  // namespace

std::string tally_heading() {
  return "One line for each message, for programs that count lines; see postern-monitoring(7):\n";
}

// "2026-11-29 07:15:21 0 bytes" is how a line of nullmailer's begins, and Exim's ids are six characters, six and two
// between blanks.
std::string tally_line(std::uint64_t number, WallTime now) {
  constexpr std::uint64_t kMillion = 1'000'000;
  return local_text(now, "%Y-%m-%d %H:%M:%S") + " 0 bytes " + six_digits(number / kMillion) + "-" +
         six_digits(number % kMillion) + "-00 \n";
}

std::string tally_total(std::uint64_t count) {
  return "                Total Requests: " + std::to_string(count) + "\n";
}

}  // namespace postern::mail
