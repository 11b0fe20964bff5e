// Which smarthost lists name for a message, whatever reloads make of their order.
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <map>

namespace postern::queue {
namespace {

class SiteNamesTest : public QueueTest {
 protected:
  SiteNamesTest() {
    close();
    spool = *spool::Spool::open(disk, "spool");
    queue = Queue::make(
        loop.get_executor(), *spool, pool, clock, config(), configs({"first", "second", "third"}),
        [this](mail::Message& message, const std::string& site) { return deliver_to(&hosts[site], &pool, &message); });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  ~SiteNamesTest() override { close(); }

  static std::vector<SiteConfig> configs(const std::vector<std::string>& names) {
    std::vector<SiteConfig> made;
    for (const std::string& name : names) made.push_back(SiteConfig{name, {2}, 0});
    return made;
  }
  /// What the list names for it, and whose waiting mail it is counted as.
  std::string named(const QueueId& id) {
    const Result<Entry> entry = run(loop, queue->find(id));
    std::string counted = "nobody";
    for (const SiteStatus& site : queue->sites())
      if (site.waiting > 0) counted = site.name;
    EXPECT_TRUE(entry);
    if (!entry) return "?";
    EXPECT_EQ(entry->site.empty() ? "nobody" : entry->site, counted);
    return counted;
  }

  std::map<std::string, Smarthost> hosts;
};

TEST_F(SiteNamesTest, AreOfTheSmarthostWhereAMessageWasTriedAfterEveryReload) {
  const test::ExpectLog down_told("site down");
  for (const char* site : {"first", "third"}) hosts[site].trouble = site_trouble();
  hosts["second"].answers["bob@example.net"] = deferred();
  const QueueId id = accept(envelope({"bob@example.net"}));
  settle();
  ASSERT_EQ(named(id), "second");
  // It is not due again, so nothing is tried between the reloads.
  const std::vector<std::pair<std::vector<std::string>, std::string>> reloads{
      {{"second", "first", "third"}, "second"},
      {{"third", "first", "second"}, "second"},
      {{"third", "second"}, "second"},
      {{"renamed", "first", "third"}, "renamed"},  // it waits for the first that is well
      {{"first"}, "first"},
      {{"first", "third", "second"}, "second"},
  };
  for (const auto& [sites, expected] : reloads) {
    queue->configure(config(), configs(sites));
    settle();
    EXPECT_EQ(named(id), expected) << testing::PrintToString(sites);
  }
  queue->configure(config(), {});
  EXPECT_EQ(named(id), "nobody");
}

}  // namespace
}  // namespace postern::queue
