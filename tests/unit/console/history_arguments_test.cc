#include "console/history_arguments.h"

#include "control/members.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::console {
namespace {

namespace members = control::members;

/// What is asked, or why not.
struct Asked {
  boost::json::object filter;
  std::string wrong;
};

Asked ask(std::vector<std::string> words) {
  Asked asked;
  CLI::App app;
  add_history_options(app, asked.filter, *parse_rfc3339("2026-11-30T09:30:00Z"));
  std::ranges::reverse(words);  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::Error& error) {
    asked.wrong = error.what();
  }
  return asked;
}

TEST(HistoryArguments, TimesAreSentAsTheyAreMeant) {
  const Asked asked = ask({"--since", "3h", "--until", "2h"});
  EXPECT_EQ(asked.wrong, "");
  EXPECT_EQ(asked.filter.at(members::kSince), "2026-11-30T06:30:00.000Z");
  EXPECT_EQ(asked.filter.at(members::kUntil), "2026-11-30T07:30:00.000Z");
}

TEST(HistoryArguments, WhatCannotHoldAnythingIsASlip) {
  struct Case {
    std::vector<std::string> words;
    std::string wrong;
  };
  const Case cases[] = {
      {{"--since", "2h", "--until", "3h"}, "nothing lies between"},
      {{"--until", "2h", "--since", "2h"}, "nothing lies between"},
      {{"--since", "3"}, "\"3\" is no time like today"},
      {{"--state", "sent"}, "sent"},
      {{"--to", ""}, "leave it out"},
  };
  for (const Case& one : cases) {
    const std::string wrong = ask(one.words).wrong;
    EXPECT_NE(wrong.find(one.wrong), std::string::npos) << one.words[0] << ": " << wrong;
  }
}

}  // namespace
}  // namespace postern::console
