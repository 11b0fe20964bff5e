#include "mail/outgoing_fields.h"

#include "base/base64.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/address_scanner.h"
#include "mail/encoded_words.h"
#include "mail/headers.h"
#include "mail/idn.h"
#include "mail/wrap.h"
#include "sent_fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace postern::mail {
namespace {

constexpr FieldRules kAscii;
constexpr FieldRules kUtf8{true};

/// The unfolded body of the first field.
std::string body(std::string_view fields) {
  const HeaderBlock block = parse_headers(fields);
  return block.fields.empty() ? std::string() : unfold(block.fields.front().body);
}

/// What holds of whatever came in.
void expect_kept(const std::string& fields, const FieldRules& rules) {
  const std::string once = sent(fields, rules);
  EXPECT_EQ(sent(once, rules), once) << fields;
  EXPECT_EQ(names(once), names(fields)) << fields;
  if (fields_acceptable(fields, rules)) {
    EXPECT_EQ(once, fields);
  }
  const std::size_t size = parse_headers(once).size;
  EXPECT_EQ(once.substr(size), fields.substr(parse_headers(fields).size));
  EXPECT_EQ(once.substr(0, size).find_first_of(std::string_view("\0\r", 2)), std::string::npos);
}

void expect_words_short(std::string_view fields) {
  while (!fields.empty()) {
    const std::string_view line = fields.substr(0, fields.find('\n'));
    for (const std::string_view word : split_words(line)) {
      if (word.starts_with("=?")) {
        EXPECT_LE(word.size(), 75U) << line;
        EXPECT_LE(line.size(), 76U) << line;
      }
    }
    fields.remove_prefix(std::min(line.size() + 1, fields.size()));
  }
}

struct FieldsRow {
  std::string written;
  std::string sent;
};

TEST(OutgoingFields, WhatEveryServerTakesStaysByteForByte) {
  const std::string line(kMaxLine, 'x');
  for (const std::string& fields : {std::string(), std::string("A: b"), std::string("A: b\nC :\n \td\n"), line + "\n",
                                    "A: " + line.substr(3) + "\n", std::string("To: \"a, b\" <a@b> ,, x\n"),
                                    std::string("Subject: =?utf-8?q?=C3=BC?= x\n"), std::string("no field\n")}) {
    EXPECT_TRUE(fields_acceptable(fields, kAscii));
    EXPECT_EQ(sent(fields), fields);
    EXPECT_EQ(sent(fields, kUtf8), fields);
  }
  const std::string letters =
      "From: J\xC3\xB6rg <j\xC3\xB6rg@b\xC3\xBC"
      "cher.example>\nSubject: gr\xC3\xBCn\n";
  EXPECT_TRUE(fields_acceptable(letters, kUtf8));
  EXPECT_EQ(sent(letters, kUtf8), letters);
  for (const std::string& fields :
       {line + "x", std::string("A: \0", 4), std::string("A: \r\n"), std::string("A: \xFF")}) {
    EXPECT_FALSE(fields_acceptable(fields, kAscii));
    EXPECT_FALSE(fields_acceptable(fields, kUtf8));
  }
}

TEST(OutgoingFields, OnlyTheFieldThatNeedsItChanges) {
  EXPECT_EQ(sent("X-A:b\n  c\nSubject: \xC3\xBC\nTo:a@b,\n c@d\n\nbody \xFF"),
            "X-A:b\n  c\nSubject: =?utf-8?q?=C3=BC?=\nTo:a@b,\n c@d\n\nbody \xFF");
  EXPECT_EQ(sent("Subject: \xC3\xBC"), "Subject: =?utf-8?q?=C3=BC?=");
}

TEST(OutgoingFields, TextsHaveEncodedWords) {
  const std::array<FieldsRow, 14> cases{{
      {"Subject: gr\xC3\xBCn", "Subject: =?utf-8?q?gr=C3=BCn?="},
      {"Subject:gr\xC3\xBCn", "Subject: =?utf-8?q?gr=C3=BCn?="},
      {"Subject: a gr\xC3\xBCn, bl\xC3\xA4ulich z ", "Subject: a =?utf-8?q?gr=C3=BCn=2C_bl=C3=A4ulich?= z "},
      {"Subject: gr\xFCn \xC3\xBC", "Subject: =?unknown-8bit?q?gr=FCn?= =?utf-8?q?_=C3=BC?="},
      {"Subject: =?utf-8?q?a?= \xC3\xBC", "Subject: =?utf-8?q?a?= =?utf-8?q?_=C3=BC?="},
      {"Subject: \xC3\xBC\n =?koi8-r?b?8A==?=", "Subject: =?utf-8?q?=C3=BC_?= =?koi8-r?b?8A==?="},
      {"X-Mailer: caf\xC3\xA9 (v1)", "X-Mailer: =?utf-8?q?caf=C3=A9?= (v1)"},
      {"Content-Description: \"\xC3\xBC\"", "Content-Description: =?utf-8?q?=22=C3=BC=22?="},
      {std::string("X: a\0b\rc\x01", 9), "X: a?b =?utf-8?q?c=01?="},
      {"X: a\r\n b\r", "X: a b "},
      {"X: \xC3\xBC\x01\x1B", "X: =?utf-8?q?=C3=BC=01=1B?="},
      {"X: =?k\xFF?q?a?=", "X: =?unknown-8bit?q?=3D=3Fk=FF=3Fq=3Fa=3F=3D?="},
      {"X: =?koi8-r?q?\xFF?=", "X: =?unknown-8bit?q?=3D=3Fkoi8-r=3Fq=3F=FF=3F=3D?="},
      {"X: =?utf-8?q?\xC3\xBC?=", "X: =?utf-8?q?=C3=BC?="},
  }};
  for (const auto& [written, expected] : cases) EXPECT_EQ(sent(written), expected);
}

TEST(OutgoingFields, NamesAndCommentsHaveEncodedWordsAndAddressesAreNeverDamaged) {
  const std::array<FieldsRow, 39> cases{{
      {"J\xC3\xB6rg <a@b>", "=?utf-8?q?J=C3=B6rg?= <a@b>"},
      {"J\xC3\xB6rg M\xC3\xBCller<a@b>", "=?utf-8?q?J=C3=B6rg_M=C3=BCller?= <a@b>"},
      {"\"J\xC3\xB6rg \\\"x\\\"\" <a@b>", "=?utf-8?q?J=C3=B6rg_=22x=22?= <a@b>"},
      {"\"M\xC3\xBCller, J\xC3\xB6rg\" <a@b>, c@d", "=?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?= <a@b>, c@d"},
      {"\"a, b\" J\xC3\xB6rg <a@b>", "\"a, b\" =?utf-8?q?J=C3=B6rg?= <a@b>"},
      {"J\xC3\xB6rg \"a, b\" <a@b>", "=?utf-8?q?J=C3=B6rg?= \"a, b\" <a@b>"},
      {"\"a\"\"\xC3\xB6\" <a@b>", "=?utf-8?q?a=C3=B6?= <a@b>"},
      {"\"=?utf-8?q?a?=\" \xC3\xB6 <a@b>", "\"=?utf-8?q?a?=\" =?utf-8?q?=C3=B6?= <a@b>"},
      {"=?utf-8?q?a?= \xC3\xB6 <a@b>", "=?utf-8?q?a?= =?utf-8?q?_=C3=B6?= <a@b>"},
      {"=?utf-8?q?a?= (x) \xC3\xB6 <a@b>", "=?utf-8?q?a?= (x) =?utf-8?q?=C3=B6?= <a@b>"},
      {"J. \xC3\x96. <a@b>", "J. =?utf-8?q?=C3=96=2E?= <a@b>"},
      {"j\xC3\xB6rg@home <a@b>", "=?utf-8?q?j=C3=B6rg=40home?= <a@b>"},
      {"a@b (B\xC3\xBCro)", "a@b (=?utf-8?q?B=C3=BCro?=)"},
      {"a@b(x (B\xC3\xBCro \xC3\xBC\\)) y)", "a@b(x (=?utf-8?q?B=C3=BCro_=C3=BC=29?=) y)"},
      {"\xC3\xBC(\xC3\xBC)<a@b>", "=?utf-8?q?=C3=BC?= (=?utf-8?q?=C3=BC?=)<a@b>"},
      {"a@b\xC3\xBC"
       "cher.example",
       "a@xn--bcher-kva.example"},
      {"x <a@b\xC3\xBC"
       "cher.example>",
       "x <a@xn--bcher-kva.example>"},
      {"<@b\xC3\xBC"
       "cher.example,@c:a@b\xC3\xBC"
       "cher.example>, x@y",
       "<@xn--bcher-kva.example,@c:a@xn--bcher-kva.example>, x@y"},
      {"\xC3\xB6@\xC3\xBC.de, \xC3\xBC <a@b>", "=?utf-8?q?=C3=B6=40=C3=BC=2Ede?= :;, =?utf-8?q?=C3=BC?= <a@b>"},
      {"\"j\xC3\xB6 rg\"@b", "=?utf-8?q?=22j=C3=B6_rg=22=40b?= :;"},
      {"J\xC3\xB6rg <j\xC3\xB6rg@b>, a@b", "=?utf-8?q?J=C3=B6rg_j=C3=B6rg=40b?= :;, a@b"},
      {"a@b, x <\xC3\xB6@b> (y)", "a@b, x =?utf-8?q?=C3=B6=40b?= :; (y)"},
      {"us: \xC3\xB6@b, c@d;, \xC3\xB6@b", "us: \xC3\xB6@b, c@d;, =?utf-8?q?=C3=B6=40b?= :;"},
      {"j . \xC3\xB6 @ b\xC3\xBC"
       "cher . example",
       "j . \xC3\xB6 @ xn--bcher-kva . example"},
      {"<j\xC3\xB6rg>", "<j\xC3\xB6rg>"},
      {"Fr\xC3\xB6hlich: a@b, \xC3\xB6 <c@d>;", "=?utf-8?q?Fr=C3=B6hlich?= : a@b, =?utf-8?q?=C3=B6?= <c@d>;"},
      {"a@b\xE2\x80\x8E"
       "c, \xC3\xB6 <x@y>",
       "=?utf-8?q?a=40b=E2=80=8Ec?= :;, =?utf-8?q?=C3=B6?= <x@y>"},
      {"j\xF6@b\xFC"
       "cher.example",
       "j?@b?cher.example"},
      // What no parser reads.
      {"\"J\xC3\xB6rg <a@b>", "=?utf-8?q?=22J=C3=B6rg?= <a@b>"},
      {"(J\xC3\xB6rg <a@b>", "=?utf-8?q?=28J=C3=B6rg?= <a@b>"},
      {"J\xC3\xB6rg M\xC3\xBCller", "=?utf-8?q?J=C3=B6rg_M=C3=BCller?="},
      {"J\xC3\xB6rg a@b", "=?utf-8?q?J=C3=B6rg?= a@b"},
      {"a@b J\xC3\xB6rg", "a@b =?utf-8?q?J=C3=B6rg?="},
      {"a@b J\xC3\xB6rg <c@d", "=?utf-8?q?a=40b?= =?utf-8?q?_J=C3=B6rg?= <c@d"},
      {"\xC3\xB6 <a@b, c@d", "=?utf-8?q?=C3=B6?= <a@b, c@d"},
      {"\xC3\xB6 <a@b> \xC3\xB6, <c@d> x", "=?utf-8?q?=C3=B6?= <a@b> =?utf-8?q?=C3=B6?= , <c@d> x"},
      {"\xC3\xB6,\xC3\xB6;", "=?utf-8?q?=C3=B6?= , =?utf-8?q?=C3=B6?= ;"},
      {"DOM\xC3\x84N\\user <a@b>", "=?utf-8?q?DOM=C3=84N=5Cuser?= <a@b>"},
      {",;:<>@ \xC3\xB6", ",;:<>@ =?utf-8?q?=C3=B6?="},
  }};
  for (const std::string name : {"From: ", "sender: ", "Reply-To: ", "To: ", "CC: ", "Resent-From: ", "Resent-Cc: "}) {
    for (const auto& [written, expected] : cases) {
      if (written.starts_with("a@b J\xC3\xB6rg <")) continue;
      EXPECT_EQ(sent(name + written), name + expected);
    }
  }
}

/// Those that can be said without SMTPUTF8; the others are no addresses any more.
std::vector<std::string> in_ascii(const std::vector<std::string>& addresses) {
  std::vector<std::string> said;
  for (const std::string& one : addresses) {
    if (!needs_smtputf8(one)) said.push_back(with_ascii_domain(one));
  }
  return said;
}

/// A delimiter without its partner, or a comma forgotten between two addresses.
bool has_slips(std::string_view list) {
  const AddressScan scan = scan_addresses(list);
  for (std::size_t i = 1; i < scan.found.size(); ++i) {
    const std::string_view between = list.substr(scan.found[i - 1].end, scan.found[i].end - scan.found[i - 1].end);
    if (between.find_first_of(",;:") == std::string_view::npos) return true;
  }
  return !scan.closed;
}

TEST(OutgoingFields, AListThatCanBeReadIsReadTheSameAfterwards) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  const std::array<std::string, 24> pieces{"a",
                                           "@",
                                           "b.c",
                                           "<",
                                           ">",
                                           "<a@b>",
                                           ",",
                                           " ",
                                           "\"",
                                           "\xC3\xBC",
                                           "(",
                                           ")",
                                           "\\",
                                           "x@y",
                                           ":",
                                           ";",
                                           ".",
                                           "\t",
                                           ", ",
                                           "\"\xC3\xBC, x\"",
                                           "(\xC3\xBC (y))",
                                           "\xFF",
                                           "[1.2.3.4]",
                                           "@b\xC3\xBC.c"};
  int readable = 0;
  for (int round = 0; round < 7000; ++round) {
    std::string list;
    for (auto left = random() % 9; left > 0; --left) list += pieces.at(random() % pieces.size());
    const std::string fields = "To: " + list + "\n";
    expect_kept(fields, kAscii);
    const auto before = parse_address_list(list);
    // A bare word with other letters is taken for a name that lost its address.
    if (!before || !std::ranges::all_of(*before, [](const std::string& one) {
          return is_ascii(one) || !split_address(one).domain.empty();
        })) {
      continue;
    }
    if (has_slips(list)) continue;  // it is written in its own words and separators
    ++readable;
    const auto after = parse_address_list(body(sent(fields)));
    ASSERT_TRUE(after) << list << " as " << sent(fields);
    EXPECT_EQ(in_ascii(*after), in_ascii(*before)) << list;
  }
  EXPECT_GT(readable, 1000);
}

