#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class MessageScreen : public Render {};

TEST_F(MessageScreen, ShowsAMessageWithItsRecipientsAndHeader) {
  boost::json::object line = to_json(entry());
  line["kind"] = "message";
  line["header"] = "Subject: hi\n\tthere\n";
  EXPECT_EQ(once(line), "id            " + entry().id.str() +
                            "\n"
                            "state         waiting\n"
                            "accepted      2026-11-23 13:57:00 (1h3m ago)\n"
                            "source        local, uid 1000, pid 77\n"
                            "size          1840 bytes\n"
                            "smarthost     main\n"
                            "next attempt  2026-11-23 15:04:00 (in 4m)\n"
                            "reason        connection refused\n"
                            "from          root@web1\n"
                            "to            a@x  (deferred: 451 4.7.1 try later)\n"
                            "to            b@x  (not tried yet)\n"
                            "\n"
                            "Subject: hi\n"
                            " there\n");
}

TEST_F(MessageScreen, DoesNotTakeWhatCannotBeReadForAReportOfOurs) {
  queue::Entry damaged;
  damaged.id = entry().id;
  damaged.state = queue::State::corrupt;
  boost::json::object line = to_json(damaged);
  line["kind"] = "message";
  const std::string text = once(line);
  EXPECT_NE(text.find("source        ?\nsize          ?\nfrom          ?\n"), std::string::npos) << text;
}

TEST_F(MessageScreen, GivesAdviceWhereTheReasonIsShown) {
  queue::Entry waiting = entry();
  waiting.trouble = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "PLAIN: 535 5.7.8 no", true};
  waiting.reason = waiting.trouble->text;
  boost::json::object line = to_json(waiting);
  EXPECT_NE(std::string(line.at("advice").as_string()).find("postern check main"), std::string::npos);
  line["kind"] = "message";
  const std::string text = once(line);
  EXPECT_NE(text.find("reason        PLAIN: 535 5.7.8 no\nwhat to do    check user and password"), std::string::npos)
      << text;

  queue::Event event;
  event.kind = queue::Event::Kind::site_trouble;
  event.site = "main";
  event.report.site = waiting.trouble;
  EXPECT_NE(once(to_json(event)).find("  what to do: check user and password"), std::string::npos);

  queue::Entry refused = entry();
  refused.recipients[0].last->code = 554;
  refused.recipients[0].last->text = "5.2.252 SendAsDenied";
  EXPECT_NE(std::string(to_json(refused).at("advice").as_string()).find("Send As"), std::string::npos);
  EXPECT_FALSE(to_json(entry()).contains("advice"));
}

}  // namespace
}  // namespace postern::console
