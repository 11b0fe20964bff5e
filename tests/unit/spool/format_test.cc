// The queue file: versions 1 and 2 must be read for ever, and no damage may pass for a message.
#include "spool/format.h"

#include "spool/fields.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::spool {
namespace {

const std::string kMessage = "From: alice@example.com\nSubject: hi\n\nbody\n";

mail::Envelope full_envelope() {
  mail::Envelope made;
  made.id = *QueueId::parse("0123456789abcdef");
  made.accepted = made.id.accepted();
  made.source.kind = mail::Source::Kind::smtp;
  made.source.peer = "127.0.0.1:51122";
  made.source.uid = 33;
  made.source.helo = "app1";
  made.sender = "alice@example.com";
  made.recipients.resize(2);
  made.recipients[0].address = "bob@example.net";
  made.recipients[0].notify = mail::kNotifySuccess | mail::kNotifyFailure;
  made.recipients[0].orcpt = "rfc822;bob+40example.net";
  made.recipients[1].address = "\"odd > \\\" name\"@example.org";
  made.envid = "QQ314159";
  made.ret = mail::Return::headers;
  made.body = mail::BodyType::eight_bit;
  made.text = mail::TextFacts{true, false, true};
  made.smtputf8 = true;
  made.size = kMessage.size();
  made.wire_size = kMessage.size() + 4;
  return made;
}

std::string file(const mail::Envelope& given, const std::string& message = kMessage) {
  const std::string text = *envelope_text(given);
  return text + checksum_text(checksum(message, text)) + message;
}

LogLine line(mail::Verdict verdict) {
  return LogLine{full_envelope().accepted, "bob@example.net", mail::Status{verdict, 451, "4.3.0", "try again later"}};
}

std::string read_golden(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(QueueFile, HasTheUserWhoHeldTheOtherEndOfAConnectionWhereverTheLineStands) {
  for (const std::uint32_t uid : {0U, 1000U, 4294967294U}) {
    mail::Envelope made = full_envelope();
    made.source.uid.reset();
    made.source.holder = uid;
    const std::string text = *envelope_text(made);
    EXPECT_TRUE(text.starts_with("postern-spool: 1\n")) << "a program of before reads it, and leaves that out";
    const std::string line = "holder: " + std::to_string(uid) + "\n";
    const std::size_t at = text.find(line);
    ASSERT_NE(at, std::string::npos) << text;
    std::string moved = text;
    moved.erase(at, line.size()).insert(text.find("source: "), line);
    for (const std::string& head : {text, moved}) {
      const auto parsed = parse_file(head + checksum_text(checksum(kMessage, head)) + kMessage);
      ASSERT_TRUE(parsed) << head;
      EXPECT_EQ(parsed->head.envelope.source.holder, uid);
      EXPECT_FALSE(parsed->head.envelope.source.uid);
    }
  }
  for (const std::string value : {"", "-1", "4294967295", "4294967296", "alice", "1 2"}) {
    std::string head = *envelope_text(full_envelope());
    head.insert(head.find("from: "), "holder: " + value + "\n");
    EXPECT_FALSE(parse_file(head + checksum_text(checksum(kMessage, head)) + kMessage)) << value;
  }
}

TEST(QueueFile, EverythingWrittenReadsBackTheSame) {
  const auto parsed = parse_file(file(full_envelope()) + *log_text(line(mail::Verdict::deferred)));
  ASSERT_TRUE(parsed) << parsed.error().text;
  const mail::Envelope& back = parsed->head.envelope;
  EXPECT_EQ(back.id, full_envelope().id);
  EXPECT_EQ(back.accepted, full_envelope().accepted);
  EXPECT_EQ(back.source.kind, mail::Source::Kind::smtp);
  EXPECT_EQ(back.source.peer, "127.0.0.1:51122");
  EXPECT_EQ(back.source.uid, 33U);
  EXPECT_EQ(back.source.helo, "app1");
  EXPECT_EQ(back.sender, "alice@example.com");
  ASSERT_EQ(back.recipients.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back.recipients[i].address, full_envelope().recipients[i].address);
    EXPECT_EQ(back.recipients[i].notify, full_envelope().recipients[i].notify);
    EXPECT_EQ(back.recipients[i].orcpt, full_envelope().recipients[i].orcpt);
  }
  EXPECT_EQ(back.envid, "QQ314159");
  EXPECT_EQ(back.ret, mail::Return::headers);
  EXPECT_EQ(back.body, mail::BodyType::eight_bit);
  EXPECT_EQ(back.text, full_envelope().text);
  EXPECT_TRUE(back.smtputf8);
  EXPECT_EQ(back.size, kMessage.size());
  EXPECT_EQ(back.wire_size, kMessage.size() + 4);
  ASSERT_EQ(parsed->log.lines.size(), 1U);
  EXPECT_EQ(parsed->log.lines[0].recipient, "bob@example.net");
  EXPECT_EQ(parsed->log.lines[0].status.text, "try again later");
}

TEST(QueueFile, P33_GoldenFilesOfEveryVersionAreReadForEver) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::tree("golden/spool"))) {
    const std::string bytes = read_golden(entry.path());
    const auto parsed = parse_file(bytes);
    ASSERT_TRUE(parsed) << entry.path() << ": " << parsed.error().text;
    EXPECT_FALSE(parsed->head.envelope.recipients.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 6U);
}

