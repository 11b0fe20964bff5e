#include "mail/field_lexer.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <utility>

namespace postern::mail {
namespace {

/// Each token with a letter for its kind, in angle brackets.
std::string shown(std::string_view body) {
  constexpr std::string_view kLetters = "bcqlws";
  std::string text;
  FieldLexer lexer(body);
  while (const auto token = lexer.next()) {
    text += kLetters[static_cast<std::size_t>(token->kind)];
    text += "{" + std::string(token->text) + "}";
  }
  return text;
}

TEST(FieldLexer, SplitsABodyIntoItsTokens) {
  const std::array<std::pair<std::string, std::string>, 12> bodies{{
      {"", ""},
      {"Jo Doe <a@b.c>", "w{Jo}b{ }w{Doe}b{ }s{<}w{a}s{@}w{b.c}s{>}"},
      {"a\n\t b\r", "w{a}b{\n\t }w{b}b{\r}"},
      {R"("a\"b"(c\)(d))x)", R"(q{"a\"b"}c{(c\)(d))}w{x})"},
      {"[1, 2]:;,", "l{[1, 2]}s{:}s{;}s{,}"},
      {R"("a <b)", R"(s{"}w{a}b{ }s{<}w{b})"},
      {"((a) b", "s{(}c{(a)}b{ }w{b}"},
      {R"(((\(a) "(" (b)", R"(s{(}c{(\(a)}b{ }q{"("}b{ }s{(}w{b})"},
      {"[a] [b", "l{[a]}b{ }s{[}w{b}"},
      {R"(a\"b" c)", R"(w{a\}q{"b"}b{ }w{c})"},
      {R"("\)", R"(s{"}w{\})"},
      {"\xC3\xBC]x)", "w{\xC3\xBC]x)}"},
  }};
  for (const auto& [body, tokens] : bodies) EXPECT_EQ(shown(body), tokens);
}

TEST(FieldLexer, LeavesNothingOutWhateverTheBodyIs) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  constexpr std::string_view kBytes = "ab \t\n\"\"\\()[]<>,:;@.\xFF";
  for (int round = 0; round < 20000; ++round) {
    std::string body;
    for (auto left = random() % 20; left > 0; --left) body += kBytes[random() % kBytes.size()];
    std::string again;
    FieldLexer lexer(body);
    while (const auto token = lexer.next()) {
      ASSERT_FALSE(token->text.empty());
      again += token->text;
    }
    EXPECT_EQ(again, body);
  }
}

TEST(FieldLexer, CostsWhatTheLengthCosts) {
  for (const std::string unit : {"(", "\"", "\\\"", "[", "()", "(\\", "\"\\", "a(", "<(\"["}) {
    std::string body;
    while (body.size() < 262144) body += unit;
    EXPECT_FALSE(shown(body).empty());
  }
}

TEST(FieldLexer, AQuotedPairStandsForItsLetter) { EXPECT_EQ(unescaped(R"(a\"b\\c\)"), R"(a"b\c\)"); }

}  // namespace
}  // namespace postern::mail
