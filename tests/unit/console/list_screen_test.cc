#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class ListScreen : public Render {};

TEST_F(ListScreen, ListsInColumnsUnderOneHeading) {
  const boost::json::object line = to_json(entry());
  Renderer renderer("queue list", on_terminal(200));
  EXPECT_EQ(renderer.end(), "The queue is empty.\n");
  const std::string row = entry().id.str() + "  waiting     1h3m    1.8K  in 4m      root@web1 -> a@x, b@x\n" +
                          "                  connection refused\n";
  EXPECT_EQ(renderer.line(line),
            "ID                STATE        AGE    SIZE  NEXT       SENDER -> RECIPIENTS, REASON\n" + row);
  EXPECT_EQ(renderer.line(line),
            row.substr(0, row.find('\n') + 1) + std::string(18, ' ') + "as for " + entry().id.str() + "\n")
      << "one reason is said once";
  EXPECT_EQ(renderer.end(), "");
  for (const std::size_t width : {0U, 200U}) {
    Renderer to_a_file("queue list", View{kShownAt, width});
    EXPECT_NE(to_a_file.line(line), row) << "behind the heading";
    EXPECT_EQ(to_a_file.line(line), row) << "where it is searched it is said each time";
  }
}

TEST_F(ListScreen, DoesNotTakeWhatCannotBeReadForAReportOfOurs) {
  queue::Entry damaged;
  damaged.id = entry().id;
  damaged.accepted = entry().accepted;
  damaged.state = queue::State::corrupt;
  const std::string text = once(to_json(damaged));
  EXPECT_NE(text.find("       ?  -          ? -> ?\n"), std::string::npos) << text;
}

TEST_F(ListScreen, FitsEveryWidthWithoutBreakingAnAddress) {
  queue::Entry long_one = entry();
  long_one.sender = "monitoring-of-the-whole-cluster@web1.of.the.rack.example.net";
  long_one.recipients.clear();
  std::vector<std::string> addresses{long_one.sender};
  for (const std::string name : {"first", "second", "third"}) {
    queue::Entry::Rcpt recipient;
    recipient.address = name + ".person.on.call@operations.example.com";
    addresses.push_back(recipient.address);
    long_one.recipients.push_back(recipient);
  }
  for (std::size_t width = 70; width <= 240; ++width) {
    const std::string text = Renderer("queue list", View{kShownAt, width}).line(to_json(long_one));
    for (const std::string& address : addresses) EXPECT_NE(text.find(address), std::string::npos) << width;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(end - at, width) << text;
      at = end + 1;
    }
  }
}

TEST_F(ListScreen, CallsTheQueueEmptyOnlyWhereNothingIsInIt) {
  Renderer narrowed("queue list", View{kShownAt});
  narrowed.narrow();
  EXPECT_EQ(narrowed.end(), "No message is meant by that.\n");
  Renderer renderer("queue list", View{kShownAt});
  const boost::json::object others{{"kind", "others"}, {"count", 3}, {"own", 0}};
  EXPECT_EQ(renderer.line(others), "3 messages wait, none of them yours.\n");
  EXPECT_EQ(renderer.end(), "");
  EXPECT_EQ(once(boost::json::object{{"kind", "others"}, {"count", 1}, {"own", 2}}),
            "3 messages wait, 2 of them yours.\n");
}

TEST_F(ListScreen, ShortensAnAnswerInListsAndShowsTheWhole) {
  boost::json::object line = to_json(entry());
  const std::string answer = "451 4.7.1 " + std::string(500, 'x') + " the end";
  line["reason"] = answer;
  const std::string listed = Renderer("queue list", View{kShownAt}).line(line);
  EXPECT_EQ(listed.find("the end"), std::string::npos);
  EXPECT_NE(listed.find("xxx...\n"), std::string::npos) << listed;
  line["kind"] = "message";
  EXPECT_NE(once(line).find(answer), std::string::npos);
}

TEST_F(ListScreen, SaysHowToSeeMoreOfAListing) {
  boost::json::object line{{"kind", "more"}};
  EXPECT_EQ(once(line), "There are more: a larger --limit shows them.\n");
  line["reached"] = "2026-11-29T03:00:00.000Z";
  EXPECT_EQ(once(line).find("There may be more before 2026-11-"), 0U) << once(line);
  line.erase("reached");
  line["after"] = "0123456789abcdef";
  EXPECT_EQ(once(line), "There are more: the same command with --after 0123456789abcdef shows them.\n");
  EXPECT_EQ(Renderer("queue list", View{kShownAt, 60}).line(line),
            "There are more: the same command with --after\n  0123456789abcdef shows them.\n");
}

}  // namespace
}  // namespace postern::console
