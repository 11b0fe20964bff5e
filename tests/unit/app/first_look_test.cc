#include "app/first_look.h"

#include "support/fake_clock.h"
#include "support/fake_queue.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

const WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

TEST(WantsLook, OnceWhereNoMailTriedAndNoLoginWasTriedLately) {
  queue::SiteStatus site;
  EXPECT_TRUE(wants_look(site, std::nullopt, kNow)) << "never tried";
  EXPECT_TRUE(wants_look(site, kNow - kLoginGap, kNow));
  EXPECT_FALSE(wants_look(site, kNow - kLoginGap + Seconds(1), kNow)) << "a service that is restarted in a loop";
  EXPECT_FALSE(wants_look(site, kNow, kNow));
  EXPECT_FALSE(wants_look(site, kNow + Seconds(1), kNow)) << "a clock that is set by a little at each start";
  EXPECT_TRUE(wants_look(site, kNow + std::chrono::days(2), kNow)) << "the clock was wrong";
  site.active = 1;
  EXPECT_FALSE(wants_look(site, std::nullopt, kNow)) << "mail finds out";
  site.active = 0;
  site.tried = true;
  EXPECT_FALSE(wants_look(site, std::nullopt, kNow));
}

TEST(WantsLook, AgainAtTheStepsOfTheSiteWhereNobodyAnswersAndNoMailTries) {
  queue::SiteStatus site;
  for (const mail::Step step : {mail::Step::resolve, mail::Step::connect, mail::Step::greeting, mail::Step::tls}) {
    for (const bool tried : {false, true}) {
      site.trouble = mail::SiteTrouble();
      site.trouble->step = step;
      site.tried = tried;
      site.next_probe.reset();
      EXPECT_FALSE(wants_look(site, std::nullopt, kNow)) << "one is under way";
      site.next_probe = kNow + Seconds(1);
      EXPECT_FALSE(wants_look(site, std::nullopt, kNow));
      site.next_probe = kNow;
      EXPECT_TRUE(wants_look(site, std::nullopt, kNow));
      EXPECT_FALSE(wants_look(site, kNow - Seconds(60), kNow)) << "a login was tried";
      site.waiting = 1;
      EXPECT_FALSE(wants_look(site, std::nullopt, kNow)) << "mail does it";
      site.waiting = 0;
      site.trouble->code = 421;
      EXPECT_FALSE(wants_look(site, std::nullopt, kNow)) << "it answered";
    }
  }
}

TEST(WantsLook, NeverAgainWhereALoginOrMailWasRefused) {
  queue::SiteStatus site;
  site.next_probe = kNow;
  for (const mail::Step step : {mail::Step::auth, mail::Step::mail, mail::Step::rcpt, mail::Step::end_of_data}) {
    site.trouble = mail::SiteTrouble();
    site.trouble->step = step;
    EXPECT_FALSE(wants_look(site, std::nullopt, kNow)) << mail::name(step);
  }
  site.trouble->step = mail::Step::connect;
  site.trouble->in_transaction = true;
  EXPECT_FALSE(wants_look(site, std::nullopt, kNow));
}

/// A relay that is well until it is told otherwise, and counts.
class LookedAt final : public relay::Relay {
 public:
  LookedAt(std::string name, std::optional<mail::SiteTrouble>& trouble, std::vector<std::string>& looks,
           const std::function<void()>& meanwhile)
      : name_(std::move(name)), trouble_(trouble), looks_(looks), meanwhile_(meanwhile) {}
  Task<mail::DeliveryReport> deliver(mail::Message&) override { co_return mail::DeliveryReport(); }
  Task<mail::CheckReport> check(mail::CheckOptions) override {
    looks_.push_back(name_);
    mail::CheckReport report = explain();
    report.trouble = trouble_;
    if (meanwhile_) meanwhile_();
    co_return report;
  }
  [[nodiscard]] mail::CheckReport explain() const override {
    mail::CheckReport report;
    report.site = name_;
    return report;
  }
  Task<void> close(Seconds) override { co_return; }

 private:
  std::string name_;
  std::optional<mail::SiteTrouble>& trouble_;
  std::vector<std::string>& looks_;
  const std::function<void()>& meanwhile_;
};

class FirstLookTest : public testing::Test {
 protected:
  FirstLookTest() {
    settings::Settings& settings = settings_;
    for (const std::string name : {"first", "second", "quiet"}) {
      settings::Smarthost smarthost;
      smarthost.name = smarthost.host = name;
      smarthost.try_at_start = name != "quiet";
      settings.smarthosts.push_back(smarthost);
      queue::SiteStatus status;
      status.name = name;
      queue_.site_list.push_back(status);
    }
    sites_.configure(settings);
  }

  settings::Settings settings_;
  boost::asio::io_context loop_;
  std::optional<mail::SiteTrouble> trouble_;
  std::vector<std::string> looks_;
  std::function<void()> meanwhile_;
  test::FakeQueue queue_;
  test::FakeClock clock_;
  Smarthosts sites_{loop_.get_executor(), [this](const settings::Smarthost& smarthost, const OurNames&) {
                      return std::make_unique<LookedAt>(smarthost.name, trouble_, looks_, meanwhile_);
                    }};
  FirstLook look_{loop_.get_executor(), sites_, [this]() -> queue::Queue& { return queue_; }, clock_, Seconds(3600)};
};

TEST_F(FirstLookTest, TellsTheQueueWhatItMetAtEachSmarthostThatWantsIt) {
  look_.start(Milliseconds(1));
  while (looks_.size() < 2) loop_.run_one();
  loop_.poll();
  EXPECT_EQ(looks_, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(queue_.recovered, looks_);
  queue_.site_list[0].tried = true;
  trouble_ = mail::SiteTrouble();
  trouble_->text = "535 5.7.8 no";
  look_.again();
  while (looks_.size() < 3) loop_.run_one();
  loop_.poll();
  EXPECT_EQ(looks_.back(), "second");
  EXPECT_EQ(queue_.failures, (std::vector<std::pair<std::string, std::string>>{{"second", "535 5.7.8 no"}}));
  look_.stop();
  loop_.run();  // ends
  EXPECT_EQ(looks_.size(), 3U);
}

TEST_F(FirstLookTest, SaysNothingOfASmarthostThatAReloadChangedOrThatMailTriedMeanwhile) {
  trouble_ = mail::SiteTrouble();
  meanwhile_ = [this] {
    if (looks_.back() == "first") {
      settings_.smarthosts.front().user = "another";
      sites_.configure(settings_);
    } else {
      queue_.site_list[1].tried = true;
    }
  };
  look_.start(Milliseconds(1));
  while (looks_.size() < 2) loop_.run_one();
  loop_.poll();
  look_.stop();
  loop_.run();
  EXPECT_TRUE(queue_.failures.empty());
  EXPECT_TRUE(queue_.recovered.empty());
}

}  // namespace
}  // namespace postern::app
