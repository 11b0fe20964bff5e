#include "net/service_directory.h"

#include "support/expected_log.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace postern::net {
namespace {

using testing::HasSubstr;

DnsRecord at(std::uint16_t priority, std::string target, std::uint16_t port = 465) {
  return {priority, 0, port, std::move(target)};
}

/// A DNS and a clock of its own.
struct Directory {
  Result<DnsAnswer> answer = DnsAnswer();
  int asked = 0;
  Milliseconds patience{0};  ///< of the last question
  SteadyTime now{std::chrono::hours(1)};
  std::function<void()> before_answer{};
  ServiceDirectory directory{ServiceName{"_submissions", "example.com"}, parts()};

  static Task<Result<DnsAnswer>> tell(Directory* world) {
    ++world->asked;
    if (world->before_answer) world->before_answer();
    co_return world->answer;
  }
  ServiceDirectory::Parts parts() {
    ServiceDirectory::Parts parts;
    parts.ask = [this](Milliseconds given) {
      patience = given;
      return tell(this);
    };
    parts.now = [this] { return now; };
    parts.draw = [](std::uint32_t) { return 0U; };
    return parts;
  }
  void say(std::vector<DnsRecord> records, Seconds ttl = Seconds(60)) {
    DnsAnswer next;
    next.records = std::move(records);
    next.ttl = ttl;
    answer = std::move(next);
  }
  void fail(Failure failure) { answer = Error{failure, "no answer"}; }
  /// "a b", or the error's text.
  std::string servers() {
    const auto found = test::run(directory.servers());
    if (!found) return found.error().text;
    std::string text;
    for (const DnsRecord& one : found->order) text += (text.empty() ? "" : " ") + one.target;
    return text;
  }
};

TEST(ServiceDirectory, AsksAgainWhenTheAnswerHoldsNoMore) {
  Directory world;
  world.say({at(2, "b.example"), at(1, "a.example")}, Seconds(60));
  EXPECT_EQ(world.servers(), "a.example b.example");
  world.say({at(1, "c.example")}, Seconds(60));
  world.now += Seconds(59);
  EXPECT_EQ(world.servers(), "a.example b.example");
  EXPECT_EQ(world.asked, 1);
  world.now += Seconds(1);
  EXPECT_EQ(world.servers(), "c.example");
  EXPECT_TRUE(test::was_logged("servers=\"c.example:465 (priority 1, weight 0)\" ttl=1m"));
  world.directory.forget();
  EXPECT_EQ(world.servers(), "c.example");
  EXPECT_EQ(world.asked, 3);
}

TEST(ServiceDirectory, KeepsNoAnswerForEverAndNoneForNothing) {
  const std::map<Seconds, Seconds> kept = {{Seconds(0), kShortestAnswer},
                                           {Seconds(1), Seconds(1)},
                                           {Seconds(90), Seconds(90)},
                                           {kLongestAnswer, kLongestAnswer},
                                           {Seconds(0x7fffffff), kLongestAnswer}};
  for (const auto& [ttl, for_so_long] : kept) {
    Directory world;
    world.say({at(1, "a.example")}, ttl);
    EXPECT_EQ(world.servers(), "a.example");
    world.now += for_so_long - Milliseconds(1);
    EXPECT_EQ(world.servers(), "a.example");
    EXPECT_EQ(world.asked, 1) << ttl.count();
    world.now += Milliseconds(1);
    EXPECT_EQ(world.servers(), "a.example");
    EXPECT_EQ(world.asked, 2) << ttl.count();
  }
}

TEST(ServiceDirectory, UsesTheLastAnswerWhileTheDnsIsSilentAndSaysSoOnce) {
  for (const Failure failure : {Failure::resolve, Failure::protocol}) {
    Directory world;
    world.say({at(1, "a.example")});
    EXPECT_EQ(world.servers(), "a.example");
    world.fail(failure);
    {
      const test::ExpectLog told("the DNS does not tell which servers a smarthost has");
      for (int days = 0; days < 5; ++days) {
        world.now += Seconds(24 * 3600);
        EXPECT_EQ(world.servers(), "a.example");
      }
    }
    const int before = world.asked;
    world.now += kAskAgain - Seconds(1);
    EXPECT_EQ(world.servers(), "a.example");
    EXPECT_EQ(world.asked, before) << "a silent DNS takes its time at each question";
    world.say({at(1, "b.example")});
    world.now += Seconds(1);
    EXPECT_EQ(world.servers(), "b.example");
    EXPECT_TRUE(test::was_logged("the DNS tells again"));
  }
}

TEST(ServiceDirectory, PartOfAnAnswerTakesThePlaceOfNoWholeOne) {
  const auto part_of = [](const char* target) {
    DnsAnswer part;
    part.records = {at(1, target)};
    part.ttl = Seconds(60);
    part.partial = true;
    return Result<DnsAnswer>(part);
  };
  Directory world;
  world.answer = part_of("a.example");
  EXPECT_EQ(world.servers(), "a.example") << "better than nothing";
  world.now += Seconds(60);
  world.answer = part_of("b.example");
  EXPECT_EQ(world.servers(), "b.example") << "the newer part is as good";
  const test::ExpectLog told("the DNS does not tell which servers a smarthost has");
  world.now += Seconds(60);
  world.answer = part_of("");
  EXPECT_EQ(world.servers(), "b.example") << "a part denies nothing";
  world.now += kAskAgain;
  world.say({at(1, "a.example"), at(2, "b.example")});
  EXPECT_EQ(world.servers(), "a.example b.example");
  world.now += Seconds(60);
  for (const char* target : {"b.example", ""}) {
    world.answer = part_of(target);
    EXPECT_EQ(world.servers(), "a.example b.example");
    world.now += kAskAgain;
  }
  world.say({at(1, "c.example")});
  EXPECT_EQ(world.servers(), "c.example");
  world.directory.forget();
  world.answer = part_of("d.example");
  EXPECT_EQ(world.servers(), "d.example") << "an operator wants it looked at anew";
}

TEST(ServiceDirectory, WaitsLessForANewAnswerThanForTheFirst) {
  Directory world;
  world.say({at(1, "a.example")});
  EXPECT_EQ(world.servers(), "a.example");
  EXPECT_EQ(world.patience, kAnswerPatience);
  world.now += Seconds(60);
  EXPECT_EQ(world.servers(), "a.example");
  EXPECT_EQ(world.patience, kNewAnswerPatience);
}

TEST(ServiceDirectory, AsksOnceForAllAndOthersGoByTheLastAnswerMeanwhile) {
  Directory world;
  world.say({at(1, "a.example")});
  EXPECT_EQ(world.servers(), "a.example");
  world.now += Seconds(60);
  std::string meanwhile;
  world.before_answer = [&] {
    world.before_answer = nullptr;
    meanwhile = world.servers();
  };
  world.say({at(1, "b.example")});
  EXPECT_EQ(world.servers(), "b.example");
  EXPECT_EQ(meanwhile, "a.example");
  EXPECT_EQ(world.asked, 2);
}

TEST(ServiceDirectory, AnErrorThatComesAfterAGoodAnswerSaysNothing) {
  Directory world;
  world.before_answer = [&] {
    world.before_answer = nullptr;
    world.say({at(1, "a.example")});
    EXPECT_EQ(world.servers(), "a.example");
    world.fail(Failure::resolve);
  };
  EXPECT_EQ(world.servers(), "a.example");
  EXPECT_EQ(world.asked, 2);
  EXPECT_EQ(world.servers(), "a.example");
  EXPECT_EQ(world.asked, 2) << "nor does it end the time of the answer";
}

TEST(ServiceDirectory, AReloadForgetsWhichServersCouldNotBeReached) {
  Directory world;
  world.say({at(1, "a.example"), at(2, "b.example")});
  EXPECT_EQ(world.servers(), "a.example b.example");
  world.directory.failed(at(1, "a.example"));
  EXPECT_EQ(world.servers(), "b.example a.example");
  world.directory.forget();
  EXPECT_EQ(world.servers(), "a.example b.example");
}

TEST(ServiceDirectory, KnowsNothingBeforeTheFirstAnswer) {
  Directory world;
  world.fail(Failure::resolve);
  EXPECT_EQ(world.servers(), "srv:_submissions._tcp.example.com: no answer");
  EXPECT_EQ(world.servers(), "srv:_submissions._tcp.example.com: no answer");
  EXPECT_EQ(world.asked, 2);
  world.say({at(1, "a.example")});
  EXPECT_EQ(world.servers(), "a.example");
  world.fail(Failure::cancelled);
  world.now += Seconds(60);
  const auto cancelled = test::run(world.directory.servers());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().failure, Failure::cancelled);
}

