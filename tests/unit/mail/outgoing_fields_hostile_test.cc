// Fields that somebody made to break them: what is never closed, and what is long.
#include "base/text.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"
#include "sent_fields.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace postern::mail {
namespace {

/// Every text of so many of these pieces.
template <std::size_t Pieces>
void for_every_text(std::size_t count, const std::array<std::string_view, Pieces>& pieces, auto&& look) {
  std::size_t texts = 1;
  for (std::size_t i = 0; i < count; ++i) texts *= Pieces;
  for (std::size_t number = 0; number < texts; ++number) {
    std::string text;
    for (std::size_t left = number, i = 0; i < count; ++i, left /= Pieces) text += pieces[left % Pieces];
    look(text);
  }
}

TEST(HostileFields, DelimitersThatAreNeverClosedAreWrittenOnce) {
  // A group keeps addresses with letters, so that the field is looked at once more; what was never closed is before
  // them, behind them, and both.
  constexpr std::array<std::string_view, 9> kPieces{"\"", "(", "<", "[", "\xC3\xBC", " ", "\xC3\xBC@b", ",", ")"};
  std::size_t kept = 0;
  for_every_text(3, kPieces, [&](const std::string& text) {
    for (const std::string_view behind : {"", " \xC3\xBC@b", ", a <\xC3\xBC@b>;", " \"x\""}) {
      const std::string fields = "To: g: " + text + std::string(behind) + "\n";
      const std::string once = sent(fields);
      ASSERT_EQ(sent(once), once) << fields;
      if (!is_ascii(once)) ++kept;
    }
  });
  EXPECT_GT(kept, 100U) << "fields with letters left";
}

TEST(HostileFields, TheyCostWhatTheirLengthCosts) {
  constexpr std::size_t kSize = 65536;
  const std::array<std::pair<std::string, std::string>, 14> fields{{
      {"Subject: \xC3\xBC", "=?u?q?"},
      {"Subject: \xC3\xBC ", "\n "},
      {"To: \xC3\xBC", "("},
      {"To: \xC3\xBC", "(\xC3\xBC)"},
      {"To: ((\xC3\xBC", "(a)"},
      {"To: \xC3\xBC", "\"\\"},
      {"To: \xC3\xBC", "["},
      {"To: \xC3\xBC", " (x) @"},
      {"To: \xC3\xBC", "a . "},
      {"To: \xC3\xBC", "a@\xC3\xBC "},
      {"To: a@", "\xFF"},
      {"Content-Type: x", ";a=\xC3\xBC"},
      {"Content-Type: x;" + std::string(40, 'n') + "=", "\xFF"},
      {"References: \xC3\xBC", "<>"},
  }};
  for (const auto& [name, unit] : fields) {
    std::string field = name;
    while (field.size() < kSize) field += unit;
    EXPECT_EQ(names(sent(field)).size(), 1U);
  }
  std::string many;
  while (many.size() < kSize) many += "A: \xC3\xBC\n";
  EXPECT_EQ(names(sent(many)).size(), names(many).size());
}

}  // namespace
}  // namespace postern::mail
