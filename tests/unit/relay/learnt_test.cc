#include "relay/learnt.h"

#include <gtest/gtest.h>

#include <memory>
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

const Home kHome{"own@home", "me@mine"};

/// The address that is asked about for a message to these; all of them are refused.
std::string asked_for(const Learnt& learnt, const std::vector<std::string>& refused, const Home& home = kHome) {
  const auto control = learnt.control(to(refused), home, refused);
  return control ? control->address : std::string();
}

TEST(Learnt, TheControlAddressIsTheLastThatWasTakenAndNoneOfTheMessages) {
  Learnt learnt = nothing_learnt();
  EXPECT_EQ(asked_for(learnt, {"a@x"}), "");
  learnt.note_taken("b@x", kHome);
  learnt.note_taken("c@x", kHome);
  EXPECT_EQ(asked_for(learnt, {"a@x"}), "c@x");
  EXPECT_EQ(asked_for(learnt, {"a@x", "C@X"}), "b@x");
  EXPECT_EQ(asked_for(learnt, {"b@x", "c@x"}), "");
  learnt.note_taken("b@x", kHome);
  EXPECT_EQ(asked_for(learnt, {"a@x"}), "b@x");
  EXPECT_EQ(asked_for(learnt, {"b@x"}), "c@x");
}

TEST(Learnt, AnAddressAtHomeSpeaksForItsDomainAlone) {
  Learnt learnt = nothing_learnt();
  EXPECT_EQ(asked_for(learnt, {"a@x"}), "") << "an account that may send only to its own domain";
  EXPECT_EQ(asked_for(learnt, {"a@HOME"}), "own@home");
  EXPECT_EQ(asked_for(learnt, {"own@home"}), "");
  EXPECT_EQ(asked_for(learnt, {"a@x", "b@home"}), "own@home");
  for (const std::string at_home : {"b@home", "b@mine"}) {
    learnt.note_taken(at_home, kHome);
    EXPECT_EQ(asked_for(learnt, {"a@x"}), "") << at_home;
    EXPECT_EQ(asked_for(learnt, {"a@" + at_home.substr(2)}), at_home);
  }
  EXPECT_EQ(asked_for(learnt, {"a@x"}, Home{"apikey", ""}), "") << "it was taken from a sender of that domain";
  const auto control = learnt.control(to({"a@x", "b@home"}), kHome, {"a@x", "b@home"});
  ASSERT_TRUE(control);
  EXPECT_TRUE(control->speaks_for("b@home"));
  EXPECT_FALSE(control->speaks_for("a@x"));
  learnt.note_taken("c@z", kHome);
  EXPECT_EQ(asked_for(learnt, {"a@x", "b@home"}), "c@z") << "one elsewhere speaks for everybody";
  EXPECT_EQ(asked_for(learnt, {"a@x"}, Home{"apikey", "me@z"}), "") << "what is elsewhere for one is home for another";
}

TEST(Learnt, WithoutALoginEachAddressSpeaksForItsDomainAlone) {
  Learnt learnt = nothing_learnt();
  const Home nobody{"", "root@host.lan", false};
  learnt.note_taken("bob@company.example", nobody);
  EXPECT_EQ(asked_for(learnt, {"a@x"}, nobody), "") << "it may be the server's own domain";
  EXPECT_EQ(asked_for(learnt, {"a@company.example"}, nobody), "bob@company.example");
  EXPECT_EQ(asked_for(learnt, {"a@x"}, Home{"me@lan", "root@host.lan"}), "bob@company.example");
  EXPECT_EQ(asked_for(learnt, {"a@x"}, Home{"", "root@host.lan"}), "") << "nor is it known of a login without a domain";
  learnt.note_taken("c@x", nobody);
  EXPECT_EQ(asked_for(learnt, {"a@x"}, nobody), "c@x");
  EXPECT_EQ(asked_for(learnt, {"a@company.example"}, nobody), "bob@company.example");
  const auto store = std::make_shared<VolatileMemory>();
  SiteNotes(store, Smarthost()).note_taken("bob@company.example");
  EXPECT_EQ(asked_for(Learnt{SiteNotes(store, Smarthost())}, {"a@x"}, nobody), "");
}

TEST(Learnt, WhatIsAboveOrBelowADomainOfHomeIsHome) {
  struct Row {
    Home home;
    std::string taken;
    bool elsewhere;
  };
  const std::vector<Row> rows = {
      {{"relay", "root@web1.corp.example"}, "ops@corp.example", false},
      {{"CORP\\web1", "root@web1.corp.example"}, "ops@corp.example", false},
      {{"alice@corp.example", ""}, "ops@lists.corp.example", false},
      {{"alice@corp.example", ""}, "ops@Corp.Example", false},
      {{"alice@mail.corp.example", ""}, "ops@corp.example", false},
      {{"alice@corp.example", "root@web1.other.example"}, "ops@other.example", false},
      {{"alice@corp.example", "", true, "smtp.hosted.example"}, "ops@hosted.example", false},
      {{"alice@corp.example", "", true, "smtp.hosted.example"}, "ops@x.smtp.hosted.example", false},
      {{"alice@corp.example", "", true, "smtp.hosted.example"}, "ops@another.example", true},
      {{"alice@corp.example", ""}, "ops@notcorp.example", true},
      {{"alice@corp.example", ""}, "ops@corp.example.net", true},
      {{"alice@corp.example", "", true, ""}, "ops@gmail.com", true},
  };
  for (const Row& row : rows) {
    Learnt learnt = nothing_learnt();
    learnt.note_taken(row.taken, row.home);
    EXPECT_EQ(asked_for(learnt, {"x@far.away"}, row.home), row.elsewhere ? row.taken : "") << row.taken;
    const std::string same = "x" + row.taken.substr(row.taken.find('@'));
    EXPECT_EQ(asked_for(learnt, {same}, row.home), row.taken) << "it speaks for its own domain";
  }
}

