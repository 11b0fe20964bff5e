#include "metrics/status_page.h"

#include "mail/list_text.h"
#include "mail/wrap.h"
#include "metrics/figures.h"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {
namespace {

using boost::json::array;
using boost::json::object;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kAsked = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(12);

/// The texts of peers that a page can hold, each with this in it.
PageContents contents_with(const std::string& text) {
  PageContents contents;
  contents.names = true;
  contents.now = kAsked;
  Activity activity;
  for (int minute = 1435; minute >= 0; minute -= 5) {
    const WallTime then = kAsked - std::chrono::minutes(minute);
    activity.count(mail::Verdict::delivered, Milliseconds(50 + 37 * minute), then);
    if (minute % 35 == 0) activity.count(mail::Verdict::deferred, Seconds(1), then);
    if (minute % 200 == 0) activity.count(mail::Verdict::failed, Seconds(1), then);
  }
  contents.day = activity.day(kAsked);
  contents.begun = kAsked - std::chrono::days(2);
  // Our own words, in which at most a name of the settings stands.
  std::string advice = text;
  std::erase(advice, '`');
  const object trouble{{"step", "data"}, {"text", text}, {"login_refused", false}, {"advice", advice}};
  object& status = contents.status;
  status["level"] = 1;
  status["findings"] = array{object{{"level", 1}, {"text", text}, {"advice", advice}},
                             object{{"level", 0}, {"text", text}, {"advice", advice}}};
  for (const char* const key : {"hostname", "version", "config", "spool"}) status[key] = text;
  status["started"] = "2026-11-23T02:00:00Z";
  status["queue"] = object{{"waiting", 12345}, {"oldest", "2026-11-23T10:00:00Z"}};
  status["routes"] = array{object{{"route", text}, {"waiting", 3}}};
  status["smarthosts"] = array{
      object{{"name", text},
             {"waiting", 1},
             {"trouble", trouble},
             {"limited", object{{"text", text}, {"limit", text}, {"until", "2026-11-23T13:00:00Z"}}},
             {"senders", array{object{{"sender", text}, {"trouble", trouble}, {"since", "2026-11-23T11:00:00Z"}}}}}};
  contents.waiting = array{object{{"accepted", "2026-11-23T10:00:00Z"},
                                  {"next", "2026-11-23T12:03:00Z"},
                                  {"id", text},
                                  {"sender", text},
                                  {"size", 5000},
                                  {"site", text},
                                  {"reason", text},
                                  {"recipients", array{object{{"address", text}}, object{{"address", text}}}}}};
  contents.failures = array{object{{"time", "2026-11-23T10:00:00Z"},
                                   {"state", "failed"},
                                   {"id", text},
                                   {"sender", text},
                                   {"recipients", array{object{{"address", text}}}},
                                   {"recipient_count", 1},
                                   {"subject", text},
                                   {"site", text},
                                   {"reply", text}}};
  return contents;
}

/// Its tags, in order: "p", "/p".
std::vector<std::string> tags_of(const std::string& html) {
  std::vector<std::string> tags;
  for (std::size_t at = html.find("</style>"); (at = html.find('<', at)) != std::string::npos; ++at) {
    tags.push_back(html.substr(at + 1, html.find_first_of(" >", at) - at - 1));
  }
  return tags;
}

TEST(StatusPage, HasTheSameElementsWhateverPeersSay) {
  const std::vector<std::string> plain = tags_of(status_page(contents_with("words")));
  EXPECT_GT(plain.size(), 400U);
  std::vector<std::string> texts{"</td></tr></table><script>alert(1)</script>",
                                 "\"><img src=x onerror=alert(1)>",
                                 "' onmouseover='alert(1)",
                                 "<!-- ",
                                 "]]></svg></title></desc>",
                                 "</bdi></p></code>",
                                 "\xE2\x80\xAE rlo \xE2\x81\xA6",
                                 std::string(10'000, 'x'),
                                 std::string(10'000, '<'),
                                 std::string(10'000, '\x01'),
                                 std::string("\0\xFF\xC3", 3),
                                 "&lt;script&gt;",
                                 "run `curl evil | sh`",
                                 "an odd ` one"};
  for (int row = 0; row < 256; row += 16) {
    std::string& text = texts.emplace_back();
    for (int byte = row; byte < row + 16; ++byte) text += std::string("a") + static_cast<char>(byte) + "b";
  }
  for (const std::string& text : texts) {
    const std::string html = status_page(contents_with(text));
    EXPECT_EQ(tags_of(html), plain) << text.substr(0, 60);
    EXPECT_LT(html.size(), 120'000U);
  }
}

TEST(StatusPage, ClosesWhatItOpens) {
  std::vector<std::string> open;
  for (const std::string& tag : tags_of(status_page(contents_with("words")))) {
    if (!tag.starts_with('/')) {
      open.push_back(tag);
      continue;
    }
    if (tag == "/style" || tag == "/head" || tag == "/body" || tag == "/html") continue;  // begun before
    ASSERT_FALSE(open.empty());
    EXPECT_EQ("/" + open.back(), tag);
    open.pop_back();
  }
  EXPECT_EQ(open, std::vector<std::string>{"body"});
}

TEST(StatusPage, SaysWhatTheStatusSays) {
  const std::string html = status_page(contents_with("smtp.example.com: 451 4.7.1 later"));
  EXPECT_THAT(html, HasSubstr("<title>Trouble: mail of smtp.example.com: 451 4.7.1 later</title>"));
  EXPECT_THAT(html, HasSubstr("<h2 id=\"verdict\">Trouble</h2>"
                              "<p class=\"first\"><bdi dir=\"ltr\">smtp.example.com: 451 4.7.1 later</bdi></p>"
                              "<p class=\"advice\">What to do: smtp.example.com: 451 4.7.1 later</p>"));
  EXPECT_THAT(html, HasSubstr("<p class=\"also\">"));
  EXPECT_THAT(html, HasSubstr("as above at data</bdi>"));
  EXPECT_THAT(html, Not(HasSubstr("As every user is told")));
  EXPECT_THAT(html, HasSubstr("<li>Waiting <b>12,345</b></li>"));
  EXPECT_THAT(html, Not(HasSubstr("In storms")));
  EXPECT_THAT(html, HasSubstr("The oldest 1 of 12,345"));
  EXPECT_THAT(html, HasSubstr("next try in 3m"));
  EXPECT_THAT(html, Not(HasSubstr("style=")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("https://")));
}

TEST(StatusPage, HasAWordForEachLevel) {
  const std::vector<std::string> words{"OK", "Trouble", "Attention"};
  for (std::size_t level = 0; level < words.size(); ++level) {
    PageContents contents = contents_with("x");
    contents.status["level"] = level;
    EXPECT_THAT(status_page(contents), HasSubstr("<h2 id=\"verdict\">" + words[level] + "</h2>"));
  }
}

TEST(StatusPage, ShowsWhoReadsASmarthostsTroubleWhereItIs) {
  PageContents contents = contents_with("x");
  contents.status["smarthosts"].as_array().push_back(object{{"name", "backup"}, {"waiting", 3}, {"active", 1234}});
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\" id=\"site-0\">x</th>"));
  EXPECT_THAT(html, HasSubstr("<tr class=\"more\"><td colspan=\"4\" headers=\"site-0\">"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\" id=\"site-1\">backup</th>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"n\">3<p class=\"muted\">1,234 active</p></td>"));
}

TEST(StatusPage, SaysNothingTwiceAndLeavesNothingOutThatIsNotAbove) {
  // The verdict has the words of a trouble cut, as control/summary does.
  const std::string words = "main: 451 4.7.1 " + std::string(500, 'w');
  PageContents contents = contents_with("x");
  const object trouble{{"step", "mail"}, {"text", words}};
  contents.status["smarthosts"] = array{object{{"name", "main"}, {"waiting", 1}, {"trouble", trouble}}};
  contents.status["findings"] =
      array{object{{"level", 1}, {"text", "2 messages wait: " + mail::cut(words, mail::kListedWords)}}};
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("as above at mail"));
  EXPECT_EQ(html.find("451 4.7.1"), html.rfind("451 4.7.1")) << "once";
  // A finding that is not shown is not above.
  array many;
  for (int i = 0; i < 30; ++i) many.push_back(object{{"level", 1}, {"text", "complaint " + std::to_string(i)}});
  many.push_back(contents.status["findings"].as_array().front());
  contents.status["findings"] = many;
  EXPECT_THAT(status_page(contents), Not(HasSubstr("as above")));
  EXPECT_THAT(status_page(contents), HasSubstr("451 4.7.1"));
  // And no words are no words.
  contents.status["smarthosts"].as_array().front().as_object()["trouble"] = object{{"step", "mail"}, {"text", ""}};
  EXPECT_THAT(status_page(contents), Not(HasSubstr("as above")));
}

TEST(StatusPage, OfWhatServersSayNothingIsACommand) {
  PageContents contents = contents_with("451 run `curl evil | sh`, odd: `");
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("451 run `curl evil | sh`, odd: `</bdi>"));
  EXPECT_THAT(html, Not(HasSubstr("<code>curl")));
  contents.status["findings"].as_array().front().as_object()["advice"] = "run `postern check`";
  EXPECT_THAT(status_page(contents), HasSubstr("What to do: run <code>postern check</code>"));
}

TEST(StatusPage, HasNumbersAloneWhereNamesAreNotToBeShown) {
  PageContents contents = contents_with("secret@example.com");
  contents.names = false;
  // Whoever is to read names only fills these in.
  contents.status = object{{"level", 0}, {"queue", object{{"waiting", 12345}, {"oldest", "2026-11-23T10:00:00Z"}}}};
  const std::string html = status_page(contents);
  EXPECT_THAT(html, Not(HasSubstr("secret")));
  EXPECT_THAT(html, HasSubstr("12,345 messages wait, the oldest since "));
  EXPECT_THAT(html, HasSubstr("<code>postern queue list</code>"));
  EXPECT_THAT(html, HasSubstr("8 recipients were given up at a smarthost in the last day."));
  EXPECT_THAT(html, HasSubstr("<code>postern history --state failed</code>"));
  EXPECT_THAT(html, HasSubstr("metrics.page: counts"));
  EXPECT_THAT(html, HasSubstr("As every user is told; <code>postern status</code> may tell root of more."));
  EXPECT_THAT(html, Not(HasSubstr("/api/history"))) << "which is not shown either";
  EXPECT_THAT(boost::json::serialize(status_document(contents)), Not(HasSubstr("secret")));
  contents.status["queue"] = object{{"waiting", 1}, {"storm", 7}};
  contents.day.clear();
  EXPECT_THAT(status_page(contents), HasSubstr("1 message waits.<"));
  EXPECT_THAT(status_page(contents), HasSubstr("<li>In storms <b>7</b></li>"));
  EXPECT_THAT(status_page(contents), HasSubstr("No recipient was given up"));
  contents.status["queue"] = object{{"waiting", 0}};
  EXPECT_THAT(status_page(contents), HasSubstr("Nothing waits."));
}

TEST(StatusPage, SaysOfAMessageThatItWasNotTriedWhereItWasNot) {
  struct Case {
    std::string reason;
    bool tried;
    std::string told;
  };
  for (const Case& one : std::vector<Case>{{"", false, "not tried yet"},
                                           {"", true, "no reason is known"},
                                           {"451 later", true, "451 later"},
                                           {"no smarthost is configured", false, "no smarthost is configured"}}) {
    PageContents contents = contents_with("x");
    object recipient{{"address", "a@b.example"}};
    if (one.tried) recipient["last"] = object{{"verdict", "deferred"}};
    object& entry = contents.waiting->front().as_object();
    entry["recipients"] = array{recipient};
    entry["reason"] = one.reason;
    EXPECT_THAT(status_page(contents), HasSubstr(one.told));
    EXPECT_EQ(status_page(contents).find("not tried yet") != std::string::npos, one.told == "not tried yet");
  }
}

TEST(StatusPage, SaysWhatTheDiskDidNotTell) {
  PageContents contents = contents_with("x");
  contents.waiting.reset();
  contents.history_trouble = "The history cannot be read: the disk does not answer";
  contents.failures.reset();
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("Which messages wait is not known: the disk of the queue does not answer."));
  EXPECT_THAT(html, HasSubstr("The history cannot be read: the disk does not answer"));
  EXPECT_FALSE(status_document(contents).contains("oldest_waiting")) << "none is another thing";
}

