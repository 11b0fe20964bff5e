#include "queue/sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

Sender sender(const std::string& path, const std::string& header) {
  mail::Envelope envelope;
  envelope.sender = path;
  const std::string text = header + "Subject: x\n\nFrom: body@example.com\n";
  return sender_of(envelope, mail::parse_headers(text));
}

TEST(Sender, IsTheReversePathAndTheFromFieldByTheirMailboxes) {
  const Sender alice = sender("alice@example.com", "From: Alice <alice@example.com>\n");
  EXPECT_EQ(alice.shown, "alice@example.com");
  for (const char* same : {"From: alice@example.com\n", "FROM: \"A. L.\"\n <alice@EXAMPLE.com> (me)\n",
                           "From: alice@example.com\nFrom: mallory@example.com\n"}) {
    EXPECT_EQ(sender("alice@Example.COM", same).key, alice.key) << same;
  }
  for (const char* other : {"From: Alice@example.com\n", "From: bob@example.com\n", "", "From: \n",
                            "From: alice@example.com, bob@example.com\n", "Sender: alice@example.com\n"}) {
    EXPECT_NE(sender("alice@example.com", other).key, alice.key) << other;
  }
  EXPECT_NE(sender("", "From: alice@example.com\n").key, alice.key);
  EXPECT_EQ(sender("bob@example.com", "From: alice@example.com\n").shown, "bob@example.com, From alice@example.com");
  EXPECT_EQ(sender("", "").shown, "<>");
}

TEST(Sender, IsOnePartysThoughTheSmarthostSeesNoDifference) {
  const auto of = [](mail::Source::Kind kind, std::optional<std::uint32_t> uid) {
    mail::Envelope envelope;
    envelope.sender = "alice@example.com";
    envelope.source.kind = kind;
    envelope.source.uid = uid;
    return sender_of(envelope, mail::parse_headers("From: alice@example.com\n\n"));
  };
  using Kind = mail::Source::Kind;
  const std::vector<Sender> all = {of(Kind::local, 0), of(Kind::local, 1000), of(Kind::smtp, std::nullopt),
                                   of(Kind::daemon, std::nullopt)};
  for (const Sender& one : all) {
    EXPECT_EQ(one.name, all[0].name);
    EXPECT_EQ(std::ranges::count(all, one.key, &Sender::key), 1);
  }
  EXPECT_EQ(of(Kind::smtp, 1000).key, all[1].key) << "whichever way it came";
}

TEST(Sender, WhateverStandsInFromIsBoundedAndPrintable) {
  for (const std::string& from : {std::string(100'000, 'a'), std::string("\x1b[31m\xff <<@@,;:"),
                                  std::string(5000, ','), std::string("a@b, ") + std::string(5000, 'x') + "@c"}) {
    const Sender one = sender("alice@example.com", "From: " + from + "\n");
    EXPECT_LE(one.key.size(), 320U);
    EXPECT_LE(one.name.size(), 300U);
    EXPECT_LE(one.shown.size(), 200U);
    EXPECT_EQ(one.shown.find('\x1b'), std::string::npos);
    EXPECT_NE(one, sender("alice@example.com", "From: " + from + "y\n")) << "none is taken for another";
  }
}

}  // namespace
}  // namespace postern::queue