TEST(Learnt, WhereNobodyWouldFailAnyKnownAddressWillDo) {
  Learnt learnt = nothing_learnt();
  const auto any = [&](const Home& home) {
    const auto control = learnt.control(to({"a@x"}), home, {});
    return control ? control->address : std::string();
  };
  EXPECT_EQ(any(Home{"", "me@mine", false}), "");
  EXPECT_EQ(any(kHome), "own@home");
  learnt.note_taken("b@mine", kHome);
  EXPECT_EQ(any(kHome), "b@mine");
  EXPECT_EQ(any(Home{"", "me@mine", false}), "b@mine");
}

TEST(Learnt, LimitsAreBelievedForADay) {
  Limit limit;
  const SteadyTime start = SteadyTime(Seconds(1'000'000));
  EXPECT_EQ(limit.at(start), SIZE_MAX);
  for (const std::size_t number : {7U, 3U, 5U}) {
    limit.found(number, start);
    EXPECT_EQ(limit.at(start), number);
    EXPECT_EQ(limit.at(start + Seconds(24 * 3600 - 1)), number);
    EXPECT_EQ(limit.at(start + Seconds(24 * 3600)), SIZE_MAX);
  }
}

TEST(Learnt, OneAddressElsewhereIsKnownAfterARestart) {
  const auto store = std::make_shared<VolatileMemory>();
  Learnt learnt{SiteNotes(store, Smarthost())};
  learnt.note_taken("b@home", kHome);
  EXPECT_EQ(asked_for(Learnt{SiteNotes(store, Smarthost())}, {"a@home"}), "own@home");
  for (int i = 0; i < 5; ++i) learnt.note_taken("user" + std::to_string(i) + "@x", kHome);
  const Learnt later{SiteNotes(store, Smarthost())};
  EXPECT_EQ(asked_for(later, {"a@y"}), "user0@x");
  EXPECT_EQ(asked_for(later, {"user0@x"}), "");
  EXPECT_EQ(asked_for(later, {"a@y"}, Home{"own@x", ""}), "") << "the account has moved";
  SiteNotes(store, Smarthost()).note_taken("a@x\r\nDATA");
  EXPECT_EQ(asked_for(later, {"a@y"}), "") << "files are not believed";
}

TEST(Learnt, AFewAddressesAreRememberedHoweverManyWereTaken) {
  Learnt learnt = nothing_learnt();
  for (int i = 0; i < 1000; ++i) learnt.note_taken("user" + std::to_string(i) + "@x", kHome);
  EXPECT_LE(learnt.taken.size(), 4U);
  EXPECT_EQ(learnt.taken.front(), "user999@x");
}

TEST(Learnt, NoAddressIsAskedForThatNeedsAnExtensionOrIsNone) {
  for (const std::string& address :
       {std::string(), std::string("root"), std::string("@x"), std::string("a@"), std::string("\xC3\xA9@x"),
        std::string("a@x\r\nDATA"), std::string("\"a b\"@x"), "a@" + std::string(300, 'x'), std::string("a>@x")}) {
    Learnt learnt = nothing_learnt();
    learnt.note_taken(address, kHome);
    EXPECT_TRUE(learnt.taken.empty()) << address;
    EXPECT_EQ(asked_for(learnt, {"b@x"}, Home{address, ""}), "") << address;
  }
}

TEST(Learnt, WhatIsLeftOutInDoubtIsLeftOutForADayIfThatHelpsAndElseOnce) {
  const SteadyTime now = std::chrono::steady_clock::now();
  Avoidance avoidance;
  EXPECT_FALSE(avoidance.applies(now));
  EXPECT_FALSE(avoidance.tried(true, now)) << "nobody doubted it";
  avoidance.doubt();
  EXPECT_TRUE(avoidance.applies(now));
  EXPECT_FALSE(avoidance.tried(false, now));
  EXPECT_FALSE(avoidance.applies(now));
  avoidance.doubt();
  EXPECT_TRUE(avoidance.tried(true, now));
  EXPECT_FALSE(avoidance.tried(true, now)) << "it is told once";
  EXPECT_FALSE(avoidance.tried(false, now)) << "one who is refused for another reason changes nothing";
  EXPECT_TRUE(avoidance.applies(now + Seconds(23 * 3600)));
  EXPECT_FALSE(avoidance.applies(now + Seconds(25 * 3600)));
}

}  // namespace
}  // namespace postern::relay
