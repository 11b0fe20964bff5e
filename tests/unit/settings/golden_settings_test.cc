// Settings as people and programs write them, and what is said of each: tests/golden/settings/cases.txt. A case begins
// with "=== ", its answer's lines with "> ". With POSTERN_WRITE_GOLDEN in the environment the answers are written anew;
// look at the difference before committing it.
#include "settings/load.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

struct GoldenCase {
  std::string title;
  std::string text;
  std::string answer;
};

std::vector<GoldenCase> read_cases(const std::string& path) {
  std::vector<GoldenCase> cases;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    line += '\n';
    if (line.starts_with("=== ")) {
      cases.push_back({line, {}, {}});
    } else if (!cases.empty()) {
      (line.starts_with("> ") ? cases.back().answer : cases.back().text) += line;
    }
  }
  return cases;
}

std::string answer_to(const std::string& text) {
  const Loaded loaded = parse(text, "f.yaml");
  std::string answer;
  for (const Problem& problem : loaded.problems) answer += "> " + problem.str() + "\n";
  for (const Problem& warning : loaded.warnings) answer += "> " + warning.str() + " (warning)\n";
  return answer + (loaded.settings ? "> good\n" : "");
}

TEST(GoldenSettings, EachFileIsAnsweredAsTheGoldenSetSays) {
  const std::string path = test::tree("golden/settings/cases.txt");
  const std::vector<GoldenCase> cases = read_cases(path);
  ASSERT_GT(cases.size(), 125U);
  std::string all;
  for (const GoldenCase& one : cases) {
    const std::string answer = answer_to(one.text);
    all += one.title + one.text + answer;
    if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) continue;
    EXPECT_EQ(answer, one.answer) << one.title << one.text;
  }
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << all;
}

TEST(GoldenSettings, NoAnswerShowsAPassword) {
  for (const GoldenCase& one : read_cases(test::tree("golden/settings/cases.txt"))) {
    EXPECT_EQ(answer_to(one.text).find("hunter2"), std::string::npos) << one.title;
    EXPECT_EQ(answer_to(one.text).find("$HUNTER"), std::string::npos) << one.title;
  }
}

}  // namespace
}  // namespace postern::settings
