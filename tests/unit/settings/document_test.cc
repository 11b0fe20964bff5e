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

struct Misread {
  std::string text;
  std::string place;  ///< line:column
  std::string part;   ///< of the message
};

TEST(Document, SaysWhatAndWhereASlipIsAndNotWhereItWasNoticed) {
  const std::vector<Misread> slips = {
      {"a: 1\npassword: [abc\nb: 2\n", "2:11", "no ] closes this"},
      {"a: 1\npassword: {abc\n", "2:11", "no } closes this"},
      {"a: { b: c\nd:\n  - e: f\n", "1:4", "no } closes this"},
      {"a: [x, {b: c]\n", "1:13", "closes none that is open"},
      {"a: [x, [y, 'z]'], \"]\"\nb: 1\n", "1:4", "no ] closes this"},
      {"# [ {\na: don't [1]\nb: [x # ]\n", "3:4", "no ] closes this"},
      {"a: {b: c, d: |/usr/bin/prog}\n", "1:14", "run no programs"},
      {"a: {b: c, d: @x}\n", "1:14", "begins with @"},
      {"a: [b, `x]\n", "1:8", "begins with `"},
      {"a:\n  b: [\n    %x,\n  ]\n", "3:5", "begins with %"},
      {"password: - abc\n", "1:11", "begins a row of a list"},
      {"a:\n  password: - abc\n  b: 1\n", "2:13", "begins a row of a list"},
      {"a: 1\npassword: 'it's'\nb: 2\n", "2:15", "is written twice ('')"},
      {"password: 'abc'def\n", "1:16", "is written twice ('')"},
      {"password: \"ab\"cd\n", "1:15", "the value ends at the quote before this"},
      {"x:\n  - password: [a]b\n", "2:15", "is a list or a group without them"},
      {"password: {a: 'b]'}c\nb: 1\n", "1:11", "is a list or a group without them"},
      {"password: ,abc\n", "1:11", "begins with ,"},
      {"password: ]abc\n", "1:11", "begins with ]"},
      {"password: }abc\n", "1:11", "begins with }"},
      {"password: -\nb: 1\n", "1:11", "begins a row of a list"},
      {"password: ? abc\n", "1:11", "question mark"},
      {"password: abc:\tdef\n", "1:11", "ends a key"},
      {"user: \"x@e.com\npassword: \"abc\"\n", "1:7", "this quote does not close in its line"},
      {"a:\n  - user: 'x\n    password: 'abc'\n    port: 1\n", "2:11", "this quote does not close in its line"},
      {"password: \"a\\!\"\n", "1:13", "a backslash within double quotes"},
      {"password: \"a\\$\"\nb: 1\n", "1:13", "single quotes ('...')"},
      {"password: \"C:\\secret\\q\"\n", "1:14", "a backslash within double quotes"},
      {"password: \"a\\u12\"\nb: 1\n", "1:13", "a backslash within double quotes"},
      {"a: 1\npassword: \"a\\x\"\nb: 1\n", "2:13", "a backslash within double quotes"},
      {"retry\n  min: 1m\n", "1:6", "a colon is missing behind the key"},
      {"b: 1\nretry\n  min: 1m\n  max: 1h\n", "2:6", "a colon is missing behind the key"},
      {"smarthosts\n  - host: x\n", "1:11", "a colon is missing behind the key"},
      {"smarthosts:\n  - host: x\n    from\n      policy: account\n", "3:9", "a colon is missing behind the key"},
      {"a:\n  -\thost: x\n", "2:4", "a blank belongs behind the dash"},
      {"a:\n\xC2\xA0 b: 1\n", "2:1", "no ordinary blank"},
      {"a:\n  -\xC2\xA0host: x\n", "2:4", "no ordinary blank"},
      {"a:\n  host:\xC2\xA0x\n", "2:8", "no ordinary blank"},
      {"host:\xE2\x80\xAFx\n", "1:6", "no ordinary blank"},
      {"[smarthost]\nhost = smtp.example.com\n", "1:1", "another kind of file"},
      {"domain: x\n[smarthost]\nhost = \"smtp.example.com\"\n", "2:1", "another kind of file"},
      {"# x\n[retry]\nmin = 1\n[b]\nmax = 2\n", "2:1", "another kind of file"},
      {"a: {{ x }}\n", "1:4", "a template that was not rendered"},
      {"{{ x }}\n", "1:1", "a template that was not rendered"},
      {"a: {{ x }}.example\n", "1:4", "a template that was not rendered"},
      {"{% for x in y %}\na: 1\n", "1:1", "a template that was not rendered"},
      {"a: 1\n{% if x %}\nb: 1\n{% endif %}\n", "2:1", "a template that was not rendered"},
      {"a: !vault |\n  abc\n", "1:4", "a template that was not rendered"},
  };
  for (const Misread& slip : slips) {
    const Read file = read(slip.text);
    ASSERT_FALSE(file.problems.empty()) << slip.text;
    const Problem& first = file.problems[0];
    EXPECT_EQ(std::to_string(first.line) + ":" + std::to_string(first.column), slip.place) << slip.text << first.str();
    EXPECT_NE(first.text.find(slip.part), std::string::npos) << slip.text << first.str();
  }
}

