#include "console/screens.h"

#include "mail/advice.h"
#include "rendered.h"

namespace postern::console {
namespace {

class StatusScreen : public Render {};

TEST_F(StatusScreen, ShowsTheTroubleOfASite) {
  queue::SiteStatus site;
  site.name = "smtp.example.com";
  site.waiting = 3;
  mail::SiteTrouble trouble;
  trouble.step = mail::Step::auth;
  trouble.text = "535 5.7.8 no";
  trouble.login_refused = true;
  site.trouble = trouble;
  site.since = kShownAt - Seconds(3480);
  site.next_probe = kShownAt + Seconds(180);
  boost::json::object line;
  line["kind"] = "status";
  line["verdict"] = "the verdict";
  line["smarthosts"] = boost::json::array();
  line["smarthosts"].as_array().emplace_back(to_json(site));
  const std::string text = once(line);
  EXPECT_TRUE(text.starts_with("the verdict\n\n")) << text;
  EXPECT_NE(text.find("SMARTHOST         STATE          WAITING  ACTIVE  LAST DELIVERY\n"
                      "smtp.example.com  login refused        3       0  none yet\n"
                      "  535 5.7.8 no, since 14:02, next try in 3m\n"
                      "  what to do: check user and password"),
            std::string::npos)
      << text;
  line["verdict"] = "the verdict; what to do: " + mail::advice(trouble, site.name);
  EXPECT_EQ(once(line).find("  what to do:"), std::string::npos) << "once is enough";
  line["verdict"] = "3 messages wait: 535 5.7.8 no";
  EXPECT_NE(once(line).find("\n  as above, since 14:02"), std::string::npos) << once(line);
}

TEST_F(StatusScreen, SaysWhereRootsMailGoes) {
  boost::json::object line;
  line["kind"] = "status";
  EXPECT_EQ(once(line).find("root's mail"), std::string::npos);
  line["root"] = boost::json::object{{"alias", true}};
  EXPECT_EQ(once(line).find("root's mail"), std::string::npos) << "that is not for everybody to know";
  line["root"] = boost::json::object{{"alias", true}, {"recipients", boost::json::array{"a@b.example", "c@d.example"}}};
  EXPECT_NE(once(line).find("\nroot's mail   a@b.example, c@d.example\n"), std::string::npos) << once(line);
}

TEST_F(StatusScreen, SaysTheWordsAboutASenderOnce) {
  queue::SiteStatus site;
  site.name = "main";
  site.senders.push_back({"cron@web1", {}, kShownAt, std::nullopt});
  site.senders.back().trouble.text = "550 5.7.60 may not send as this sender";
  boost::json::object line;
  line["kind"] = "status";
  line["smarthosts"] = boost::json::array{to_json(site)};
  line["verdict"] = "nothing waits";
  EXPECT_NE(once(line).find("\n  mail of cron@web1 is not taken: 550 5.7.60 may not send as this sender, since 15:00"),
            std::string::npos)
      << once(line);
  line["verdict"] = "main does not take mail of cron@web1: 550 5.7.60 may not send as this sender";
  EXPECT_NE(once(line).find("\n  mail of cron@web1 is not taken: as above, since 15:00"), std::string::npos)
      << once(line);
}

TEST_F(StatusScreen, SaysWhatLiesInTheDropDirectoryAndWhatWasRefused) {
  boost::json::object line;
  line["kind"] = "status";
  queue::DropState state;
  line["dropped"] = to_json(state, "/s");
  EXPECT_EQ(once(line).find("drop"), std::string::npos) << once(line);
  EXPECT_EQ(once(line).find("refused"), std::string::npos);
  state.waiting = 3;
  state.oldest = kShownAt - Seconds(180);
  state.refused = {{33, 2}, {1000, 40}};
  line["dropped"] = to_json(state, "/s");
  EXPECT_NE(once(line).find("drop          3 not taken up yet in /s/drop, the first came 3m ago\n"), std::string::npos)
      << once(line);
  EXPECT_NE(
      once(line).find("refused       2 of uid 33, 40 of uid 1000 in /s/refused; remove them when you have looked, "
                      "or they go after 30 days\n"),
      std::string::npos)
      << once(line);
  line["dropped"] = boost::json::object{{"error", "/s/drop: Permission denied"}};
  EXPECT_NE(once(line).find("drop          /s/drop: Permission denied\n"), std::string::npos) << once(line);
}

TEST_F(StatusScreen, CallsASmarthostWellOnlyAfterItWasTriedAndNamesTheStepOnlyWhereTheTextDoesNot) {
  queue::SiteStatus site;
  site.name = "main";
  boost::json::object line;
  line["kind"] = "status";
  const auto shown = [&] {
    line["smarthosts"] = boost::json::array{to_json(site)};
    return once(line);
  };
  EXPECT_NE(shown().find("main       not tried "), std::string::npos) << shown();
  site.tried = true;
  EXPECT_NE(shown().find("main       well "), std::string::npos) << shown();
  using Rate = queue::RateLimit;
  site.limited = queue::Limited{Rate{Rate::Of::messages, Rate::Per::hour, 30}, kShownAt};
  EXPECT_NE(shown().find("  waits for the hourly limit until "), std::string::npos) << shown();
  EXPECT_NE(shown().find(" (30 messages/hour)\n"), std::string::npos) << shown();
  mail::SiteTrouble trouble;
  trouble.text = "mx[192.0.2.1]:465: connect: Connection refused";
  for (const mail::Step step : {mail::Step::connect, mail::Step::resolve}) {
    trouble.step = step;
    site.trouble = trouble;
    EXPECT_NE(shown().find("connect: Connection refused\n"), std::string::npos) << shown();
  }
}

TEST_F(StatusScreen, SaysAnAdviceOnceThoughSeveralThingsHaveIt) {
  const auto finding = [](const char* text, const char* advice) {
    return boost::json::object{{"level", 1}, {"text", text}, {"advice", advice}};
  };
  boost::json::object line;
  line["kind"] = "status";
  line["findings"] = boost::json::array{finding("one", "look"), finding("two", "look"), finding("three", "see")};
  EXPECT_TRUE(once(line).starts_with("one\n  what to do: look\nalso: two\nalso: three\n  what to do: see\n"))
      << once(line);
}

TEST_F(StatusScreen, PutsRoutesBelowTheirHeading) {
  boost::json::object line;
  line["kind"] = "status";
  line["routes"] = boost::json::array{boost::json::object{{"route", "second"}, {"waiting", 2}},
                                      boost::json::object{{"route", "a-long-name, another-one"}, {"waiting", 12345}}};
  const std::string text = Renderer("status", View{kShownAt, 24}).line(line);
  EXPECT_NE(text.find("\nWAITING  ROUTE\n      2  second\n  12345  a-long-name,\n         another-one\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace postern::console
