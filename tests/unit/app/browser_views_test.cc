// What the page gets from the queue, from status and from the history, with names and without.
#include "app/browser_views.h"

#include "support/run.h"
#include "unit/control/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

using boost::json::array;
using boost::json::object;
using net::PageOfMetrics;
using testing::HasSubstr;
using testing::Not;

/// How a question is answered.
enum class Kept { well, in_part, none, unreadable, never };

class BrowserViewsTest : public control::Control {
 protected:
  static array records(const std::string& subject) {
    array found;
    found.emplace_back(object{{"time", "2026-11-22T10:00:00Z"},
                              {"state", "failed"},
                              {"id", "id-1"},
                              {"sender", "secret@a.example"},
                              {"recipients", array{object{{"address", "secret@b.example"}}}},
                              {"recipient_count", 1},
                              {"subject", subject},
                              {"reply", "550 5.1.1 secret words"}});
    return found;
  }

  Task<Result<HistoryRecords>> answer(HistoryQuestion question) {
    asked.push_back(question);
    const Kept how = question.failures ? failures : all;
    if (how == Kept::never) {
      constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
      static_cast<void>(co_await never.async_wait(kToken));
    }
    if (how == Kept::none) co_return Error{Failure::not_found, "no history is kept"};
    if (how == Kept::unreadable) co_return Error{Failure::io, "Input/output error"};
    HistoryRecords found;
    found.records = records(question.failures ? "of a failure" : "of any");
    if (how == Kept::in_part) found.unread = "1 file of the history cannot be read";
    co_return found;
  }

  BrowserViews views() {
    return BrowserViews(
        loop.get_executor(), context, [this](HistoryQuestion question) { return answer(question); },
        std::chrono::milliseconds(20));
  }
  metrics::Views made(BrowserViews& from, PageOfMetrics shown) {
    return test::wait(loop, from.make(metrics::Activity().day(clock.wall()), clock.wall(), shown));
  }
  metrics::Views made(PageOfMetrics shown) {
    BrowserViews from = views();
    return made(from, shown);
  }

  static mail::SiteTrouble trouble_at(mail::Step step) {
    mail::SiteTrouble trouble;
    trouble.step = step;
    trouble.code = 535;
    trouble.text = "main: 535 5.7.8 secret words";
    trouble.login_refused = step == mail::Step::auth;
    return trouble;
  }

  boost::asio::io_context loop;
  boost::asio::steady_timer never{loop, boost::asio::steady_timer::time_point::max()};
  Kept failures = Kept::well;
  Kept all = Kept::well;
  std::vector<HistoryQuestion> asked;
};

TEST_F(BrowserViewsTest, WithoutNamesNothingOfAnyMessageIsEvenAskedFor) {
  add(1, control::kAlice);
  queue.counted.waiting = 1;
  const metrics::Views seen = made(PageOfMetrics::counts);
  EXPECT_TRUE(queue.selections.empty());
  EXPECT_TRUE(asked.empty());
  EXPECT_FALSE(seen.history);
  const object status = boost::json::parse(seen.status).as_object();
  EXPECT_FALSE(status.contains("oldest_waiting"));
  EXPECT_EQ(status.at("queue").at("waiting"), 1);
  EXPECT_EQ(status.at("day").as_array().size(), metrics::Activity::kPeriods);
  EXPECT_THAT(seen.page, HasSubstr("1 message waits"));
  for (const std::string& text : {seen.page, seen.status}) {
    EXPECT_THAT(text, Not(HasSubstr("admin@example.com")));
    EXPECT_THAT(text, Not(HasSubstr("secret")));
    EXPECT_THAT(text, Not(HasSubstr(id(1).text())));
  }
}

TEST_F(BrowserViewsTest, WithoutNamesItSaysWhatEveryUserIsTold) {
  for (const mail::Step step : {mail::Step::connect, mail::Step::greeting, mail::Step::auth, mail::Step::mail,
                                mail::Step::rcpt, mail::Step::data}) {
    queue::SiteStatus site;
    site.name = "main";
    site.waiting = 1;
    site.trouble = trouble_at(step);
    site.senders.push_back({"sender@secret.example", trouble_at(mail::Step::mail), clock.wall(), {}});
    queue.site_list = {site};
    queue.counted.waiting = 1;
    const metrics::Views counts = made(PageOfMetrics::counts);
    const metrics::Views names = made(PageOfMetrics::all);
    for (const std::string& text : {counts.page, counts.status}) {
      EXPECT_THAT(text, Not(HasSubstr("secret.example")));
      EXPECT_EQ(text.find("secret words") == std::string::npos, step >= mail::Step::auth) << mail::name(step);
      EXPECT_THAT(text, HasSubstr("535"));
    }
    for (const std::string& text : {names.page, names.status}) {
      EXPECT_THAT(text, HasSubstr("sender@secret.example"));
      EXPECT_THAT(text, HasSubstr("secret words"));
    }
  }
}

