#include "relay/learnt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::relay {
namespace {

Learnt nothing_learnt() { return Learnt{SiteNotes(nullptr, Smarthost())}; }

mail::Envelope to(const std::vector<std::string>& addresses) {
  mail::Envelope envelope;
  for (const std::string& address : addresses) {
    mail::Recipient recipient;
    recipient.address = address;
    envelope.recipients.push_back(recipient);
  }
  return envelope;
}

TEST(Learnt, TheControlAddressIsTheLastThatWasTakenAndNoneOfTheMessages) {
  Learnt learnt = nothing_learnt();
  EXPECT_EQ(learnt.control_address(to({"a@x"}), ""), "");
  learnt.note_taken("b@x");
  learnt.note_taken("c@x");
  EXPECT_EQ(learnt.control_address(to({"a@x"}), "own@x"), "c@x");
  EXPECT_EQ(learnt.control_address(to({"a@x", "C@X"}), "own@x"), "b@x");
  EXPECT_EQ(learnt.control_address(to({"b@x", "c@x"}), "own@x"), "own@x");
  EXPECT_EQ(learnt.control_address(to({"b@x", "c@x", "Own@x"}), "own@x"), "");
  learnt.note_taken("b@x");
  EXPECT_EQ(learnt.control_address(to({}), ""), "b@x");
  EXPECT_EQ(learnt.control_address(to({"b@x"}), ""), "c@x");
}

TEST(Learnt, AFewAddressesAreRememberedHoweverManyWereTaken) {
  Learnt learnt = nothing_learnt();
  for (int i = 0; i < 1000; ++i) learnt.note_taken("user" + std::to_string(i) + "@x");
  EXPECT_LE(learnt.taken.size(), 4U);
  EXPECT_EQ(learnt.taken.front(), "user999@x");
}

TEST(Learnt, NoAddressIsAskedForThatNeedsAnExtensionOrIsNone) {
  for (const std::string& address :
       {std::string(), std::string("root"), std::string("@x"), std::string("a@"), std::string("\xC3\xA9@x"),
        std::string("a@x\r\nDATA"), std::string("\"a b\"@x"), "a@" + std::string(300, 'x'), std::string("a>@x")}) {
    Learnt learnt = nothing_learnt();
    learnt.note_taken(address);
    EXPECT_TRUE(learnt.taken.empty()) << address;
    EXPECT_EQ(learnt.control_address(to({"b@x"}), address), "") << address;
  }
}

}  // namespace
}  // namespace postern::relay
