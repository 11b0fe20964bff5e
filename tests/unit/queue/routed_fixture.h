// The queue with several smarthosts and rows of routes: two senders, or the domains of recipients, lead to two of them.
#pragma once

#include "queue_fixture.h"

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {

class RoutedTest : public QueueTest {
 protected:
  RoutedTest() { close(); }
  ~RoutedTest() override {
    silent = false;
    stuck.clear();
    close();
  }

  static RouteRule to(std::vector<std::string> recipients, std::vector<std::string> sites) {
    RouteRule rule;
    rule.recipients = std::move(recipients);
    rule.smarthosts = std::move(sites);
    return rule;
  }
  static RouteRule from(std::vector<std::string> senders, std::vector<std::string> sites) {
    RouteRule rule;
    rule.senders = std::move(senders);
    rule.smarthosts = std::move(sites);
    return rule;
  }
  /// What is for one.example goes by `one`, what is for two.example by `two`.
  static std::vector<RouteRule> by_recipient() {
    return {to({"*@one.example"}, {"one"}), to({"*@two.example"}, {"two"})};
  }
  static std::vector<SiteConfig> both() { return {{"one", {2}}, {"two", {2}}}; }

  [[nodiscard]] Config routed(std::vector<RouteRule> rules) {
    Config made = config();
    mail::LocalNames names;
    names.hostname = made.hostname;
    names.domain = made.domain;
    made.routing = Routes(std::move(rules), names);
    made.user = [this](std::uint32_t uid) { return user_of(uid); };
    return made;
  }
  Task<Result<mail::User>> user_of(std::uint32_t uid) {
    if (uid == mail::kNoUid) co_return mail::User{};  // nobody is asked for nobody
    ++questions;
    while (silent) {
      auto elsewhere = [] { return 0; };
      co_await pool.run(spool::Priority::background, std::move(elsewhere));
    }
    if (broken) throw std::runtime_error("no memory");
    if (away) co_return Error{Failure::timeout, "the name service does not say who that is"};
    const auto known = users.find(uid);
    if (known == users.end()) co_return mail::User{};
    co_return known->second;
  }
  void start(std::vector<RouteRule> rules, std::vector<SiteConfig> sites = both()) {
    start_with(routed(std::move(rules)), std::move(sites));
  }
  void start_with(Config config, std::vector<SiteConfig> sites = both()) {
    spool = *spool::Spool::open(disk, "spool");
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, std::move(config), std::move(sites),
                        [this](mail::Message& message, const std::string& site) { return deliver(&message, site); });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  Task<DeliveryReport> deliver(mail::Message* message, std::string site) {
    while (stuck.contains(site)) {
      auto elsewhere = [] { return 0; };
      co_await pool.run(spool::Priority::background, std::move(elsewhere));
    }
    co_return co_await deliver_to(&hosts[site], &pool, message);
  }
  void down(const std::string& site) { hosts[site].trouble = site_trouble(); }
  void up(const std::string& site) { hosts[site].trouble.reset(); }
  void reload(std::vector<RouteRule> rules, std::vector<SiteConfig> sites = both()) {
    queue->configure(routed(std::move(rules)), std::move(sites));
    settle();
  }
  std::vector<std::string>& got(const std::string& site) { return hosts[site].got; }

  std::map<std::string, Smarthost> hosts;
  std::set<std::string> stuck;  ///< what is begun at these does not end, until they are no more
  std::map<std::uint32_t, mail::User> users;
  bool away = false;    ///< the name service
  bool silent = false;  ///< it says nothing, until it is no more
  bool broken = false;  ///< asking it fails by a bug
  std::size_t questions = 0;
};

}  // namespace postern::queue
