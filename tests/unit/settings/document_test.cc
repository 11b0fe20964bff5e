#include "settings/document.h"

#include <gtest/gtest.h>

namespace postern::settings {
namespace {

struct Read {
  std::optional<Node> root;
  std::vector<Problem> problems;
};

Read read(const std::string& text) {
  Report report("f");
  Read result;
  result.root = read_document(text, report);
  result.problems = std::move(report).finish(Settings{}).problems;
  return result;
}

TEST(Document, KeepsPlacesOfKeysAndValues) {
  const Read file = read("a: 1\nbc:\n  - x\n  - { d: \"y\" }\n");
  ASSERT_TRUE(file.root);
  ASSERT_EQ(file.problems.size(), 0U);
  ASSERT_EQ(file.root->entries.size(), 2U);
  const Entry& second = file.root->entries[1];
  EXPECT_EQ(second.key, "bc");
  EXPECT_EQ(second.mark.line, 2U);
  EXPECT_EQ(second.mark.column, 1U);
  ASSERT_EQ(second.value.items.size(), 2U);
  EXPECT_EQ(second.value.items[0].mark.line, 3U);
  EXPECT_EQ(second.value.items[0].mark.column, 5U);
  EXPECT_FALSE(second.value.items[0].quoted);
  const Entry& inner = second.value.items[1].entries.at(0);
  EXPECT_EQ(inner.value.text, "y");
  EXPECT_TRUE(inner.value.quoted);
  EXPECT_EQ(inner.value.mark.line, 4U);
  EXPECT_EQ(inner.value.mark.column, 10U);
}

TEST(Document, OfCommentsAloneIsAnEmptyMap) {
  for (const std::string text : {"# x\n", "---\n", "---\n# x\n...\n", "{}"}) {
    const Read file = read(text);
    ASSERT_TRUE(file.root) << text;
    EXPECT_EQ(file.root->kind, Node::Kind::map);
    EXPECT_TRUE(file.root->entries.empty());
    EXPECT_TRUE(file.problems.empty());
  }
}

struct Refused {
  std::string text;
  std::size_t line;
  std::string part;  // of the message
};

TEST(Document, F04_RefusesWhatIsNotPlainYamlWithItsPlace) {
  const std::vector<Refused> cases = {
      {"a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"},
      {"a: {b: 1, b: 2}\n", 1, "duplicate key 'b'"},
      {"a: 1\n\"a\": 2\n", 2, "duplicate key 'a'"},
      {"a: &x 1\n", 1, "anchors"},
      {"a: &x\n  b: 1\n", 1, "anchors"},
      {"a: &x [1]\nb: *x\n", 2, "aliases"},
      {"a: &x {c: 1}\nb:\n  <<: *x\n", 3, "merge keys"},
      {"a: !!str x\n", 1, "tags"},
      {"a: !!python/object:os.system x\n", 1, "tags"},
      {"a: !local [x]\n", 1, "tags"},
      {"a: !!map {b: 1}\n", 1, "tags"},
      {"a: !!null\n", 1, ""},
      {"a:\n\tb: 1\n", 2, "tab"},
      {"a:\n  \tb: 1\n", 2, "tab"},
      {"a: 1\nb: \"x\x01y\"\n", 2, "control byte"},
      {std::string("a: \0\n", 5), 1, "control byte"},
      {"a: x\x7f\n", 1, "control byte"},
      {"# ok\n# \xff\n", 2, "UTF-8"},
      {"? [a, b]\n: 1\n", 1, "must be a word"},
      {"? {a: b}\n: 1\n", 1, "must be a word"},
      {"~: 1\n", 1, "must be a word"},
      {"\"\": 1\n", 1, "must be a word"},
      {"a: 1\n---\nb: 2\n", 3, "second YAML document"},
      {"a: 1\n...\n---\n- x\n", 4, "second YAML document"},
  };
  for (const Refused& wrong : cases) {
    const Read file = read(wrong.text);
    ASSERT_FALSE(file.problems.empty()) << wrong.text;
    bool found = false;
    for (const Problem& problem : file.problems) {
      found = found ||
              (problem.line == wrong.line && problem.column > 0 && problem.text.find(wrong.part) != std::string::npos);
    }
    EXPECT_TRUE(found) << wrong.text << " gave " << file.problems[0].str();
  }
}

TEST(Document, F02_GivesLineAndColumnOfEverySyntaxError) {
  const std::vector<std::string> wrong = {
      "a: [1, 2",
      "a: [1, 2}",
      "a: {b: 1",
      "a: {b: 1]",
      "a: \"x",
      "a: 'x",
      "a: 'x' y",
      "a: \"x\" y",
      "a: b: c",
      "a: 1\n  b: 2",
      "a:\n  b: 1\n c: 2",
      "- a\nb: 1",
      "a: 1\n- b",
      "a: @x",
      "a: `x",
      "a: %x",
      "a: \"\\q\"",
      "a: \"\\x4\"",
      "a: ]",
      "a: }",
      "a: [1 2: 3: 4]",
      "a: *",
      "a: &",
      "a: *missing",
      "a: |x\n b",
      "a: >9z\n b",
      "%YAML 9\n---\na: 1",
      "%YAML\n---\na: 1",
      "a: \"\\uZZZZ\"",
      "a: [b\nc: d",
      "a: {b: {c: {",
      "[",
      "{",
      "}",
      "]",
      "\"",
      "'",
      "a\nb: 1",
      "*",
      "&",
      "a: 'b\n",
      "a: {x: 'y}",
      "a:\n  - b\n - c",
      "a: \"b\nc: d\n",
      "a: \"\\U110000FF\"",
      "a: [\"x]",
      "a: {b: }}",
      "a: [b]]",
      "a: |\n  b\n c: d",
      "a: \"b\" \"c\"",
      "? [a\n: b",
  };
  EXPECT_GE(wrong.size(), 50U);
  for (const std::string before : {"", "# first\nz: 1\n"}) {
    for (const std::string& text : wrong) {
      if (text.starts_with('%') && !before.empty()) continue;
      const Read file = read(before + text);
      ASSERT_FALSE(file.problems.empty()) << before << text;
      EXPECT_GT(file.problems[0].line, before.empty() ? 0U : 1U) << before << text << file.problems[0].str();
      EXPECT_GT(file.problems[0].column, 0U) << before << text;
    }
  }
}

TEST(Document, ReportsEveryRefusalOfOneFile) {
  const Read file = read("a: &x 1\nb: !!int 2\nc: 3\nc: 4\nd: {<<: {e: 1}}\nf: *x\n");
  std::vector<std::size_t> lines;
  for (const Problem& problem : file.problems) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 4, 5, 6}));
}

TEST(Document, EndsForEveryPrefixOfAFile) {
  const std::string text =
      "a: [1, 'b', \"c\\n\"]\nd:\n  - {e: &f |\n    g}\n  - !!h *i\n? j\n: >-\n  k\n%l\n---\n...\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Read file = read(text.substr(0, size));
    EXPECT_TRUE(file.root.has_value() || !file.problems.empty()) << size;
  }
}

TEST(Document, F05_BombsEnd) {
  constexpr std::size_t kSize = 1U << 20U;
  for (const std::string unit :
       {"[",   "{",    "{a: ", "- ", "? ", "a: ",     "[[]", "&a ",    "!a ",  "*a ", "\"", "'", "|\n",
        "-\n", "[a, ", "#",    ": ", ", ", "--- a\n", "a\n", "a: 1\n", "%a\n", " ",   "\n", "\r"}) {
    std::string text;
    while (text.size() < kSize) text += unit;
    const Read file = read(text);
    EXPECT_TRUE(file.root.has_value() || !file.problems.empty());
    EXPECT_LE(file.problems.size(), 101U);
  }
}

}  // namespace
}  // namespace postern::settings
