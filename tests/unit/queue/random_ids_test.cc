// How many of 99 random ids of each kind are seen as ids.
#include "queue/varying.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace postern::queue {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kCapitalHexDigits = "0123456789ABCDEF";
constexpr std::string_view kAllLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kOfPostfix = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
constexpr std::string_view kOfSendmail = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
constexpr std::string_view kOfKubernetes = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::string_view kOfUlid = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kOfApache = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@-";

struct IdKind {
  std::string_view name;
  std::string_view before;
  std::string_view first;  ///< of the id, that is not random
  std::string_view alphabet;
  std::size_t length;
  std::string_view tail_alphabet;
  std::size_t tail;
  std::string_view behind;
  int floor;
};

std::string random_word(std::mt19937& random, std::string_view alphabet, std::size_t length) {
  std::string word;
  for (std::size_t i = 0; i < length; ++i) word += alphabet[random() % alphabet.size()];
  return word;
}

TEST(VaryingIds, AreSeenInWhatIsRandom) {
  constexpr auto kKinds = std::to_array<IdKind>({
      {"restic's snapshots", "snapshot ", "", kHexDigits, 8, "", 0, " saved", 85},
      {"restic's repository", "repository ", "", kHexDigits, 8, "", 0, " opened", 85},
      {"eight of hex", "x ", "", kHexDigits, 8, "", 0, " y", 75},
      {"sixteen of hex", "x ", "", kHexDigits, 16, "", 0, " y", 97},
      {"forty of hex", "x ", "", kHexDigits, 40, "", 0, " y", 99},
      {"Postfix's short queue ids", "postfix/smtp[1234]: ", "", kCapitalHexDigits, 10, "", 0, ": to=<a@b>", 85},
      {"Postfix's long queue ids", "postfix/smtp[1234]: ", "4Z", kOfPostfix, 12, "", 0, ": to=<a@b>", 85},
      {"sendmail's queue ids", "(", "6AU2", kOfSendmail, 4, "0123456789", 6, " Message accepted", 75},
      {"Nextcloud's request ids", "{\"reqId\":\"", "", kAllLetters, 20, "", 0, "\",\"level\":3", 95},
      {"Apache's unique ids", "[unique_id \"", "", kOfApache, 24, "", 0, "\"]", 95},
      {"sixteen letters and digits", "x ", "", kAllLetters, 16, "", 0, " y", 72},
      {"twenty letters and digits", "x ", "", kAllLetters, 20, "", 0, " y", 75},
      {"commits", "commit ", "", kHexDigits, 7, "", 0, "", 99},
      {"a commit of a branch", "[main ", "", kHexDigits, 7, "", 0, "] text", 80},
      {"pods", "pod web-", "", kOfKubernetes, 10, kOfKubernetes, 5, " failed", 85},
      {"ULIDs", "id ", "01J", kOfUlid, 23, "", 0, " y", 99},
      {"transient units", "run-", "r", kHexDigits, 32, "", 0, ".scope: x", 99},
      {"addresses", "foo[1234]: segfault at 0 ip ", "0000", kHexDigits, 12, "", 0, " sp 1", 99},
  });
  const WallTime now = *parse_rfc3339("2026-11-30T02:46:32Z");
  std::mt19937 random(42);  // NOLINT(cert-msc51-cpp): the same ones each time
  for (const IdKind& kind : kKinds) {
    constexpr int kTries = 99;
    int seen = 0;
    for (int i = 0; i < kTries; ++i) {
      std::string id = std::string(kind.first) + random_word(random, kind.alphabet, kind.length);
      if (kind.tail != 0 && kind.name == "pods") id += '-';
      id += random_word(random, kind.tail_alphabet, kind.tail);
      const std::string text = without_varying(std::string(kind.before) + id + std::string(kind.behind), now);
      seen += text.find(id) == std::string::npos && text.find('\x02') != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(seen, kind.floor) << kind.name;
  }
}

}  // namespace
}  // namespace postern::queue