TEST(QueueFile, P33_OfAGoldenFileWhatCouldNotBeReadIsReadForEver) {
  const auto parsed = parse_file(read_golden(test::tree("golden/spool/unread")));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->head.envelope.unread, (std::vector<std::string>{"Web Team (sales", "(and 3 more)"}));
  EXPECT_EQ(parsed->head.envelope.recipients.size(), 2U);
  ASSERT_EQ(parsed->log.lines.size(), 2U);
  EXPECT_EQ(parsed->log.lines[0].recipient, "");
  EXPECT_EQ(parsed->log.lines[0].note, Note::untold);
}

TEST(QueueFile, OnlyWhatCouldNotBeReadMakesItVersionTwo) {
  mail::Envelope with = full_envelope();
  EXPECT_TRUE(file(with).starts_with("postern-spool: 1\n"));
  with.unread = {"Web Team (sales", "<>", "\xC3\xBC"};
  const std::string bytes = file(with);
  EXPECT_TRUE(bytes.starts_with("postern-spool: 2\n"));
  const auto parsed = parse_file(bytes);
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->head.envelope.unread, with.unread);
  with.unread = {"a\nto: <b@c>"};
  EXPECT_FALSE(envelope_text(with)) << "no line can be smuggled in";
}

TEST(QueueFile, HoldsWhatCouldNotBeReadToItsBounds) {
  const auto readable = [](const std::vector<std::string>& unread) {
    mail::Envelope with = full_envelope();
    with.unread = unread;
    return parse_file(file(with)).has_value();
  };
  EXPECT_TRUE(readable(std::vector<std::string>(mail::kMostUnread, "x")));
  EXPECT_FALSE(readable(std::vector<std::string>(mail::kMostUnread + 1, "x")));
  EXPECT_TRUE(readable({std::string(mail::kLongestUnread, 'x')}));
  EXPECT_FALSE(readable({std::string(mail::kLongestUnread + 1, 'x')}));
  EXPECT_FALSE(readable({""}));
}

TEST(QueueFile, P33_OfAGoldenFileTheDoubtIsReadForEver) {
  const auto parsed = parse_file(read_golden(test::tree("golden/spool/doubtful")));
  ASSERT_TRUE(parsed) << parsed.error().text;
  const std::vector<Note> notes = {Note::doubtful, Note::doubtful, Note::warned, Note::doubtful};
  ASSERT_EQ(parsed->log.lines.size(), notes.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const LogLine& line = parsed->log.lines[i];
    EXPECT_EQ(line.note, notes[i]) << i;
    EXPECT_EQ(line.status.verdict, mail::Verdict::deferred);
    EXPECT_EQ(mail::to_text(line.status), "554 5.7.1 refused by policy");
  }
}

