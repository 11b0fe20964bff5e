#include "queue/sender.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::queue {
namespace {

Sender sender(const std::string& path, const std::string& header) {
  mail::Envelope envelope;
  envelope.sender = path;
  return sender_of(envelope, header + "Subject: x\n\nFrom: body@example.com\n");
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

TEST(Sender, WhateverStandsInFromIsBoundedAndPrintable) {
  for (const std::string& from : {std::string(100'000, 'a'), std::string("\x1b[31m\xff <<@@,;:"),
                                  std::string(5000, ','), std::string("a@b, ") + std::string(5000, 'x') + "@c"}) {
    const Sender one = sender("alice@example.com", "From: " + from + "\n");
    EXPECT_LE(one.key.size(), 300U);
    EXPECT_LE(one.shown.size(), 200U);
    EXPECT_EQ(one.shown.find('\x1b'), std::string::npos);
    EXPECT_NE(one, sender("alice@example.com", "From: " + from + "y\n")) << "none is taken for another";
  }
}

}  // namespace
}  // namespace postern::queue
