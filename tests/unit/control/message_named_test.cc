#include "control/message_named.h"

#include "base/text.h"
#include "session.h"

#include <boost/json/array.hpp>

namespace postern::control {
namespace {

using boost::json::object;

class MessageNamed : public Control {
 protected:
  object show(const std::string& beginning, uid_t uid = kRoot) {
    return ask_json(R"({"command":"queue retry","id":")" + beginning + "\"}", uid).back();
  }
  static std::string error_of(const object& line) { return std::string(line.at("error").as_string()); }
};

TEST_F(MessageNamed, ByEveryBeginningThatIsItsAlone) {
  for (std::size_t length = 0; length <= QueueId::kLength; ++length) {
    queue.entries.clear();
    queue.retried.clear();
    add(1, kAlice);
    add(500'000, kAlice);  // days later: it differs from the sixth character on at the latest
    const std::string beginning = id(1).str().substr(0, length);
    const bool alone = !id(500'000).text().starts_with(beginning);
    const object end = show(beginning);
    const bool done = alone && length >= 4;
    EXPECT_EQ(end.at("exit").as_int64(), done ? 0 : 64) << beginning;
    EXPECT_EQ(queue.retried, done ? std::vector<QueueId>{id(1)} : std::vector<QueueId>{}) << beginning;
  }
}

TEST_F(MessageNamed, InCapitalsAsTheLogInTheWordsOfPostfixHasThem) {
  add(1, kAlice);
  for (const std::size_t length : {QueueId::kLength, std::size_t{8}}) {
    queue.retried.clear();
    EXPECT_EQ(show(to_upper(id(1).text().substr(0, length))).at("exit").as_int64(), 0) << length;
    EXPECT_EQ(queue.retried, std::vector<QueueId>{id(1)}) << length;
  }
}

TEST_F(MessageNamed, ALastCharacterOfAnyKindIsFound) {
  // The outermost ids that begin so are among those that are looked for.
  const std::string beginning = id(1).str().substr(0, 12);
  for (const char last : {'0', 'z'}) {
    queue.entries.clear();
    add(1, kAlice).id = *QueueId::parse(beginning + std::string(4, last));
    EXPECT_EQ(show(beginning).at("exit").as_int64(), 0) << last;
  }
}

TEST_F(MessageNamed, OfSeveralTheFirstAreNamedAndNothingIsDone) {
  for (unsigned i = 0; i < 3; ++i) add(i, kAlice);
  const std::string beginning = id(0).str().substr(0, 5);
  EXPECT_EQ(error_of(show(beginning)),
            "several messages begin with " + beginning + ": " + id(0).str() + ", " + id(1).str() + ", " + id(2).str());
  for (unsigned i = 3; i < 50; ++i) add(i, kAlice);
  const std::string many = error_of(show(beginning));
  EXPECT_TRUE(many.ends_with(id(4).str() + " and more")) << many;
  EXPECT_TRUE(queue.retried.empty());
}

TEST_F(MessageNamed, Q02_NothingIsToldOfOthersMessages) {
  add(1, kRoot);
  add(2, kAlice);
  add(3, kBob);
  const std::string beginning = id(1).str().substr(0, 5);
  EXPECT_EQ(show(beginning, kAlice).at("exit").as_int64(), 0) << "of hers there is one";
  EXPECT_EQ(queue.retried, std::vector<QueueId>{id(2)});
  std::erase_if(queue.entries, [](const queue::Entry& entry) { return entry.id == id(2); });
  const object none = show(beginning, kAlice);
  EXPECT_EQ(none.at("exit").as_int64(), 66);
  EXPECT_EQ(error_of(none), "no message of yours begins with " + beginning);
  EXPECT_EQ(error_of(show("7777", kAlice)), "no message of yours begins with 7777") << "as if there were none";
}

/// A message that came since the list was looked at may have the beginning now.
TEST_F(MessageNamed, WhatCannotBeUndoneNeedsNearlyAllOfIt) {
  for (const std::string command : {"queue delete", "queue bounce"}) {
    for (std::size_t length = 4; length <= QueueId::kLength; ++length) {
      queue.entries.clear();
      add(1, kAlice);
      const std::string beginning = id(1).str().substr(0, length);
      const object end = ask_json(R"({"command":")" + command + R"(","id":")" + beginning + "\"}").back();
      EXPECT_EQ(end.at("exit").as_int64(), length < kLastingBeginning ? 64 : 0) << command << ' ' << beginning;
      EXPECT_EQ(queue.entries.empty(), length >= kLastingBeginning) << command << ' ' << beginning;
    }
  }
}

TEST_F(MessageNamed, WhatNoIdBeginsWithIsNone) {
  add(1, kRoot);
  for (const char* wrong : {"", "abc", "all", "../x", "UUUU", "oooo", "0123456789abcdef0", "012 3"}) {
    EXPECT_EQ(show(wrong).at("exit").as_int64(), 64) << wrong;
  }
  EXPECT_TRUE(queue.retried.empty());
}

}  // namespace
}  // namespace postern::control