TEST(StatusPage, OfAHistoryThatIsReadInPartItShowsThatPartAndSaysSo) {
  PageContents contents = contents_with("x");
  ASSERT_FALSE(contents.failures->empty());
  contents.history_trouble = "1 file of the history cannot be read";
  EXPECT_THAT(status_page(contents), HasSubstr("1 file of the history cannot be read"));
  EXPECT_THAT(status_page(contents), HasSubstr("Recipients given up for good"));
  contents.failures->clear();
  EXPECT_THAT(status_page(contents), HasSubstr("1 file of the history cannot be read"));
  EXPECT_THAT(status_page(contents), Not(HasSubstr("None in the last day."))) << "nobody knows";
}

TEST(StatusPage, SaysThatThereIsNoHistory) {
  PageContents contents = contents_with("x");
  contents.failures.reset();
  EXPECT_THAT(status_page(contents), HasSubstr("No history is kept"));
  contents.history_trouble = "The history cannot be read: no space";
  EXPECT_THAT(status_page(contents), HasSubstr("cannot be read: no space"));
  contents.history_trouble.clear();
  contents.failures.emplace();
  EXPECT_THAT(status_page(contents), HasSubstr("None in the last day."));
  contents.waiting->clear();
  contents.status = object();
  EXPECT_THAT(status_page(contents), HasSubstr("Nothing waits."));
  contents.day.clear();
  EXPECT_THAT(status_page(contents), HasSubstr("None is configured."));
}