TEST(ServiceDirectory, ThatThereIsNoServiceIsAnAnswer) {
  struct Denial {
    Result<DnsAnswer> answer;
    const char* words;
  };
  const auto answered = [](std::vector<DnsRecord> records, std::size_t left_out = 0) {
    DnsAnswer answer;
    answer.records = std::move(records);
    answer.left_out = left_out;
    answer.ttl = Seconds(60);
    return Result<DnsAnswer>(answer);
  };
  const std::vector<Denial> denials = {
      {Error{Failure::not_found, "the DNS has no such name: x"}, "no such name"},
      {answered({at(0, "", 0)}), "not offered"},
      {answered({at(0, ""), at(1, "")}), "not offered"},
      {answered({at(0, "a.example", 0)}), "port 0"},
      {answered({at(0, "a.example", 0), at(0, "", 0)}), "port 0"},
      {answered({}, 1), "can be no hosts'"},
  };
  for (const Denial& denial : denials) {
    Directory world;
    world.say({at(1, "a.example")});
    EXPECT_EQ(world.servers(), "a.example");
    world.now += Seconds(60);
    world.answer = denial.answer;
    EXPECT_THAT(world.servers(), HasSubstr(denial.words));
    world.fail(Failure::resolve);
    EXPECT_THAT(world.servers(), HasSubstr("no answer")) << "what was denied is not used again";
    EXPECT_EQ(test::run(world.directory.servers()).error().failure, Failure::resolve);
  }
}

