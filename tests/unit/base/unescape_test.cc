#include "base/unescape.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace postern {
namespace {

TEST(Unescape, UndoesEveryKindOfEscape) {
  const std::pair<std::string, std::string> rows[] = {
      {"a%2Fb%2fc", "a/b/c"},
      {R"(a\/b\\c\"d\'e)", R"(a/b\c"d'e)"},
      {R"(\u0041\u00fc\u20AC)", "A\xC3\xBC\xE2\x82\xAC"},
      {R"(\ud83d\ude00)", "\xF0\x9F\x98\x80"},
      {R"(\x41\x1b)", "A\x1B"},
      {"&amp;&LT;&gt;&quot;&apos;&#65;&#x41;&#XfC;", "&<>\"'AA\xC3\xBC"},
      {"%25%32%46", "%2F"}};
  for (const auto& [escaped, means] : rows) EXPECT_EQ(unescape(escaped), means) << escaped;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    EXPECT_EQ(unescape("%" + hex(one)), one);
    EXPECT_EQ(unescape("\\x" + to_upper(hex(one))), one);
  }
}

TEST(Unescape, LeavesWhatIsNoEscapeAlone) {
  for (const std::string text : {"", "%", "%4", "%4g", "100%", "\\", "\\q", "\\u12", "\\u12g4", "\\x1", "&", "&;",
                                 "&amp", "&nothing;", "&#;", "&#x;", "&#x110000000;", "a + b = c & d; e"}) {
    EXPECT_EQ(unescape(text), text);
  }
  EXPECT_EQ(unescape("\\ud83d\\u0041"),
            "\xED\xA0\xBD"
            "A")
      << "half a pair stands for itself";
}

TEST(Unescape, TakesEveryCutOfEveryEscape) {
  const std::string all = R"(%41\u0041\ud83d\ude00\x41\/&amp;&#x41;)";
  for (std::size_t from = 0; from <= all.size(); ++from) {
    for (std::size_t size = 0; from + size <= all.size(); ++size) {
      EXPECT_LE(unescape(all.substr(from, size)).size(), size);
    }
  }
}

}  // namespace
}  // namespace postern