TEST(StatusPage, TellsPicturesInWordsToo) {
  const std::string html = status_page(contents_with("x"));
  for (const std::string name : {"delivered", "deferred", "failed", "delays"}) {
    EXPECT_THAT(
        html, HasSubstr("<svg class=\"" + name + "\" role=\"img\" aria-labelledby=\"t-" + name + " d-" + name + "\""));
    EXPECT_THAT(html, HasSubstr("<title id=\"t-" + name + "\">"));
    EXPECT_THAT(html, HasSubstr("<desc id=\"d-" + name + "\">"));
  }
  EXPECT_THAT(html, HasSubstr("286 in all, at most 3 in a quarter of an hour."));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">Last day</th><td class=\"n\">286</td>"));
}

TEST(StatusPage, CallsWhatIsCountedByItsName) {
  const std::string html = status_page(contents_with("x"));
  EXPECT_THAT(html, HasSubstr("<b>Deferred (attempts)</b>"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"col\" class=\"n\">Deferred (attempts)</th>"));
  EXPECT_THAT(html, HasSubstr("of the deferred, attempts"));
}

TEST(StatusPage, TellsWhatWasNotCounted) {
  PageContents contents = contents_with("x");
  EXPECT_THAT(status_page(contents), Not(HasSubstr("within the dashes")));
  EXPECT_THAT(status_page(contents), Not(HasSubstr("class=\"unknown\"")));
  contents.day = Activity().day(kAsked);
  contents.begun = kAsked - std::chrono::hours(6);
  EXPECT_THAT(status_page(contents), HasSubstr("counted since the daemon started at "));
  EXPECT_THAT(status_page(contents), HasSubstr("<rect class=\"unknown\" x=\"0.00\" y=\"0.00\" width=\"71.00\""));
}

