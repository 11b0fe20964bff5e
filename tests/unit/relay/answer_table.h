// Tables of answers, for the tests of what they are about.
#pragma once

#include "relay/folded_words.h"
#include "relay/verdict.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// "550 5.1.1 one line|another"
inline smtp::Reply reply_of(const std::string& line) {
  smtp::Reply reply;
  reply.code = std::stoi(line.substr(0, 3));
  std::istringstream lines(line.size() > 4 ? line.substr(4) : "");
  for (std::string text; std::getline(lines, text, '|');) reply.lines.push_back(text);
  return reply;
}

/// M is MAIL, R RCPT, D DATA and T the dot.
inline Asked place_of(char letter) {
  switch (letter) {
    case 'M': return Asked::mail;
    case 'R': return Asked::rcpt;
    case 'D': return Asked::data;
    default: return Asked::text;
  }
}

/// Of a 421 that says whose it is, or of what follows from that alone.
inline std::string closing_for(Blame blame) {
  switch (blame) {
    case Blame::crowded: return "crowded";
    case Blame::site: return "site";
    case Blame::sender: return "sender";
    case Blame::connection: return "enough";
    case Blame::recipients: return "split";
    default: return "closing";
  }
}

/// What an attempt makes of it, in one word.
inline std::string outcome_of(Asked asked, const smtp::Reply& reply) {
  const Judgement judged = judge(asked, reply);
  switch (judged.about) {
    case Judgement::About::nobody: return "as hoped for";
    case Judgement::About::closing: return closing_for(judged.blame);
    case Judgement::About::site: return judged.blame == Blame::crowded ? "crowded" : "site";
    case Judgement::About::sender: return "sender";
    case Judgement::About::protocol: return "protocol";
    case Judgement::About::message:
    case Judgement::About::recipient: break;
  }
  if (judged.status.doubtful) return "doubtful";
  if (judged.blame == Blame::connection) return "enough";
  if (too_many_recipients(judged.status)) return "split";
  return std::string(mail::name(judged.status.verdict));
}

/// One answer at the places where a server says it, and what it is about.
struct AnswerRow {
  std::string outcome;
  std::vector<Asked> places;
  smtp::Reply reply;
};

/// "outcome" begins a kind; below it rows of "PLACES CODE WORDS", where M is MAIL, R RCPT, D DATA and T the dot.
inline std::vector<AnswerRow> rows_of(std::string_view table) {
  std::vector<AnswerRow> rows;
  std::istringstream lines{std::string(table)};
  std::string outcome;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos) {
      outcome = line;
      continue;
    }
    AnswerRow row{outcome, {}, reply_of(line.substr(blank + 1))};
    for (const char place : line.substr(0, blank)) row.places.push_back(place_of(place));
    rows.push_back(row);
  }
  return rows;
}

/// Holds the code to every row of such a table, of which there are at least so many.
inline void check(const std::string& table, std::size_t at_least) {
  const std::vector<AnswerRow> rows = rows_of(table);
  EXPECT_GE(rows.size(), at_least);
  for (const AnswerRow& row : rows) {
    for (const Asked asked : row.places) {
      EXPECT_EQ(outcome_of(asked, row.reply), row.outcome)
          << mail::name(step_of(asked)) << ": " << row.reply.text() << "\n  as \"" << folded_words(row.reply) << '"';
    }
  }
}

}  // namespace postern::relay
