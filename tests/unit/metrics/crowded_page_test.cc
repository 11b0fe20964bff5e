// The page where there is much to say: it stays short, and has what matters first.
#include "metrics/status_page.h"

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {
namespace {

using boost::json::array;
using boost::json::object;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kShownAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(12);

PageContents crowded(std::size_t findings, std::size_t sites, std::size_t routes) {
  PageContents contents;
  contents.now = kShownAt;
  contents.begun = kShownAt - std::chrono::days(2);
  array told;
  for (std::size_t i = 0; i < findings; ++i) {
    told.push_back(object{{"level", 1}, {"text", fmt::format("finding {}.", i)}, {"advice", "mend it"}});
  }
  array smarthosts;
  for (std::size_t i = 0; i < sites; ++i) {
    smarthosts.push_back(object{{"name", fmt::format("host-{}.example", i)}, {"waiting", 0}, {"tried", true}});
  }
  array ways;
  for (std::size_t i = 0; i < routes; ++i) {
    ways.push_back(object{{"route", fmt::format("way-{}.example", i)}, {"waiting", 0}});
  }
  contents.status = object{{"level", 1}, {"findings", told}, {"smarthosts", smarthosts}, {"routes", ways}};
  return contents;
}

object& crowded_site(PageContents& contents, std::size_t i) {
  return contents.status["smarthosts"].as_array()[i].as_object();
}

void give_a_site_trouble(PageContents& contents, std::size_t i, const std::string& text, bool login_refused = false) {
  object& site = crowded_site(contents, i);
  site["trouble"] = object{{"step", "auth"}, {"text", text}, {"login_refused", login_refused}, {"advice", "look"}};
}

std::size_t times_told(std::string_view text, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(words, at)) != std::string_view::npos; at += words.size()) ++count;
  return count;
}

struct PartOfPage {
  std::string shown, folded;
};
/// A part of the page, what is folded there apart; its heading has this id.
PartOfPage crowded_part(const PageContents& contents, const std::string& heading) {
  const std::string html = status_page(contents);
  const std::size_t begin = html.find("id=\"" + heading + "\"");
  std::string rest = html.substr(begin, html.find("</section>", begin) - begin);
  PartOfPage split;
  for (std::size_t open = 0; (open = rest.find("<details")) != std::string::npos;) {
    const std::size_t end = rest.find("</details>", open);
    split.folded += rest.substr(open, end - open);
    rest.erase(open, end - open);
  }
  split.shown = rest;
  return split;
}

TEST(CrowdedPage, ShowsTheWorstFindingsAndFoldsTheOthers) {
  for (const std::size_t all : {0U, 1U, 2U, 5U, 6U, 20U, 50U, 51U, 300U}) {
    const PartOfPage verdict = crowded_part(crowded(all, 1, 0), "verdict");
    const std::size_t shown = std::min<std::size_t>(all, 5);
    const std::size_t folded = std::min<std::size_t>(all - shown, 45);
    for (std::size_t i = 0; i < all; ++i) {
      const std::string text = fmt::format(">finding {}.<", i);
      EXPECT_EQ(times_told(verdict.shown, text), i < shown) << all << " " << i;
      EXPECT_EQ(times_told(verdict.folded, text), i >= shown && i < shown + folded) << all << " " << i;
    }
    EXPECT_EQ(times_told(verdict.folded, fmt::format("<summary>{} more</summary>", all - shown)), folded > 0) << all;
    EXPECT_EQ(times_told(verdict.folded, fmt::format("And {} more: <code>postern status</code>", all - shown - folded)),
              all > 50)
        << all;
  }
}

TEST(CrowdedPage, ShowsAFewSmarthostsInTheirOrderAndFoldsTheOthersOfMany) {
  for (const std::size_t all : {1U, 2U, 11U, 12U, 13U, 50U, 112U, 113U, 500U}) {
    PageContents contents = crowded(1, all, 0);
    const PartOfPage sites = crowded_part(contents, "smarthosts");
    const std::size_t shown = std::min<std::size_t>(all, 12);
    const std::size_t folded = std::min<std::size_t>(all - shown, 100);
    EXPECT_EQ(times_told(sites.shown, "<th scope=\"row\""), shown) << all;
    EXPECT_EQ(times_told(sites.folded, "<th scope=\"row\""), folded) << all;
    std::size_t before = 0;
    for (std::size_t i = 0; i < shown + folded; ++i) {
      const std::string html = sites.shown + sites.folded;
      EXPECT_EQ(times_told(html, fmt::format("id=\"site-{}\">host-{}.example<", i, i)), 1U) << all << " " << i;
      const std::size_t at = html.find(fmt::format(">host-{}.example<", i));
      EXPECT_LT(before, at);
      before = at;
    }
    EXPECT_EQ(times_told(sites.shown, "In the order of the settings"), all <= 12) << all;
    EXPECT_EQ(times_told(sites.shown, fmt::format("12 of {}: those in trouble first", all)), all > 12) << all;
    EXPECT_EQ(times_told(sites.folded, fmt::format("<summary>{} more, none of them in trouble</summary>", all - shown)),
              all > 12)
        << all;
    EXPECT_EQ(times_told(sites.folded, fmt::format("And {} more: <code>postern status</code>", all - shown - folded)),
              all > 112)
        << all;
  }
}

