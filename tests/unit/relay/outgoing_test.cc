#include "relay/outgoing.h"

#include "support/run.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace postern::relay {
namespace {

using test::run;

/// All that is read, or what went wrong.
Task<Result<std::string>> whole(mail::Message& message) {
  std::string text;
  message.rewind();
  for (;;) {
    const auto piece = co_await message.read();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return text;
    text += *piece;
  }
}

Task<Result<std::string>> sent(Outgoing& text) {
  const auto prepared = co_await text.prepare();
  if (!prepared) co_return prepared.error();
  co_return co_await whole(text);
}

mail::TextFacts facts(bool header, bool body, bool lines) {
  mail::TextFacts facts;
  facts.eight_bit_header = header;
  facts.eight_bit_body = body;
  facts.long_lines = lines;
  return facts;
}

TestMessage message_of(std::string text, std::optional<mail::TextFacts> known) {
  TestMessage message("a@x", {"b@y"}, std::move(text));
  message.change().text = known;
  return message;
}

std::string with_subject(std::string_view fields) { return "Subject: edited\n" + std::string(fields); }

const std::string kPlain = "From: a@x\nTo: b@y\nSubject: hi\n\nhello\n";
const std::string kLetters =
    "From: a@x\nTo: b@y\nSubject: Ger\xC3\xA4t\n\nGr\xC3\xBC\xC3\x9F"
    "e\n" +
    std::string(3000, 'x') + "\n";

TEST(OutgoingTest, OnlyWhatMayHaveToChangeIsReadBeforehand) {
  for (const bool header : {false, true}) {
    for (const bool body : {false, true}) {
      for (const bool lines : {false, true}) {
        for (const bool edits : {false, true}) {
          mail::Envelope envelope;
          envelope.text = facts(header, body, lines);
          const TextWork without = edits ? TextWork::fields : TextWork::none;
          EXPECT_EQ(text_work(envelope, edits), header || body || lines ? TextWork::survey : without);
        }
      }
    }
  }
  EXPECT_EQ(text_work(mail::Envelope(), false), TextWork::survey);
}

TEST(OutgoingTest, WhatNeedsNoChangePassesWithoutACopy) {
  for (const auto& known : {std::optional<mail::TextFacts>(), std::optional(facts(false, false, false))}) {
    TestMessage stored = message_of(kPlain, known);
    Outgoing text(stored, Outgoing::Terms());
    const auto same = [](Outgoing* outgoing, TestMessage* message) -> Task<bool> {
      const auto prepared = co_await outgoing->prepare();
      EXPECT_TRUE(prepared);
      message->rewind();
      const auto original = co_await message->read();
      outgoing->rewind();
      const auto passed = co_await outgoing->read();
      co_return passed->data() == original->data() && passed->size() == original->size();
    };
    EXPECT_TRUE(run(same(&text, &stored)));
    EXPECT_FALSE(text.changes());
    EXPECT_FALSE(text.eight_bit());
  }
}

TEST(OutgoingTest, TextOfKnownFactsIsNotReadBeforehand) {
  TestMessage stored = message_of(kPlain, facts(false, false, false));
  stored.make_unreadable();
  Outgoing text(stored, Outgoing::Terms());
  EXPECT_TRUE(run(text.prepare()));
  Outgoing::Terms terms;
  terms.edit = with_subject;
  Outgoing edited(stored, std::move(terms));
  EXPECT_TRUE(run(edited.prepare()));
  EXPECT_TRUE(edited.changes());
}

TEST(OutgoingTest, EveryCutGivesTheSameTextTwice) {
  for (const std::string& original : {kPlain, kLetters}) {
    std::string expected;
    for (std::size_t piece = 1; piece <= original.size(); piece += piece < 40 ? 1 : 97) {
      TestMessage stored = message_of(original, std::nullopt);
      stored.piece(piece);
      Outgoing::Terms terms;
      terms.rules.eight_bit = false;
      terms.edit = with_subject;
      Outgoing text(stored, std::move(terms));
      const auto first = run(sent(text));
      ASSERT_TRUE(first);
      if (expected.empty()) expected = *first;
      EXPECT_EQ(*first, expected) << piece;
      const auto again = run(whole(text));
      ASSERT_TRUE(again);
      EXPECT_EQ(*again, expected) << piece;
      EXPECT_TRUE(text.changes());
      EXPECT_FALSE(text.eight_bit());
    }
    EXPECT_TRUE(expected.starts_with("Subject: edited\n"));
  }
}

TEST(OutgoingTest, LettersStayWhereTheServerTakesThem) {
  const std::string original =
      "From: a@x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
      "Gr\xC3\xBC\xC3\x9F"
      "e\n";
  TestMessage stored = message_of(original, facts(false, true, false));
  Outgoing text(stored, Outgoing::Terms());
  const auto passed = run(sent(text));
  ASSERT_TRUE(passed);
  EXPECT_EQ(*passed, original);
  EXPECT_FALSE(text.changes());
  EXPECT_TRUE(text.eight_bit());
}

TEST(OutgoingTest, WhatCannotBeReadIsSaid) {
  TestMessage stored = message_of(kPlain, std::nullopt);
  stored.make_unreadable();
  Outgoing text(stored, Outgoing::Terms());
  const auto prepared = run(text.prepare());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().failure, Failure::io);
}

/// Threads that count their jobs.
Task<Result<std::string>> do_job(std::function<Result<std::string>()> job, int* jobs) {
  ++*jobs;
  co_return job();
}

TEST(OutgoingTest, LargeTextIsWorkedOnElsewhereAndSmallTextIsNot) {
  const std::string line =
      "Gr\xC3\xBC\xC3\x9F"
      "e aus der Ferne\n";
  for (const std::size_t lines : {std::size_t{10}, std::size_t{20000}}) {
    std::string original = "From: a@x\nSubject: hi\n\n";
    for (std::size_t i = 0; i < lines; ++i) original += line;
    int jobs = 0;
    TestMessage stored = message_of(original, std::nullopt);
    Outgoing::Terms terms;
    terms.rules.eight_bit = false;
    terms.threads = [&jobs](std::function<Result<std::string>()> job) { return do_job(std::move(job), &jobs); };
    Outgoing away(stored, std::move(terms));
    Outgoing::Terms here;
    here.rules.eight_bit = false;
    Outgoing reference(stored, std::move(here));
    const auto passed = run(sent(away));
    const auto expected = run(sent(reference));
    ASSERT_TRUE(passed && expected);
    EXPECT_EQ(*passed, *expected);
    EXPECT_EQ(jobs > 0, lines > 1000);
  }
}

}  // namespace
}  // namespace postern::relay