TEST(ServiceDirectory, ServersThatCanBeUsedDoNotSufferFromOthers) {
  Directory world;
  world.say({at(0, ""), at(1, "a.example", 0), at(2, "b.example")});
  EXPECT_EQ(world.servers(), "b.example");
}

TEST(ServiceDirectory, AServerThatCouldNotBeReachedComesAfterTheOthersForAWhile) {
  Directory world;
  const DnsRecord first = at(1, "a.example");
  world.say({first, at(1, "a.example", 2465), at(2, "b.example")}, kLongestAnswer);
  EXPECT_EQ(world.servers(), "a.example a.example b.example");
  world.directory.failed(first);
  const auto order = test::run(world.directory.servers())->order;
  EXPECT_EQ(order.front().port, 2465) << "another port is another server";
  EXPECT_EQ(world.servers(), "a.example b.example a.example");
  world.now += kAvoidance;
  EXPECT_EQ(test::run(world.directory.servers())->order.front(), first);
  world.directory.failed(first);
  world.directory.worked(first);
  EXPECT_EQ(test::run(world.directory.servers())->order.front(), first);
  for (const DnsRecord& each : order) world.directory.failed(each);
  EXPECT_EQ(world.servers(), "a.example a.example b.example") << "all the same, all are tried";
}

TEST(ServiceDirectory, TriesNoMoreServersThanAnybodyWouldWaitFor) {
  Directory world;
  std::vector<DnsRecord> many;
  for (std::uint16_t i = 0; i < 30; ++i) many.push_back(at(i, "s" + std::to_string(i) + ".example"));
  world.say(many);
  EXPECT_EQ(test::run(world.directory.servers())->order.size(), kMostServers);
}

TEST(ServiceDirectory, TellsOfANewAnswerOnlyIfItIsOne) {
  Directory world;
  world.say({at(1, "a.example"), at(1, "b.example")});
  static_cast<void>(world.servers());
  world.say({at(1, "b.example"), at(1, "a.example")});
  world.now += Seconds(60);
  static_cast<void>(world.servers());
  EXPECT_EQ(std::ranges::count_if(
                test::logged(),
                [](const std::string& line) { return line.find("the DNS names the servers") != std::string::npos; }),
            1);
}

}  // namespace
}  // namespace postern::net