/// What became of mail before the daemon started is in no counter of it.
TEST(StatusPage, DeniesNoFailuresThatItDoesNotKnowOf) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  for (const int failures : {0, 1, 2}) {
    for (const bool whole : {false, true}) {
      PageContents contents = contents_with("x");
      contents.names = false;
      Activity activity;
      for (int i = 0; i < failures; ++i) activity.count(mail::Verdict::failed, Seconds(1), kAsked);
      contents.day = activity.day(kAsked);
      contents.begun = kAsked - std::chrono::hours(whole ? 24 : 1);
      const std::string html = status_page(contents);
      const std::vector<std::string> counts{"No recipient was", "1 recipient was", "2 recipients were"};
      const std::string count = counts[static_cast<std::size_t>(failures)] + " given up at a smarthost ";
      EXPECT_THAT(html, HasSubstr(count + (whole ? "in the last day." : "since the daemon started at 11:00; what")));
      EXPECT_THAT(html, HasSubstr(whole ? "<th scope=\"row\">Last day</th>" : "<th scope=\"row\">Since 11:00</th>"));
      const object document = status_document(contents);
      EXPECT_EQ(document.contains("day_since"), !whole);
      if (!whole) {
        EXPECT_EQ(document.at("day_since"), "2026-11-23T11:00:00.000Z");
      }
    }
  }
}