TEST(QueueFile, P33_OfAGoldenFileThatItWaitsForOthersIsReadForEver) {
  const auto parsed = parse_file(read_golden(test::tree("golden/spool/storm")));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_TRUE(parsed->log.lines.empty());
  const StormWait wait{*parse_rfc3339("2026-11-23T17:14:05.123Z"), "0123456789abcdef0123456789abcdef"};
  EXPECT_EQ(parsed->log.storm, wait);
  EXPECT_EQ(parsed->log.storm_over, std::nullopt);
}

TEST(QueueFile, TellsSinceWhenItWaitsForOthersNoMore) {
  const WallTime then = *parse_rfc3339("2026-11-23T17:14:05.123Z");
  const std::string waits = *storm_text(then - Seconds(600), StormWait{then, "0123"});
  const std::string over = *storm_text(then, std::nullopt);
  EXPECT_EQ(parse_log("")->storm_over, std::nullopt);
  EXPECT_EQ(parse_log(waits)->storm_over, std::nullopt);
  EXPECT_EQ(parse_log(waits + over)->storm_over, then);
  EXPECT_EQ(parse_log(waits + over)->storm, std::nullopt);
  EXPECT_EQ(parse_log(waits + over + waits)->storm_over, std::nullopt);
  EXPECT_EQ(parse_log(waits + "log: 2026-11-23T17:14:05.123Z storm nonsense\n")->storm_over, std::nullopt);
}

TEST(QueueFile, OfADamagedEnvelopeEachWholeLineIsStillRead) {
  const std::string whole = file(full_envelope());
  const QueueId id = full_envelope().id;
  EXPECT_EQ(salvage_envelope(whole, id).recipients.size(), 2U);
  EXPECT_TRUE(salvage_envelope(whole, *QueueId::parse("0123456789abcdeg")).recipients.empty()) << "another's file";
  for (std::size_t at = 0; at < find_envelope_end(whole); ++at) {
    std::string spoilt = whole;
    spoilt[at] = '\0';
    const mail::Envelope read = salvage_envelope(spoilt, id);
    if (read.id != id) continue;  // the line of the id, or the LF before it
    for (const mail::Recipient& one : read.recipients) EXPECT_EQ(read.sender, "alice@example.com") << at << one.address;
    EXPECT_EQ(read.source.uid.value_or(33), 33U) << at;
  }
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const mail::Envelope read = salvage_envelope(std::string_view(whole).substr(0, cut), id);
    EXPECT_LE(read.recipients.size(), 2U);
  }
  // What stands behind the envelope is anybody's text.
  const std::string text = "postern-spool: 1\nid: 0123456789abcdef\n\nsource: uid=0 pid=1\nfrom: <root@x>\nto: <a@b>\n";
  EXPECT_TRUE(salvage_envelope(text, id).recipients.empty());
  EXPECT_FALSE(salvage_envelope(text, id).source.uid);
}

TEST(QueueFile, P30_EveryFlippedBitIsDetected) {
  const std::string good = file(full_envelope());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ 1U << bit);
      const auto parsed = parse_file(bad);
      ASSERT_FALSE(parsed) << "byte " << at << " bit " << bit;
      ASSERT_TRUE(parsed.error().failure == Failure::corrupt || parsed.error().failure == Failure::newer);
    }
  }
}

TEST(QueueFile, P30_EveryTruncationIsDetected) {
  const std::string good = file(full_envelope());
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto parsed = parse_file(good.substr(0, length));
    ASSERT_FALSE(parsed) << length;
    ASSERT_EQ(parsed.error().failure, Failure::corrupt) << length;
  }
}

TEST(QueueFile, P30_EveryInsertedRemovedOrRepeatedByteIsDetected) {
  const std::string good = file(full_envelope());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'\0', '\n', 'x', ' '}) {
      const std::string longer = good.substr(0, at) + c + good.substr(at);
      if (longer != good.substr(0, at + 1) + c + good.substr(at + 1) || at + 1 < good.size()) {
        ASSERT_FALSE(parse_file(longer)) << at;
      }
    }
    if (at + 1 < good.size() || good[at] != good.back()) {
      ASSERT_FALSE(parse_file(good.substr(0, at) + good.substr(at + 1))) << at;
    }
  }
}

