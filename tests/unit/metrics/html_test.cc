#include "metrics/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::metrics {
namespace {

using testing::HasSubstr;

std::string cell(std::string_view text) {
  Html html;
  html.element("td", {}, text);
  return html.take();
}

std::string inner(const std::string& html, std::string_view before, std::string_view after) {
  EXPECT_TRUE(html.starts_with(before) && html.ends_with(after)) << html;
  return html.substr(before.size(), html.size() - before.size() - after.size());
}

TEST(HtmlWriter, EveryByteStaysInItsElement) {
  for (int one = 0; one < 256; ++one) {
    const std::string byte(1, static_cast<char>(one));
    for (const std::string& text : {byte, "a" + byte + "b", byte + byte, "&" + byte, "<" + byte, byte + ">"}) {
      const std::string content = inner(cell(text), "<td>", "</td>");
      EXPECT_EQ(content.find_first_of("<>\"'"), std::string::npos) << one << content;
      for (const char c : content) EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != '\x7f') << one;
    }
  }
}

TEST(HtmlWriter, EveryByteStaysInItsAttribute) {
  for (int one = 0; one < 256; ++one) {
    const std::string byte(1, static_cast<char>(one));
    Html html;
    html.lone("meta", {{"content", "a" + byte + "b"}});
    const std::string content = inner(html.take(), "<meta content=\"", "\">");
    EXPECT_EQ(content.find_first_of("<>\"'\n\r"), std::string::npos) << one << content;
  }
}

TEST(HtmlWriter, AmpersandsAreEscapedOnce) {
  EXPECT_EQ(cell("a & b &amp; &#0; &lt"), "<td>a &amp; b &amp;amp; &amp;#0; &amp;lt</td>");
  EXPECT_EQ(cell("</td><script>alert(1)</script>"), "<td>&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;</td>");
}

TEST(HtmlWriter, WhatTurnsTextAroundIsSeen) {
  EXPECT_EQ(cell("a\xE2\x80\xAE"
                 "b"),
            "<td>a\\xe2\\x80\\xaeb</td>");
  for (const std::string mark : {"\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAD", "\xE2\x81\xA6", "\xE2\x81\xA9",
                                 "\xE2\x80\x8E", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\xA8"}) {
    EXPECT_EQ(cell(mark).find(mark), std::string::npos);
  }
  // Letters that are written from the right are no marks; they have a direction of their own.
  Html html;
  html.quote("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D");
  EXPECT_EQ(html.take(), "<bdi dir=\"ltr\">\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D</bdi>");
}

TEST(HtmlWriter, LongTextsAreCutBetweenCharacters) {
  for (std::size_t length = 0; length < 3 * Html::kText; ++length) {
    const std::string content = inner(cell(std::string(length, 'x')), "<td>", "</td>");
    EXPECT_EQ(content.size(), std::min(length, Html::kText));
    EXPECT_EQ(content.ends_with("..."), length > Html::kText);
  }
  // Neither a character nor an escaped one is cut in two.
  for (std::size_t lead = 0; lead < 8; ++lead) {
    for (const std::string one : {"\xE4\xBD\xA0", "\x01", "&", "<"}) {
      std::string text(lead, 'x');
      while (text.size() < 2 * Html::kText) text += one;
      const std::string content = inner(cell(text), "<td>", "</td>");
      EXPECT_TRUE(content.ends_with("\xE4\xBD\xA0...") || content.ends_with("\\x01...") ||
                  content.ends_with("&amp;...") || content.ends_with("&lt;..."))
          << content;
    }
  }
  EXPECT_LT(cell(std::string(300'000, '\x01')).size(), 1000U);
}

TEST(HtmlWriter, CommandsInASentenceAreCode) {
  const auto sentence = [](std::string_view text) {
    Html html;
    html.sentence(text);
    return html.take();
  };
  EXPECT_EQ(sentence("run `postern check`"), "run <code>postern check</code>");
  EXPECT_EQ(sentence("`a` and `<b>` too"), "<code>a</code> and <code>&lt;b&gt;</code> too");
  EXPECT_EQ(sentence("an odd ` one"), "an odd ` one");
  EXPECT_EQ(sentence("`a` an odd ` one"), "<code>a</code> an odd ` one");
  EXPECT_EQ(sentence("``"), "<code></code>");
  EXPECT_EQ(sentence(""), "");
}

TEST(HtmlWriter, WhatIsOpenedIsClosedInOrder) {
  Html html;
  {
    const auto table = html.inside("table", {{"class", "a"}});
    const auto row = html.inside("tr");
    html.element("td", "x");
  }
  EXPECT_EQ(html.take(), "<table class=\"a\"><tr><td>x</td></tr></table>");
  EXPECT_EQ(html.take(), "");
}

}  // namespace
}  // namespace postern::metrics