Task<Result<queue::DropState>> unreadable() { co_return Error{Failure::denied, "Permission denied"}; }

TEST_F(BrowserViewsTest, TellsOfADropDirectoryThatCannotBeReadWhateverIsShown) {
  context->dropped = [] { return unreadable(); };
  for (const PageOfMetrics shown : {PageOfMetrics::counts, PageOfMetrics::all}) {
    const metrics::Views seen = made(shown);
    EXPECT_THAT(seen.page, HasSubstr("<h2 id=\"verdict\">Trouble</h2>"));
    EXPECT_THAT(seen.page, HasSubstr("/var/spool/postern/drop cannot be looked into"));
    EXPECT_EQ(boost::json::parse(seen.status).at("level"), 1);
  }
}

TEST_F(BrowserViewsTest, WithNamesItHasWhatWaitsAndWhatFailed) {
  add(1, control::kAlice);
  queue.counted.waiting = 1;
  const metrics::Views seen = made(PageOfMetrics::all);
  EXPECT_THAT(seen.page, HasSubstr("admin@example.com"));
  EXPECT_THAT(seen.page, HasSubstr("of a failure"));
  EXPECT_THAT(seen.page, Not(HasSubstr("of any")));
  const object status = boost::json::parse(seen.status).as_object();
  EXPECT_EQ(std::string(status.at("oldest_waiting").as_array().front().at("id").as_string()), id(1).text());
  const object history = boost::json::parse(*seen.history).as_object();
  EXPECT_EQ(history.at("kept"), true);
  EXPECT_EQ(history.at("records"), boost::json::value(records("of any")));
  EXPECT_FALSE(history.contains("error"));
}

TEST_F(BrowserViewsTest, TheFailuresOfADayAreAskedForAndTheLastRecords) {
  made(PageOfMetrics::all);
  ASSERT_EQ(asked.size(), 2U);
  for (const HistoryQuestion& one : asked) {
    EXPECT_EQ(one.most, one.failures ? 10U : 100U);
    EXPECT_EQ(one.since, one.failures ? std::optional(clock.wall() - std::chrono::hours(24)) : std::nullopt);
  }
  EXPECT_NE(asked[0].failures, asked[1].failures);
}

TEST_F(BrowserViewsTest, EachPartSaysForItselfWhyItIsNotThere) {
  const std::map<Kept, std::string> page{{Kept::well, "of a failure"},
                                         {Kept::in_part, "1 file of the history cannot be read"},
                                         {Kept::none, "No history is kept"},
                                         {Kept::unreadable, "The history cannot be read: Input/output error"},
                                         {Kept::never, "The history cannot be read: it was not searched in time"}};
  const std::map<Kept, std::string> error{{Kept::well, ""},
                                          {Kept::in_part, "1 file of the history cannot be read"},
                                          {Kept::none, ""},
                                          {Kept::unreadable, "Input/output error"},
                                          {Kept::never,
                                           "it was not searched in time: it is large, or its disk is slow or "
                                           "does not answer"}};
  for (const auto& [of_failures, words] : page) {
    for (const auto& [of_all, trouble] : error) {
      failures = of_failures;
      all = of_all;
      const metrics::Views seen = made(PageOfMetrics::all);
      EXPECT_THAT(seen.page, HasSubstr(words));
      const object history = boost::json::parse(*seen.history).as_object();
      EXPECT_EQ(history.at("kept"), of_all != Kept::none);
      EXPECT_EQ(history.contains("error"), !trouble.empty());
      if (!trouble.empty()) {
        EXPECT_EQ(std::string(history.at("error").as_string()), trouble);
      }
      EXPECT_EQ(history.at("records").as_array().size(), of_all == Kept::well || of_all == Kept::in_part ? 1U : 0U);
    }
  }
}

TEST_F(BrowserViewsTest, ADiskThatHangsIsAskedOnce) {
  failures = all = Kept::never;
  BrowserViews from = views();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(made(from, PageOfMetrics::all).page, HasSubstr("was not searched in time"));
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(BrowserViewsTest, WithoutAHistoryItSaysSo) {
  BrowserViews from(loop.get_executor(), context, {});
  const metrics::Views seen = made(from, PageOfMetrics::all);
  EXPECT_THAT(seen.page, HasSubstr("No history is kept"));
  EXPECT_EQ(*seen.history, "{\"kind\":\"page_history\",\"kept\":false,\"records\":[]}\n");
}

}  // namespace
}  // namespace postern::app