TEST(QueueFile, P30_AHoleIsDetected) {
  const std::string message = std::string(20'000, 'x') + "\n";
  mail::Envelope given = full_envelope();
  given.size = message.size();
  std::string bad = file(given, message);
  ASSERT_TRUE(parse_file(bad));
  bad.replace(8192, 4096, std::string(4096, '\0'));
  EXPECT_FALSE(parse_file(bad));
}

TEST(QueueFile, P30_ZerosAndBlocksThatChangedPlacesAreDetected) {
  std::string message;
  for (int line = 0; message.size() < 20'000; ++line) message += "line " + std::to_string(line) + "\n";
  mail::Envelope given = full_envelope();
  given.size = message.size();
  const std::string good = file(given, message);
  ASSERT_TRUE(parse_file(good));
  EXPECT_EQ(parse_file(std::string(good.size(), '\0')).error().failure, Failure::corrupt);
  constexpr std::size_t kBlock = 4096;
  for (std::size_t one = 0; one + kBlock <= good.size(); one += kBlock) {
    for (std::size_t other = one + kBlock; other + kBlock <= good.size(); other += kBlock) {
      std::string bad = good;
      bad.replace(one, kBlock, good, other, kBlock);
      bad.replace(other, kBlock, good, one, kBlock);
      EXPECT_EQ(parse_file(bad).error().failure, Failure::corrupt) << one << ' ' << other;
    }
  }
}

TEST(QueueFile, P30_WhatFollowsTheMessageMustBeLogLinesOrATornTail) {
  const std::string good = file(full_envelope());
  EXPECT_FALSE(parse_file(good + "more\n"));
  EXPECT_FALSE(parse_file(good + "\n"));
  const std::string log = *log_text(line(mail::Verdict::deferred)) + *log_text(line(mail::Verdict::delivered));
  for (std::size_t length = 0; length <= log.size(); ++length) {
    const auto parsed = parse_file(good + log.substr(0, length));
    ASSERT_TRUE(parsed) << length;
    const std::string kept = log.substr(0, length);
    EXPECT_EQ(parsed->log.lines.size(), static_cast<std::size_t>(std::ranges::count(kept, '\n')));
    EXPECT_EQ(parsed->log.length, kept.rfind('\n') == std::string::npos ? 0 : kept.rfind('\n') + 1);
  }
  const auto zeros = parse_file(good + std::string(100, '\0'));
  ASSERT_TRUE(zeros);
  EXPECT_EQ(zeros->log.length, 0U);
}

TEST(QueueFile, LaterKeysAndLogKindsAreSkipped) {
  std::string text = *envelope_text(full_envelope()) + "requiretls: yes\n";
  const std::string later = text + checksum_text(checksum(kMessage, text)) + kMessage;
  EXPECT_TRUE(parse_file(later));
  const auto parsed =
      parse_file(later + "log: 2026-11-23T00:00:00.000Z <bob@example.net> considered 1 2 3\nlog: note\n");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->log.lines.empty());
}

TEST(QueueFile, P33_AHigherVersionIsNewerWhateverFollows) {
  for (const std::string rest : {"", "anything\n", "\x01\x02\n\n"}) {
    EXPECT_EQ(parse_file("postern-spool: 3\n" + rest).error().failure, Failure::newer);
    EXPECT_EQ(parse_file("postern-spool: 10\n" + rest).error().failure, Failure::newer);
    for (const std::string version : {"0", "", "-1", "01", "2x", "x"}) {
      EXPECT_EQ(parse_file("postern-spool: " + version + "\n" + rest).error().failure, Failure::corrupt) << version;
    }
  }
}

TEST(QueueFile, P30_NoControlByteEntersAField) {
  for (int c = 0; c < 32; ++c) {
    const std::string bad = std::string("a") + static_cast<char>(c) + "to: <evil@example.com>";
    mail::Envelope given = full_envelope();
    given.sender = bad;
    EXPECT_EQ(envelope_text(given).error().failure, Failure::invalid) << c;
    given = full_envelope();
    given.recipients[0].address = bad;
    EXPECT_EQ(envelope_text(given).error().failure, Failure::invalid) << c;
    given = full_envelope();
    given.recipients[0].orcpt = bad;
    EXPECT_EQ(envelope_text(given).error().failure, Failure::invalid) << c;
    given = full_envelope();
    given.envid = bad;
    EXPECT_EQ(envelope_text(given).error().failure, Failure::invalid) << c;
    given = full_envelope();
    given.source.helo = bad;  // the client's word: made printable
    given.size = kMessage.size();
    const auto parsed = parse_file(file(given));
    ASSERT_TRUE(parsed) << c;
    EXPECT_EQ(parsed->head.envelope.recipients.size(), 2U);
    LogLine hostile = line(mail::Verdict::failed);
    hostile.status.text = "no\nlog: 2026-11-23T00:00:00.000Z <carol@example.org> delivered 250 2.0.0 Ok";
    EXPECT_EQ(std::ranges::count(*log_text(hostile), '\n'), 1);
  }
}

TEST(QueueFile, AnAddressThatWouldNotReadBackIsRefused) {
  for (const std::string address : {"a>b", "a\"b", "a> NOTIFY=NEVER", "\"unfinished"}) {
    EXPECT_FALSE(path_text(address)) << address;
  }
}

TEST(QueueFile, TheNumbersKnownAtTheEndDoNotChangeTheLength) {
  mail::Envelope before = full_envelope();
  before.size = before.wire_size = 0;
  before.body = mail::BodyType::seven_bit;
  mail::Envelope after = full_envelope();
  after.size = after.wire_size = 999'999'999'999;
  EXPECT_EQ(envelope_text(before)->size(), envelope_text(after)->size());
}

TEST(QueueFile, EachFactOfTheTextReadsBackAndTakesTheSameRoom) {
  const std::size_t length = envelope_text(full_envelope())->size();
  for (unsigned bits = 0; bits < 8; ++bits) {
    mail::Envelope given = full_envelope();
    given.text = mail::TextFacts{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
    EXPECT_EQ(envelope_text(given)->size(), length) << bits;
    const auto parsed = parse_file(file(given));
    ASSERT_TRUE(parsed) << bits;
    EXPECT_EQ(parsed->head.envelope.text, given.text) << bits;
  }
}

TEST(QueueFile, FactsThatAreMissingAreNotKnownAndThoseThatAreHalfUnderstoodAreDamage) {
  mail::Envelope given = full_envelope();
  given.text.reset();
  const auto parsed = parse_file(file(given));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->head.envelope.text);
  EXPECT_TRUE(parse_text_facts("header=7bit body=8bit long-lines=none later=word"));
  for (const std::string_view bad : {"", "header=7bit", "header=7bit body=8bit",
                                     "header=9bit body=8bit long-lines=none", "header=7bit body=8bit long-lines=",
                                     "header=7bit body=8bit long-lines=none "
                                     "header=7bit"}) {
    EXPECT_FALSE(parse_text_facts(bad)) << bad;
  }
}

/// What the released programs of version 1 do with a key that they do not know, and so with `text`.
TEST(QueueFile, TheFactsAreALineThatNothingElseHangsOn) {
  const std::string with = *envelope_text(full_envelope());
  const std::size_t begin = with.find("text: ");
  ASSERT_NE(begin, std::string::npos);
  std::string unknown = with;
  unknown.replace(begin, 4, "texx");  // a key of the same length
  const auto parsed = parse_file(unknown + checksum_text(checksum(kMessage, unknown)) + kMessage);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->head.envelope.text);
  EXPECT_EQ(parsed->head.envelope.recipients.size(), 2U);
  EXPECT_TRUE(parsed->head.envelope.smtputf8);
}

}  // namespace
}  // namespace postern::spool