TEST(CrowdedPage, HasFirstWhatIsMostUrgent) {
  PageContents contents = crowded(1, 50, 0);
  give_a_site_trouble(contents, 49, "535 no", true);
  give_a_site_trouble(contents, 30, "refused");
  give_a_site_trouble(contents, 40, "silent");
  crowded_site(contents, 40)["waiting"] = 3;
  crowded_site(contents, 20)["limited"] =
      object{{"text", "has its limit"}, {"limit", "30 messages/minute"}, {"until", "2026-11-23T12:01:00Z"}};
  crowded_site(contents, 45)["waiting"] = 7;
  crowded_site(contents, 46)["waiting"] = 2000;
  const PartOfPage sites = crowded_part(contents, "smarthosts");
  std::size_t before = 0;
  for (const int i : {49, 40, 30, 20, 46, 45, 0, 1, 2, 3, 4, 5}) {
    const std::size_t at = sites.shown.find(fmt::format(">host-{}.example<", i));
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_LT(before, at) << i;
    before = at;
  }
  EXPECT_THAT(sites.folded, HasSubstr("38 more, none of them in trouble"));
}

TEST(CrowdedPage, SaysHowManyOfTheFoldedAreInTrouble) {
  PageContents contents = crowded(1, 60, 0);
  for (std::size_t i = 0; i < 14; ++i) give_a_site_trouble(contents, 3 * i, "refused");
  const PartOfPage sites = crowded_part(contents, "smarthosts");
  EXPECT_EQ(times_told(sites.shown, "<path"), 12U);
  EXPECT_EQ(times_told(sites.folded, "<path"), 2U);
  EXPECT_THAT(sites.folded, HasSubstr("<summary>48 more, 2 of them in trouble</summary>"));
}

/// What has to be unfolded to be read is said where it belongs.
TEST(CrowdedPage, CallsNothingAboveThatIsFolded) {
  for (const std::size_t before : {0U, 4U, 5U, 20U}) {
    PageContents contents = crowded(before, 1, 0);
    contents.status["findings"].as_array().push_back(
        object{{"level", 1}, {"text", "1 message waits: 451 4.7.1 later"}});
    give_a_site_trouble(contents, 0, "451 4.7.1 later");
    EXPECT_EQ(times_told(crowded_part(contents, "smarthosts").shown, "as above"), before < 5) << before;
  }
}

TEST(CrowdedPage, ShowsTheRoutesOnWhichMostWaits) {
  for (const std::size_t all : {0U, 1U, 12U, 13U, 50U, 112U, 113U}) {
    PageContents contents = crowded(1, 1, all);
    if (all > 0) contents.status["routes"].as_array().back().as_object()["waiting"] = 5000;
    const PartOfPage routes = crowded_part(contents, "smarthosts");
    EXPECT_EQ(times_told(routes.shown, ">way-"), std::min<std::size_t>(all, 12));
    EXPECT_EQ(times_told(routes.folded, ">way-"), all > 12 ? std::min<std::size_t>(all - 12, 100) : 0);
    EXPECT_EQ(times_told(routes.shown, "<td class=\"n\">5,000<"), all > 0);
    EXPECT_EQ(times_told(routes.shown, "where most wait first"), all > 12);
    EXPECT_EQ(times_told(routes.folded, fmt::format("{} more routes, on which no messages wait",
                                                    all - std::min(all, std::size_t{12}))),
              all > 12);
  }
  PageContents contents = crowded(1, 1, 20);
  for (auto& one : contents.status["routes"].as_array()) one.as_object()["waiting"] = 100;
  EXPECT_THAT(crowded_part(contents, "smarthosts").folded, HasSubstr("8 more routes, on which 800 wait"));
}

TEST(CrowdedPage, SaysOfASmarthostWhoseLimitIsReachedUntilWhen) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  for (const bool names : {false, true}) {
    PageContents contents = crowded(1, 2, 0);
    contents.names = names;
    crowded_site(contents, 1)["limited"] =
        object{{"text", "has its limit"}, {"limit", "30 messages/minute"}, {"until", "2026-11-23T12:01:00Z"}};
    EXPECT_THAT(crowded_part(contents, "smarthosts").shown,
                HasSubstr("<td colspan=\"4\" headers=\"site-1\"><p><bdi dir=\"ltr\">has its limit until 12:01 (30 "
                          "messages/minute)</bdi></p></td>"));
  }
}

/// Whatever the operator has set and servers have said.
TEST(CrowdedPage, IsNotLong) {
  PageContents contents = crowded(300, 500, 500);
  for (std::size_t i = 0; i < 500; ++i) give_a_site_trouble(contents, i, std::string(2000, 'w'));
  contents.names = true;
  contents.waiting.emplace();
  contents.failures.emplace();
  EXPECT_LT(status_page(contents).size(), 150'000U);
}

TEST(CrowdedPage, BreaksNoId) {
  PageContents contents = crowded(1, 1, 0);
  contents.names = true;
  contents.waiting = array{object{{"id", "66dmp2veb84rqr2c"}, {"size", 1840}}};
  contents.failures = array{object{{"id", "66dmp2whg8mjpcw7"}}};
  const std::string html = status_page(contents);
  EXPECT_THAT(html, HasSubstr("<p class=\"muted\"><span class=\"id\">66dmp2veb84rqr2c</span>, 1.8K</p>"));
  EXPECT_THAT(html, HasSubstr("<p class=\"muted\"><span class=\"id\">66dmp2whg8mjpcw7</span></p>"));
  EXPECT_THAT(html, Not(HasSubstr("66dmp2veb84rqr2c,")));
}

}  // namespace
}  // namespace postern::metrics