TEST(OutgoingFields, ParametersAreWrittenByRfc2231) {
  const std::array<FieldsRow, 21> cases{{
      {"text/plain; name=\"J\xC3\xB6rg.txt\"; charset=utf-8", "text/plain; name*=utf-8''J%C3%B6rg.txt; charset=utf-8"},
      {"text/plain;name=J\xC3\xB6rg.txt", "text/plain;name*=utf-8''J%C3%B6rg.txt"},
      {"text/plain; name=\"a\\\"\xFC\"", "text/plain; name*=unknown-8bit''a%22%FC"},
      {"x/y; name = \xC3\xBC (f\xC3\xBCr) ; a=b", "x/y; name*=utf-8''%C3%BC (=?utf-8?q?f=C3=BCr?=) ; a=b"},
      {"x/y; name=M\xC3\xA4rz (1).pdf; a=b", "x/y; name*=utf-8''M%C3%A4rz%20%281%29.pdf; a=b"},
      {"x/y; name=\"M\xC3\xA4rz; b", "x/y; name*=utf-8''M%C3%A4rz; b"},
      {"x/y; name=\"a;b=\xC3\xBC\"; c=\"d;e\"", "x/y; name*=utf-8''a%3Bb%3D%C3%BC; c=\"d;e\""},
      {"x/y; name*=utf-8''%C3%BC\xC3\xBC", "x/y; name*=utf-8''%C3%BC%C3%BC"},
      {"x/y; name*0=\"\xC3\xBC\"; name*1=b", "x/y; name*0=\"??\"; name*1=b"},
      {"x/y; name=\"\xC3\xBC\"; NAME*=utf-8''%C3%BC", "x/y; name=\"??\"; NAME*=utf-8''%C3%BC"},
      {"x/y; name=\"=?utf-8?q?=C3=BC?=\xC3\xBC\"", "x/y; name*=utf-8''%C3%BC%C3%BC"},
      {"multipart/mixed; boundary=\"\xC3\xBC\"; x=\xC3\xBC",
       "multipart/mixed; boundary=\"\xC3\xBC\"; x*=utf-8''%C3%BC"},
      {"x/\xC3\xBC", "x/??"},
      {"x/\xC3\xBC; a=b", "x/??; a=b"},
      {"x/y (\xC3\xBC); a=b", "x/y (=?utf-8?q?=C3=BC?=); a=b"},
      {"x/y; \xC3\xBC", "x/y; ??"},
      {"x/y; \xC3\xBC=a",
       "x/y; ?"
       "?=a"},
      {"x/y; =\xC3\xBC", "x/y; =??"},
      {"x/y;; name=\xC3\xBC;", "x/y;; name*=utf-8''%C3%BC;"},
      {"x/y; name=\xC3\xBC<a>@b", "x/y; name*=utf-8''%C3%BC%3Ca%3E%40b"},
      {"x/y; name=\"\xC3\xBC\"x", "x/y; name*=utf-8''%C3%BC%22x"},
  }};
  for (const std::string name : {"Content-Type: ", "content-disposition: "}) {
    for (const auto& [written, expected] : cases) {
      EXPECT_EQ(sent(name + written), name + expected);
      expect_kept(name + written, kAscii);
    }
  }
  EXPECT_EQ(sent("Content-Type: x/y; name=\"" + std::string(60, 'a') + "\xC3\xBC; b\"\n"),
            "Content-Type: x/y;\n name*0*=utf-8''" + std::string(59, 'a') + ";\n name*1*=a%C3%BC%3B%20b\n");
}

