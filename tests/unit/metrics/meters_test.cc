#include "metrics/meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace postern::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

mail::DeliveryReport trouble_at(mail::Step step) {
  mail::DeliveryReport report;
  report.site.emplace();
  report.site->step = step;
  return report;
}

std::string page_of(Meters& meters, const Snapshot& snapshot = {}) {
  return meters.text(snapshot, Format::openmetrics);
}

TEST(Meters, CountVerdictsBySiteAndKind) {
  Meters meters;
  meters.verdict("a", mail::Verdict::delivered, Milliseconds(1500));
  meters.verdict("a", mail::Verdict::delivered, Milliseconds(100));
  meters.verdict("a", mail::Verdict::deferred, Milliseconds(100));
  meters.verdict("b", mail::Verdict::failed, Milliseconds(100));
  const std::string page = page_of(meters);
  EXPECT_THAT(page, HasSubstr("postern_delivered_recipients_total{site=\"a\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("postern_deferred_recipients_total{site=\"a\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("postern_failed_recipients_total{site=\"b\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("postern_failed_recipients_total{site=\"a\"} 0\n"));
  // Only a delivery ends the wait.
  EXPECT_THAT(page, HasSubstr("postern_delivery_delay_seconds_count{site=\"a\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("postern_delivery_delay_seconds_sum{site=\"a\"} 1.6\n"));
  EXPECT_THAT(page, HasSubstr("postern_delivery_delay_seconds_count{site=\"b\"} 0\n"));
}

TEST(Meters, CountACommitOf300MicrosecondsInItsBucketAndInTheSum) {
  Meters meters;
  meters.stored(std::chrono::microseconds(300));
  const std::string page = page_of(meters);
  EXPECT_THAT(page, HasSubstr("postern_commit_duration_seconds_bucket{le=\"0.00025\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("postern_commit_duration_seconds_bucket{le=\"0.0005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("postern_commit_duration_seconds_sum 0.0003\n"));
}

TEST(Meters, HaveTheSeriesOfEverySiteBeforeItIsUsed) {
  Snapshot snapshot;
  snapshot.sites.emplace_back().name = "main";
  Meters meters;
  const std::string page = page_of(meters, snapshot);
  EXPECT_THAT(page, HasSubstr("postern_failed_recipients_total{site=\"main\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("postern_site_troubles_total{site=\"main\",step=\"connect\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("postern_uncertain_deliveries_total{site=\"main\"} 0\n"));
}

TEST(Meters, CountTroubleOfASiteByEveryStep) {
  Meters meters;
  for (int step = 0; step <= static_cast<int>(mail::Step::quit); ++step) {
    for (int i = 0; i <= step; ++i) meters.attempted("a", Milliseconds(10), trouble_at(static_cast<mail::Step>(step)));
  }
  const std::string page = page_of(meters);
  for (int step = 0; step <= static_cast<int>(mail::Step::quit); ++step) {
    const std::string name(mail::name(static_cast<mail::Step>(step)));
    EXPECT_THAT(page, HasSubstr("postern_site_troubles_total{site=\"a\",step=\"" + name + "\"} " +
                                std::to_string(step + 1) + "\n"));
  }
}

TEST(Meters, RememberTheLastCertificateThatWasSeen) {
  Meters meters;
  mail::DeliveryReport report;
  report.certificate_expires = "2027-01-01T00:00:00Z";
  meters.attempted("a", Milliseconds(10), report);
  meters.attempted("a", Milliseconds(10), trouble_at(mail::Step::connect));
  EXPECT_THAT(page_of(meters), HasSubstr("postern_site_certificate_expiry_timestamp_seconds{site=\"a\"} 1798761600"));
}

TEST(Meters, SayEachThingOnce) {
  Snapshot snapshot;
  snapshot.sites.resize(1);
  snapshot.sites[0].name = "main";
  Meters meters;
  std::istringstream page(page_of(meters, snapshot));
  std::set<std::string> series;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with('#')) continue;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_GT(series.size(), 20U);
}

TEST(Meters, ShowTheStateOfTheMoment) {
  Snapshot snapshot;
  snapshot.totals.waiting = 3;
  snapshot.totals.oldest_age = Seconds(60);
  snapshot.totals.accepted = 17;
  queue::SiteStatus site;
  site.name = "main";
  site.waiting = 3;
  site.trouble.emplace();
  site.trouble->login_refused = true;
  snapshot.sites.push_back(site);
  spool::Space space;
  space.bytes = 4096;
  space.inodes = 7;
  snapshot.space = space;
  Meters meters;
  const std::string page = page_of(meters, snapshot);
  EXPECT_THAT(page, HasSubstr("postern_queue_messages{state=\"waiting\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("postern_queue_oldest_age_seconds 60\n"));
  EXPECT_THAT(page, HasSubstr("postern_accepted_messages_total 17\n"));
  EXPECT_THAT(page, HasSubstr("postern_site_messages{site=\"main\",state=\"waiting\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("postern_site_healthy{site=\"main\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("postern_site_login_paused{site=\"main\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("postern_spool_free_bytes 4096\n"));
  EXPECT_THAT(page, HasSubstr("postern_spool_free_inodes 7\n"));
  EXPECT_THAT(page, Not(HasSubstr("last_delivery")));
}

TEST(Meters, SayNothingOfADiskThatDoesNotTell) {
  Meters meters;
  EXPECT_THAT(page_of(meters), Not(HasSubstr("spool_free")));
}

}  // namespace
}  // namespace postern::metrics
