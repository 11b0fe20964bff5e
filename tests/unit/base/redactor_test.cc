// Everything in which a secret was seen to come back, and what is none.
#include "base/redactor.h"

#include "base/base64.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace postern {
namespace {

const std::vector<std::string>& secrets() {
  static const std::vector<std::string> all{"hunter22",
                                            "pa ss+ke/y7",
                                            "1//0gAbCdEf-GhIjKlMnOpQrStUvWxYz_0123456789abcdefghijkl",
                                            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGVydHMifQ.c2lnbmF0dXJlIGlzIGxvbmc",
                                            "Zm9v+/bar==",
                                            "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
                                            "\xC3\xBCnicode secret",
                                            "\"quo'ted\\pas&<swort>",
                                            "~!@#$%^&*()",
                                            "3.141592653589793"};
  return all;
}

std::string every_byte(const std::string& text, const std::function<std::string(unsigned char)>& spelt) {
  std::string out;
  for (const char c : text) out += spelt(static_cast<unsigned char>(c));
  return out;
}

std::string percent(const std::string& text) {
  return hex_escaped(text, '%',
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

std::string url_base64(std::string text, bool padded) {
  text = base64_encode(text);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (!padded && text.ends_with('=')) text.pop_back();
  return text;
}

/// Of ASCII as JSON writes it when it is careful.
std::string json(const std::string& text) {
  return every_byte(text, [](unsigned char byte) -> std::string {
    if (byte == '"' || byte == '\\' || byte == '/') return std::string("\\") + static_cast<char>(byte);
    return byte < 0x80 && byte != '&' && byte != '<' && byte != '+' ? std::string(1, static_cast<char>(byte))
           : byte < 0x80 ? "\\u00" + hex(std::string(1, static_cast<char>(byte)))
                         : std::string(1, static_cast<char>(byte));
  });
}

std::string html(const std::string& text) {
  return every_byte(text, [](unsigned char byte) -> std::string {
    switch (byte) {
      case '&': return "&amp;";
      case '<': return "&lt;";
      case '>': return "&gt;";
      case '"': return "&quot;";
      case '\'': return "&#39;";
      default: return std::string(1, static_cast<char>(byte));
    }
  });
}

std::string with(const std::string& text, const std::string& between, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && i % every == 0) out += between;
    out += text[i];
  }
  return out;
}

std::string plus_for_space(std::string text) {
  for (std::size_t at = 0; (at = text.find("%20", at)) != std::string::npos;) text.replace(at, 3, "+");
  return text;
}

/// How it may come back, each with a name for the reader of a failure.
std::vector<std::pair<std::string, std::string>> spellings(const std::string& secret) {
  const std::string nul(1, '\0');
  std::vector<std::pair<std::string, std::string>> all{
      {"as it is", secret},
      {"other case", to_upper(secret)},
      {"percent", percent(secret)},
      {"percent, small", to_lower(percent(secret))},
      {"form", plus_for_space(percent(secret))},
      {"each byte in percent",
       every_byte(secret, [](unsigned char b) { return "%" + hex(std::string(1, static_cast<char>(b))); })},
      {"percent of percent", percent(percent(secret))},
      {"json", json(secret)},
      {"json of json", json(json(secret))},
      {"html", html(secret)},
      {"html in json", json(html(secret))},
      {"printable", printable(secret)},
      {"quoted", "\"" + json(secret) + "\""},
      {"hex", hex(secret)},
      {"hex with colons", with(to_upper(hex(secret)), ":", 2)},
      {"base64", base64_encode(secret)},
      {"base64 in percent", percent(base64_encode(secret))},
      {"base64 in json", json(base64_encode(secret))},
      {"base64 in lines", with(base64_encode(secret), "\r\n ", 7)},
      {"url base64", url_base64(secret, true)},
      {"url base64, bare", url_base64(secret, false)},
      {"PLAIN", base64_encode("a@b.example" + nul + "a@b.example" + nul + secret)},
      {"PLAIN, no identity", base64_encode(nul + "a@b.example" + nul + secret)},
      {"XOAUTH2", base64_encode("user=a@b.example\1auth=Bearer " + secret + "\1\1")},
      {"OAUTHBEARER", base64_encode("n,a=a@b.example,\1host=h\1port=587\1auth=Bearer " + secret + "\1\1")},
      {"Basic", base64_encode("client:" + percent(secret))},
      {"in two lines", with(secret, "\n", secret.size() / 2 + 1)},
      {"in a folded line", with(secret, "\r\n\t", 5)},
      {"letter by letter", with(secret, " ", 1)}};
  return all;
}

TEST(Redactor, FindsASecretInEverySpelling) {
  for (const std::string& secret : secrets()) {
    Redactor redactor;
    redactor.learn("another-secret");
    redactor.learn(secret);
    for (const auto& [name, spelt] : spellings(secret)) {
      for (const std::string& said : {spelt, "token '" + spelt + "' is expired", "x" + spelt + "y"}) {
        // A letter before or after base64 moves nothing: the alphabet of what is around it is not the encoder's.
        EXPECT_TRUE(redactor.repeats(said)) << secret << ' ' << name << ": " << said;
        EXPECT_EQ(redactor.shown(said), Redactor::kRemark);
      }
    }
  }
}

TEST(Redactor, FindsEightCharactersInARowOfASecretOfTwelve) {
  Redactor redactor;
  redactor.learn("abcd efgh ijkl mnop");
  EXPECT_TRUE(redactor.repeats("not abcd efgh ijkl ****"));
  EXPECT_TRUE(redactor.repeats("not **** ef-gh ij-kl ****"));
  EXPECT_FALSE(redactor.repeats("not abcd efg* **** ****"));
  Redactor other;
  other.learn("hunter22hunt");
  EXPECT_TRUE(other.repeats("hunter22"));
  Redactor common;
  common.learn("mypassword2026");
  EXPECT_FALSE(common.repeats("Username and Password not accepted"));
  EXPECT_TRUE(common.repeats("mypassword2026"));
  EXPECT_TRUE(common.repeats("word2026"));
  Redactor shorter;
  shorter.learn("hunter22hun");
  EXPECT_FALSE(shorter.repeats("hunter22"));
}

TEST(Redactor, FindsTheBeginningAndAnyLongPieceOfALongSecret) {
  const std::string secret = "1//0gAbCdEf-GhIjKlMnOpQrStUvWxYz_0123456789abcdefghijkl";
  Redactor redactor;
  redactor.learn(secret);
  for (std::size_t size = 11; size <= secret.size(); ++size) {  // 8 letters and digits and more
    EXPECT_TRUE(redactor.repeats("token " + secret.substr(0, size) + "... is expired")) << size;
  }
  for (std::size_t at = 0; at + 20 <= secret.size(); ++at) {
    EXPECT_TRUE(redactor.repeats("token ..." + secret.substr(at, 20) + "... is expired")) << at;
  }
  for (std::size_t before = 0; before < 6; ++before) {
    const std::string encoded = base64_encode(std::string(before, 'x') + secret);
    for (std::size_t at = before * 8 / 6 + 2; at + 24 <= encoded.size(); ++at) {
      EXPECT_TRUE(redactor.repeats("no " + encoded.substr(at, 20))) << before << ' ' << at;
    }
  }
  EXPECT_FALSE(redactor.repeats("token 1//0gA... is expired")) << "what everybody's token begins with";
}

TEST(Redactor, LeavesInnocentWordsAlone) {
  const std::vector<std::string> innocent{"invalid_grant (Token has been expired or revoked.)",
                                          "AADSTS700082: The refresh token has expired due to inactivity. The token "
                                          "was issued on 2026-01-01T00:00:00Z and was "
                                          "inactive for 90.00:00:00. Trace ID: 0b9f9ff0-2d2c-4f8c-9f1c-8d1f9d1c0100",
                                          "535-5.7.8 Username and Password not accepted. For more information, go "
                                          "to\\n535 5.7.8 https://support.google.com",
                                          "gpg: decryption failed: No secret key",
                                          "the vault is locked",
                                          "",
                                          "%",
                                          "&#"};
  Redactor redactor;
  for (const std::string& secret : secrets()) redactor.learn(secret);
  for (const std::string& words : innocent) {
    EXPECT_FALSE(redactor.repeats(words)) << words;
    EXPECT_EQ(redactor.shown(words), printable(words));
  }
  EXPECT_FALSE(Redactor().repeats("anything"));
}

TEST(Redactor, ASecretThatIsTooShortHidesEveryWordSoThatNoneTellsIt) {
  // Of "x9z1" the base64 after one other byte would be, which has four characters.
  for (const std::string secret : {"a", "x9", "abc", "+ +", "''''\"", "x9z1"}) {
    Redactor redactor;
    redactor.learn(secret);
    for (const std::string words : {"a bad day", "no", "(zzz)"}) {
      EXPECT_EQ(redactor.shown(words), Redactor::kRemark) << secret;
      EXPECT_FALSE(redactor.contains(words)) << "what is not shown tells nothing";
    }
    EXPECT_FALSE(redactor.repeats(""));
  }
  Redactor four;
  four.learn("x9z1");
  EXPECT_TRUE(four.contains("https://login.example.com/?x9z1"));
  Redactor none;
  none.learn("");
  EXPECT_EQ(none.shown("a bad day"), "a bad day");
}

TEST(Redactor, KnowsSeveralAndForgetsTheOldest) {
  Redactor redactor;
  const auto secret = [](int number) { return "secret-" + std::to_string(1000 + number) + "-"; };
  for (int number = 0; number < 40; ++number) {
    redactor.learn(secret(number));
    redactor.learn("lasting-secret");
  }
  EXPECT_TRUE(redactor.repeats(secret(39)));
  EXPECT_TRUE(redactor.repeats(secret(30)));
  EXPECT_TRUE(redactor.repeats("LASTING secret"));
  EXPECT_FALSE(redactor.repeats(secret(0)));
}

TEST(Redactor, KnowsTheBeginningOfAResponseInBase64Alone) {
  Redactor redactor;
  redactor.learn_encoded(std::string("\0alerts@example.com\0", 20));
  EXPECT_TRUE(redactor.repeats("535 " + base64_encode(std::string("\0alerts@example.com\0pa", 22))));
  EXPECT_FALSE(redactor.repeats("535 alerts@example.com is locked"));
}

TEST(Redactor, ShowsPrintableWordsOfABoundedLength) {
  Redactor redactor;
  redactor.learn("hunter22");
  EXPECT_EQ(redactor.shown("a\r\n\x1B[2J"), "a\\x0d\\x0a\\x1b[2J");
  EXPECT_EQ(redactor.shown(std::string(1'000'000, 'x'), 300).size(), 300U);
  EXPECT_EQ(redactor.shown(std::string(400, 'x') + "hunter22", 300), Redactor::kRemark);
  EXPECT_LE(redactor.shown(std::string(1'000'000, 'x')).size(), 4096U);
}

}  // namespace
}  // namespace postern