/// The parameter of this name as RFC 2231 reads it, of charset utf-8.
std::string parameter(const std::string& line, const std::string& name) {
  std::string encoded;
  for (int number = -1; number < 1000; ++number) {
    const std::string key = name + (number < 0 ? "" : "*" + std::to_string(number)) + "*=";
    const std::size_t at = line.find("; " + key);
    if (at == std::string::npos && number >= 0) break;
    if (at == std::string::npos) continue;
    const std::size_t begin = at + 2 + key.size();
    encoded += line.substr(begin, line.find(';', begin) - begin);
  }
  EXPECT_TRUE(encoded.starts_with("utf-8''")) << line;
  std::string value;
  for (std::size_t i = 7; i < encoded.size(); ++i) {
    value += encoded[i] == '%' ? static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16)) : encoded[i];
    if (encoded[i] == '%') i += 2;
  }
  return value;
}

constexpr std::array<std::string_view, 14> kLetters{
    "a", "Z", "0", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x93\xA7", " ", "  ", "?", "=", "_", ".", "\xC3\xA9 ", "-"};

std::string random_text(std::mt19937& random, std::size_t most) {
  std::string text;
  for (auto left = random() % most; left > 0; --left) text += kLetters.at(random() % kLetters.size());
  return std::string(trim(text)) + "\xC3\xBC";
}

TEST(OutgoingFields, WhateverTheTextIsItSaysTheSame) {
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same each time
  const std::array<std::string, 3> charset_names{
      "Subject: ", "X-A-Rather-Long-Name-Of-A-Field-That-Goes-On: ", "X: a "};
  for (int round = 0; round < 700; ++round) {
    const std::string text = random_text(random, round % 20 == 0 ? 2000 : 120);
    for (const std::string& name : charset_names) {
      const std::string fields = sent(name + text + "\n");
      EXPECT_TRUE(fields_acceptable(fields, kAscii)) << fields;
      const std::string before = body(name + text);
      EXPECT_EQ(decode_words(body(fields)), before);
      expect_words_short(fields);
    }
    const std::string quoted = sent("From: \"" + text + "\" <a@b>\n");
    EXPECT_TRUE(fields_acceptable(quoted, kAscii));
    EXPECT_EQ(decode_words(body(quoted)), text + " <a@b>");
    expect_words_short(quoted);
    const std::string comment = sent("From: a@b (" + text + ")\n");
    EXPECT_TRUE(fields_acceptable(comment, kAscii));
    EXPECT_EQ(decode_words(body(comment)), "a@b (" + text + ")");
    expect_words_short(comment);
    const std::string file = sent("Content-Disposition: attachment; filename=\"" + text + "\"; size=1\n");
    EXPECT_TRUE(fields_acceptable(file, kAscii));
    EXPECT_EQ(parameter(body(file), "filename"), text);
    EXPECT_TRUE(body(file).ends_with("; size=1"));
    expect_words_short(file);
  }
}

TEST(OutgoingFields, WordsThatWereEncodedBeforeSayTheSame) {
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same each time
  const std::array<std::string, 7> words{
      "=?utf-8?q?a_b?=", "=?ISO-8859-1?Q?=FC?=", "=?utf-8?b?w7w=?=", "x", "\xC3\xBC", "\xC3\xBCx", "=?"};
  for (int round = 0; round < 20000; ++round) {
    std::string text = "Subject:";
    for (auto left = random() % 9 + 1; left > 0; --left)
      text += (random() % 3 == 0 ? "  " : " ") + words.at(random() % words.size());
    EXPECT_EQ(decode_words(body(sent(text))), decode_words(body(text))) << text << " as " << sent(text);
    EXPECT_TRUE(fields_acceptable(sent(text), kAscii));
  }
}

TEST(OutgoingFields, LettersAtEveryLengthAreWholeInTheirWords) {
  for (const std::string letter : {"\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x93\xA7", "\xFF"}) {
    std::string text;
    for (int length = 1; length < 120; ++length) {
      text += letter;
      for (const std::string name : {"Subject: ", "X-Name: "}) {
        const std::string fields = sent(name + text);
        expect_words_short(fields);
        const std::string words = body(fields);
        for (const std::string_view word : split_words(words)) {
          EXPECT_EQ(is_utf8(decode_words(word)), true) << word;
          EXPECT_TRUE(is_encoded_word(word));
        }
      }
    }
  }
}

TEST(OutgoingFields, OtherStructuredFieldsHaveNoLetters) {
  const std::array<FieldsRow, 14> cases{{
      {"Message-ID: <\xC3\xBC@\xC3\xB6>", "Message-ID: <=C3=BC@=C3=B6>"},
      {"References: <a@b> <\xFC@b> (\xC3\xBC)", "References: <a@b> <=FC@b> (=?utf-8?q?=C3=BC?=)"},
      {"Content-ID: <\xC3\xBC@b>", "Content-ID: <=C3=BC@b>"},
      {"List-Unsubscribe: <https://b/\xC3\xBC>,<mailto:a@b>", "List-Unsubscribe: <https://b/%C3%BC>,<mailto:a@b>"},
      {"List-ID: B\xC3\xBC"
       "cher <a.b>",
       "List-ID: =?utf-8?q?B=C3=BCcher?= <a.b>"},
      {"Content-Location: \xC3\xBC.html", "Content-Location: %C3%BC.html"},
      {"Keywords: gr\xC3\xBCn, blau", "Keywords: =?utf-8?q?gr=C3=BCn?= , blau"},
      {"Date: Di, 3 M\xC3\xA4r 2026 (fr\xC3\xBCh)", "Date: Di, 3 M??r 2026 (=?utf-8?q?fr=C3=BCh?=)"},
      {"Content-Transfer-Encoding: 8bit\xFF", "Content-Transfer-Encoding: 8bit?"},
      {"MIME-Version: 1.0 (\xFF)", "MIME-Version: 1.0 (=?unknown-8bit?q?=FF?=)"},
      {"Received: from \xC3\xBC (\xC3\xBC)", "Received: from ?? (=?utf-8?q?=C3=BC?=)"},
      {"DKIM-Signature: a=\xC3\xBC", "DKIM-Signature: a=\xC3\xBC"},
      {"ARC-Seal: a=\xC3\xBC", "ARC-Seal: a=\xC3\xBC"},
      {"Authentication-Results: \xC3\xBC", "Authentication-Results: \xC3\xBC"},
  }};
  for (const auto& [written, expected] : cases) {
    EXPECT_EQ(sent(written), expected);
    expect_kept(written, kAscii);
  }
}

TEST(OutgoingFields, ControlsAreEncodedAsLettersAre) {
  const std::vector<FieldsRow> cases{
      {"Subject: \x1B[31mFAILED\x1B[0m backup", "Subject: =?utf-8?q?=1B=5B31mFAILED=1B=5B0m?= backup"},
      {"X-Bell: a\x07", "X-Bell: =?utf-8?q?a=07?="},
      {"Message-ID: <a\x7F@b>", "Message-ID: <a=7F@b>"},
      {"Date: 1 Jan\x0B 2026", "Date: 1 Jan? 2026"},
      {"Subject: a\tb", "Subject: a\tb"},
  };
  for (const auto& [written, expected] : cases) {
    EXPECT_EQ(sent(written), expected);
    EXPECT_EQ(fields_acceptable(written, kAscii), written == expected);
    EXPECT_EQ(fields_acceptable(written, kUtf8), written == expected);
    EXPECT_EQ(sent(expected), expected);
  }
}

TEST(OutgoingFields, RawJapaneseKeepsItsCharset) {
  const std::string hello = "\x1B$B$3$s$K$A$O\x1B(B";
  EXPECT_EQ(sent("Subject: " + hello + " test"), "Subject: =?iso-2022-jp?b?GyRCJDMkcyRLJEEkTxsoQg==?= test");
  // Each word is of whole characters, begins and ends in ASCII, and is short enough.
  std::string line = "\x1B$B";
  for (int i = 0; i < 200; ++i) line += "$3$s";
  const std::string written = sent("Subject: " + line + "\x1B(B");
  expect_words_short(written + "\n");
  EXPECT_TRUE(fields_acceptable(written, kAscii));
  std::string shown;
  const std::string words = unfold(written).substr(9);
  for (const std::string_view word : split_words(words)) {
    ASSERT_TRUE(word.starts_with("=?iso-2022-jp?b?") && word.ends_with("?="));
    const auto bytes = base64_decode(word.substr(16, word.size() - 18));
    ASSERT_TRUE(bytes && bytes->starts_with("\x1B$B") && bytes->ends_with("\x1B(B"));
    ASSERT_EQ(bytes->size() % 2, 0U);
    shown += bytes->substr(3, bytes->size() - 6);
  }
  EXPECT_EQ("\x1B$B" + shown, line);
}

TEST(OutgoingFields, LongLinesAreFoldedWhereTheyCanBe) {
  const auto repeated = [](std::string_view unit, std::size_t size) {
    std::string text;
    while (text.size() < size) text += unit;
    return text;
  };
  const std::array<std::string, 12> fields{"Subject: " + repeated("word ", 3000) + "end\n",
                                           "To: " + repeated("a@b,", 3000) + "a@b\n",
                                           "Cc: " + repeated("\"a, b\" <a@b>, ", 3000) + "a@b\n",
                                           "References:" + repeated("<a@b>", 3000) + "\n",
                                           "In-Reply-To: " + repeated("<a@b>\t", 3000) + "x\n",
                                           "Received: " + repeated("from a by b; ", 3000) + "x\n",
                                           "DKIM-Signature: " + repeated("a=b; ", 3000) + "x\n",
                                           "Content-Type: x/y;" + repeated("a=b;", 3000) + "c=d\n",
                                           "List-Post: " + repeated("<mailto:a@b>,", 3000) + "x\n",
                                           "Date: (" + repeated("word ", 3000) + ")\n",
                                           "From: \"" + repeated("word ", 3000) + "\" <a@b>\n",
                                           "X-Y: " + repeated("a \n b ", 3000) + repeated("word ", 3000) + "x\n"};
  for (const std::string& field : fields) {
    for (const FieldRules& rules : {kAscii, kUtf8}) {
      const std::string folded = sent(field, rules);
      EXPECT_TRUE(fields_acceptable(folded, rules)) << folded;
      expect_kept(field, rules);
    }
  }
  EXPECT_EQ(body(sent(fields[0])), body(fields[0]));
  EXPECT_EQ(body(sent(fields[6])), body(fields[6]));
  EXPECT_EQ(*parse_address_list(body(sent(fields[1]))), *parse_address_list(body(fields[1])));
  EXPECT_EQ(*parse_address_list(body(sent(fields[2]))), *parse_address_list(body(fields[2])));
}

TEST(OutgoingFields, LongWordsOfTextsAreEncodedAndOthersStay) {
  const std::string word(3000, 'x');
  for (const FieldRules& rules : {kAscii, kUtf8}) {
    const std::string subject = sent("Subject: a " + word + " b\n", rules);
    EXPECT_TRUE(fields_acceptable(subject, rules));
    EXPECT_EQ(decode_words(body(subject)), "a " + word + " b");
    const std::string name = sent("From: " + word + " (" + word + ") <a@b>\n", rules);
    EXPECT_TRUE(fields_acceptable(name, rules));
    EXPECT_EQ(decode_words(body(name)), word + " (" + word + ") <a@b>");
    const std::string file = sent("Content-Type: x/y; name=" + word + "\n", rules);
    EXPECT_TRUE(fields_acceptable(file, rules));
    EXPECT_EQ(parameter(body(file), "name"), word);
    // As PHP programs write a subject: one encoded-word of any length.
    const std::string letters =
        sent("Subject: =?UTF-8?Q?" + std::string(2000, 'x') + "=C3=BC?= =?utf-8?q?y?=\n", rules);
    EXPECT_TRUE(fields_acceptable(letters, rules));
    EXPECT_EQ(decode_words(body(letters)), std::string(2000, 'x') + "\xC3\xBCy");
    for (const std::string& field :
         {"To: " + word + "@b\n", "Message-ID: <" + word + "@b>\n", "DKIM-Signature: " + word + "\n",
          "Content-Type: multipart/mixed; boundary=" + word + "\n"}) {
      EXPECT_FALSE(fields_acceptable(sent(field, rules), rules)) << field;
      EXPECT_EQ(body(sent(field, rules)), body(field));
      expect_kept(field, rules);
    }
  }
  const std::string blanks = "A:" + std::string(3000, ' ') + "b" + std::string(3000, '\t');
  EXPECT_EQ(sent(blanks + "\n"), "A: b\t\n");
}

TEST(OutgoingFields, WhereUtf8MayStandOnlyWhatIsNoneChanges) {
  EXPECT_EQ(sent("Subject: \xC3\xBC \xFF\nTo: \xC3\xBC <\xC3\xBC@\xC3\xBC.c>\n", kUtf8),
            "Subject: =?utf-8?q?=C3=BC?= =?unknown-8bit?q?_=FF?=\nTo: \xC3\xBC <\xC3\xBC@\xC3\xBC.c>\n");
  std::string long_field = "Cc: ";
  while (long_field.size() < 2000) long_field += "\"\xC3\xBC\" <\xC3\xBC@\xC3\xBC.c>,";
  const std::string folded = sent(long_field + "\n", kUtf8);
  EXPECT_TRUE(fields_acceptable(folded, kUtf8));
  EXPECT_EQ(*parse_address_list(body(folded)), *parse_address_list(body(long_field)));
}

TEST(OutgoingFields, NothingThatComesInMakesAnotherField) {
  std::mt19937 random(4);  // NOLINT(cert-msc51-cpp): the same each time
  const std::string nul(1, '\0');
  const std::array<std::string, 40> pieces{"Subject: ",
                                           "To: ",
                                           "Content-Type: ",
                                           "Message-ID: ",
                                           "X",
                                           ":",
                                           "\n",
                                           "\n ",
                                           "\n\t",
                                           "\r\n",
                                           "\r\n ",
                                           "\r",
                                           "\n\n",
                                           nul,
                                           "\xC3\xBC",
                                           "\xFF",
                                           "\xC3",
                                           " ",
                                           "\t",
                                           "\"",
                                           "(",
                                           ")",
                                           "<",
                                           ">",
                                           "@",
                                           ",",
                                           ";",
                                           "=",
                                           "\\",
                                           "=?utf-8?q?=0ABcc:_x?=",
                                           "=?utf-8?b?DQpYOiB5?=",
                                           "name=",
                                           "boundary=",
                                           "*=",
                                           "[",
                                           "\xEF\xBC\x9E",
                                           "\xE2\x80\xA8",
                                           "Bcc: x",
                                           "\nBcc: x",
                                           "Received: "};
  for (int round = 0; round < 20000; ++round) {
    std::string fields;
    for (auto left = random() % 14; left > 0; --left) {
      fields += pieces.at(random() % pieces.size());
      if (random() % 100 == 0) fields += std::string(random() % 3000, "xy ,;\xFF"[random() % 6]);
    }
    expect_kept(fields, kAscii);
    expect_kept(fields, kUtf8);
  }
}

}  // namespace
}  // namespace postern::mail
