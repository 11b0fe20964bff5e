// What is stored of what programs hand in, byte for byte: tests/golden/intake, one file a call (its form: call_file.h).
// With POSTERN_WRITE_GOLDEN in the environment what came of each call is written anew; look at the difference before
// committing it. A new call needs only its lines up to `input:` and the input.
#include "base/log.h"
#include "base/text.h"
#include "shim/call_file.h"
#include "shim/doors.h"
#include "support/expected_log.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace postern::shim {
namespace {

namespace fs = std::filesystem;
using Stored = test::FakeQueue::Stored;

std::string content_of(const fs::path& path) {
  std::stringstream file;
  file << std::ifstream(path, std::ios::binary).rdbuf();
  return file.str();
}

std::vector<fs::path> files() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(test::tree("golden/intake"))) all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

std::string notify_words(unsigned notify) {
  if (notify == mail::kNotifyUnspecified) return "";
  std::string words;
  if ((notify & mail::kNotifyNever) != 0) words += ",never";
  if ((notify & mail::kNotifySuccess) != 0) words += ",success";
  if ((notify & mail::kNotifyFailure) != 0) words += ",failure";
  if ((notify & mail::kNotifyDelay) != 0) words += ",delay";
  return " notify=" + words.substr(1);
}

std::string envelope_text(const Stored& stored) {
  const mail::Envelope& envelope = stored.envelope;
  std::string text = "stored: from <" + shown(envelope.sender) + ">";
  if (envelope.ret != mail::Return::unspecified) text += envelope.ret == mail::Return::full ? " ret=full" : " ret=hdrs";
  if (!envelope.envid.empty()) text += " envid=" + shown(envelope.envid);
  if (stored.body == mail::BodyType::eight_bit) text += " 8-bit";
  if (envelope.smtputf8) text += " smtputf8";
  text += "\n";
  for (const mail::Recipient& recipient : envelope.recipients) {
    text += "to <" + shown(recipient.address) + ">" + notify_words(recipient.notify);
    if (!recipient.orcpt.empty()) text += " orcpt=" + shown(recipient.orcpt);
    text += "\n";
  }
  for (const std::string& unread : envelope.unread) text += "unread " + shown(unread) + "\n";
  return text;
}

/// One line a reply, its first; what EHLO offers is for other tests.
std::string reply_lines(std::string_view replies) {
  std::string lines;
  bool continued = false;
  while (!replies.empty()) {
    const std::string_view line = replies.substr(0, replies.find('\n'));
    replies.remove_prefix(std::min(line.size() + 1, replies.size()));
    if (!continued) lines += "reply: " + shown(trim(line)) + "\n";
    continued = line.size() > 3 && line[3] == '-';
  }
  return lines;
}

std::string outcome(const Call& call, const CameOf& came) {
  std::string text;
  if (call.door == "sendmail") text = "exit: " + std::to_string(came.exit) + " " + shown(came.words) + "\n";
  text += reply_lines(came.replies);
  for (const Stored& stored : came.stored) text += envelope_text(stored) + "text:\n" + shown_lines(stored.text);
  return text;
}

bool same_mail(const CameOf& a, const CameOf& b) {
  return std::ranges::equal(a.stored, b.stored, [](const Stored& one, const Stored& other) {
    return envelope_text(one) == envelope_text(other) && one.text == other.text && one.wire_size == other.wire_size;
  });
}

/// What the daemon logged behind the first `before` lines, but for what says no more than replies and envelopes do.
std::string log_lines(std::size_t before) {
  std::string lines;
  for (const std::string& line : test::logged() | std::views::drop(before)) {
    if (line.find("accepted from=") != std::string::npos || line.starts_with("refused client=")) continue;
    lines += "log: " + shown(line) + "\n";
  }
  return lines;
}

/// By the socket, and where a drop without a daemon gives anything else, that as well.
std::string all_outcomes(const Call& call) {
  const std::size_t logged = test::logged().size();
  const CameOf came = hand_in(call);
  std::string text = outcome(call, came) + log_lines(logged);
  if (call.door != "sendmail" || !came.replies.empty()) return text;
  const CameOf dropped = drop_and_pick_up(call);
  const bool alike = (came.exit == 0) == (dropped.exit == 0) && same_mail(came, dropped);
  return alike ? text : text + "\ndropped while there is no daemon:\n" + outcome(call, dropped);
}

TEST(IntakeGolden, WhatProgramsHandInIsStoredAsItWas) {
  const test::ExpectLog any("");
  log(Level::info, "the golden set", {});
  for (const fs::path& path : files()) {
    SCOPED_TRACE(path.filename());
    const std::string file = content_of(path);
    const auto call = parse_call(file);
    ASSERT_TRUE(call) << "it is no call";
    const std::string text = format_call(*call) + all_outcomes(*call);
    if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << text;
    } else {
      EXPECT_EQ(text, file);
    }
  }
}

TEST(IntakeGolden, TheSetIsLargeAndEachOfItsCallsIsAnother) {
  std::set<std::string> facts;
  std::set<std::string> calls;
  std::set<std::string> doors;
  for (const fs::path& path : files()) {
    const auto call = parse_call(content_of(path));
    ASSERT_TRUE(call) << path;
    EXPECT_TRUE(facts.insert(call->what).second) << path << ": another says so too: " << call->what;
    Call unnamed = *call;
    unnamed.what = "x";
    EXPECT_TRUE(calls.insert(format_call(unnamed)).second) << path << ": another hands in the same";
    const bool session = std::ranges::find(call->arguments, "-bs") != call->arguments.end();
    doors.insert(session ? "-bs" : call->door);
  }
  EXPECT_GE(calls.size(), 140U);
  EXPECT_EQ(doors, (std::set<std::string>{"-bs", "sendmail", "smtp"}));
}

}  // namespace
}  // namespace postern::shim