/// What waits for a storm digest, or for the report to its sender, is not among the waiting and waits all the same.
TEST(StatusPage, SaysThatNothingWaitsOnlyWhereNothingDoes) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  for (const bool names : {false, true}) {
    for (const int waiting : {0, 1, 20}) {
      for (const int storm : {0, 1, 600}) {
        for (const int owed : {0, 1, 5}) {
          PageContents contents = contents_with("x");
          contents.names = names;
          object totals{{"waiting", waiting}, {"storm", storm}, {"owed", owed}};
          if (storm > 0) totals["storm_until"] = "2026-11-23T14:20:00Z";
          contents.status["queue"] = totals;
          const int listed = std::min(waiting + owed, 10);
          const array one = *contents.waiting;
          contents.waiting->clear();
          for (int i = 0; i < listed; ++i) contents.waiting->push_back(one.front());
          if (!names) contents.waiting.reset();
          const std::string html = status_page(contents);
          const auto expect = [&html](const std::string& words, bool there) {
            EXPECT_EQ(html.find(words) != std::string::npos, there) << words;
          };
          expect("Nothing waits.", waiting == 0 && storm == 0 && owed == 0);
          expect("1 message waits in a storm until 14:20: <code>postern queue list --state storm</code> shows it.",
                 storm == 1);
          expect("600 messages wait in storms, the first until 14:20:", storm == 600);
          expect("Of 1 message only the report", owed == 1);
          expect("Of 5 messages only the report", owed == 5);
          expect("The oldest first", names && listed > 0 && waiting < 20);
          expect("The oldest 10 of 2", names && waiting == 20);
          expect("1 message waits.<", !names && waiting == 1);
        }
      }
    }
  }
}

TEST(StatusPage, EndsWithWhatIsCountedSinceTheStartAndWhatIsDropped) {
  PageContents contents = contents_with("x");
  contents.status["queue"] = object{{"accepted", 12345}, {"delivered", 1}, {"deferred", 1234}, {"bounced", 0}};
  EXPECT_THAT(
      status_page(contents),
      HasSubstr("since then 12,345 messages accepted, 1 recipient delivered, 0 recipients bounced, 1,234 attempts "
                "deferred."));
  EXPECT_THAT(status_page(contents), Not(HasSubstr("ropped")));
  EXPECT_THAT(status_page(contents), Not(HasSubstr("Mail for root")));
  contents.status["dropped"] =
      object{{"waiting", 2}, {"oldest", "2026-11-23T11:58:00Z"}, {"refused", object{{"files", 3}}}};
  contents.status["root"] = object{{"recipients", array{"a@b.example", "<i>", "c@b.example", "d@b.example"}}};
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("Dropped by sendmail and not taken up yet: 2, the first came 2m ago. "));
  EXPECT_THAT(html, HasSubstr("Dropped files that were no mail and are kept: 3."));
  EXPECT_THAT(html, HasSubstr("&lt;i&gt;</bdi>, <bdi dir=\"ltr\">c@b.example</bdi> and 1 more."));
}

TEST(StatusPage, AsADocumentHasTheStatusAndTwoMembersMore) {
  const PageContents contents = contents_with("x");
  object document = status_document(contents);
  EXPECT_EQ(document.at("kind"), "page_status");
  EXPECT_FALSE(document.contains("day_since"));
  document.erase("kind");
  EXPECT_EQ(document.at("day").as_array().size(), Activity::kPeriods);
  EXPECT_EQ(document.at("oldest_waiting"), boost::json::value(*contents.waiting));
  document.erase("day");
  document.erase("oldest_waiting");
  EXPECT_EQ(document, contents.status);
}

TEST(Figures, AreShortAndEasilyRead) {
  struct Case {
    std::uint64_t number;
    std::string text;
  };
  for (const Case& one : std::vector<Case>{
           {0, "0"}, {999, "999"}, {1000, "1,000"}, {12345, "12,345"}, {999999, "999,999"}, {1000000, "1,000,000"}}) {
    EXPECT_EQ(grouped(one.number), one.text);
  }
  struct Delay {
    std::int64_t milliseconds;
    std::string text;
  };
  for (const Delay& one : std::vector<Delay>{{0, "0.00 s"},
                                             {50, "0.05 s"},
                                             {994, "0.99 s"},
                                             {995, "1.0 s"},
                                             {9949, "9.9 s"},
                                             {9950, "10 s"},
                                             {59499, "59 s"},
                                             {59500, "1m"},
                                             {90000, "1m30s"},
                                             {86400000, "1d"}}) {
    EXPECT_EQ(delay_words(Milliseconds(one.milliseconds)), one.text);
  }
}

}  // namespace
}  // namespace postern::metrics