TEST(Document, JsonMayHaveTabsBelowAComment) {
  for (const std::string before : {"", "# Ansible managed\n", "---\n", "# x\n\n--- # y\n", "%YAML 1.2\n---\n"}) {
    const Read file = read(before + "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n");
    for (const Problem& problem : file.problems) ADD_FAILURE() << before << problem.str();
    ASSERT_TRUE(file.root) << before;
    EXPECT_EQ(file.root->entries.at(0).value.entries.at(0).value.text, "1");
  }
  EXPECT_FALSE(read("# x\na:\n\tb: 1\n").problems.empty());
}

TEST(Document, JsonMayBeginWithAByteOrderMark) {
  const Read file = read("\xEF\xBB\xBF{\n\t\"a\": \"\\ud83d\\udea8\"\n}\n");
  for (const Problem& problem : file.problems) ADD_FAILURE() << problem.str();
  ASSERT_TRUE(file.root);
  EXPECT_EQ(file.root->entries.at(0).value.text, "\U0001F6A8");
}

TEST(Document, ACharacterInTwoHalvesIsTakenInJson) {
  const Read file = read(
      "# it's \"his\n{\"a\": \"x \\ud83d\\udea8\\uD83D\\uDEA8\", \"b\": '\\ud83d\\udea8', \"c\": "
      "\"\\\\ud83d\\\\udea8\", d: 'it''s \"\\ud83d\\udea8', "
      "e: x\"\\ud83d\\udea8, \"f\": \"\\\"\\ud83d\\udea8\"}\n");
  for (const Problem& problem : file.problems) ADD_FAILURE() << problem.str();
  ASSERT_TRUE(file.root);
  const std::vector<Entry>& entries = file.root->entries;
  EXPECT_EQ(entries.at(0).value.text, "x \U0001F6A8\U0001F6A8");
  EXPECT_EQ(entries.at(1).mark.column, 37U) << "behind it all stands where it stood";
  EXPECT_EQ(entries.at(1).value.text, "\\ud83d\\udea8") << "no escape in single quotes";
  EXPECT_EQ(entries.at(2).value.text, "\\ud83d\\udea8");
  EXPECT_EQ(entries.at(3).value.text, "it's \"\\ud83d\\udea8");
  EXPECT_EQ(entries.at(4).value.text, "x\"\\ud83d\\udea8");
  EXPECT_EQ(entries.at(5).value.text, "\"\U0001F6A8");
  for (const std::string half : {"\\ud83d", "\\udea8", "\\udea8\\ud83d", "\\ud83d\\ud83d", "\\ud83dx", "\\ud83d\\u"}) {
    EXPECT_FALSE(read("{\"a\": \"" + half + "\"}\n").problems.empty()) << half;
  }
}

TEST(Document, TextsOfSeveralLinesAndOddBlanksWithinTextsAreTaken) {
  for (const std::string good :
       {"a: \"b\n  c\"\nd: \"e\"\n", "a: 'b\n  c' # x\nd: 'e'\n", "a: 'it''s'\n", "a: \"b\\\"c\"\n",
        "a: b\xC2\xA0"
        "c\n",
        "# \xC2\xA0x\n", "a: [b] # c\n", "a: [[b], '}']\n"}) {
    const Read file = read(good);
    for (const Problem& problem : file.problems) ADD_FAILURE() << good << problem.str();
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
  constexpr std::size_t kSize = 1U << 18U;
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
