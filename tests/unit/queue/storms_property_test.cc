// Storms over the whole queue, with crashes: what comes is alike or not, of those who ask for it and others, and goes
// when and as it can, is released, held or deleted; the power fails at any call of the disk, and what was not synced is
// there or not. Whatever happens, every original that was acknowledged is in exactly one message: itself or one digest;
// and that is in the queue, or was delivered. Of each that is in a digest its history says so.
#include "queue/recorder.h"
#include "queue/storms.h"
#include "stormy.h"
#include "support/expected_log.h"
#include "support/seeds.h"

#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

using Chance = std::mt19937;

struct Outside final : Recorder {
  void accepted(const mail::Envelope& envelope, const Title&, std::string_view why) override {
    if (why == "storm digest") begun.insert(envelope.id);
  }
  void refused(const AtDoor&, std::string_view) override {}
  void answered(const Answered&) override {}
  void deleted(const QueueId&, const mail::Envelope&, const std::vector<RecipientState>&, const Title&) override {}
  void gathered(const mail::Envelope& original, const Title&, const QueueId& digest) override {
    told.emplace(original.id, digest);
  }

  std::set<std::pair<QueueId, QueueId>> told;  ///< originals and digests
  std::set<QueueId> begun;                     ///< digests
  Chance chance{1};
  bool down = false;
  std::size_t number = 0;
  std::map<std::size_t, QueueId> acknowledged;  ///< by their own words, and not deleted
  std::map<QueueId, std::string> delivered;
  std::size_t digests = 0;

  [[nodiscard]] bool one_in(unsigned long count) { return chance() % count == 0; }
};

Task<DeliveryReport> take_storm(Outside* outside, spool::DiskPool* pool, mail::Message* message) {
  auto elsewhere = [] { return 0; };
  co_await pool->run(spool::Priority::normal, std::move(elsewhere));
  if (outside->down) co_return site_trouble(mail::Step::greeting);
  std::string text;
  for (;;) {
    const Result<std::string_view> piece = co_await message->read();
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  DeliveryReport report;
  report.recipients.assign(message->pending().size(), delivered());
  if (text.find(" alike]") != std::string::npos) ++outside->digests;
  outside->delivered[message->envelope().id] = std::move(text);
  co_return report;
}

/// Between two crashes.
class StormyLife {
 public:
  StormyLife(test::MemoryDisk& disk, test::FakeClock& clock, Outside& outside) : outside_(outside), clock_(clock) {
    spool_ = *spool::Spool::open(disk, "spool");
    Config config = stormy_config();
    config.recorder = &outside;
    queue_ = Queue::make(
        loop_.get_executor(), *spool_, pool_, clock, std::move(config), {{"main", {4}}},
        [this](mail::Message& message, const std::string&) { return take_storm(&outside_, &pool_, &message); });
    EXPECT_TRUE(run(loop_, queue_->start()));
    rest();
  }
  ~StormyLife() { run(loop_, queue_->stop()); }
  StormyLife(const StormyLife&) = delete;
  StormyLife& operator=(const StormyLife&) = delete;

  void come() {
    const std::size_t number = outside_.number++;
    const std::string what = outside_.one_in(8) ? "something else" : "backup";
    auto intake = queue_->begin(from_user(outside_.one_in(8) ? 1001 : 1000));
    const std::string text = failing_job(number, what);
    const bool stored = run(loop_, intake->append(text)).has_value() &&
                        run(loop_, intake->commit(text.size(), mail::BodyType::seven_bit)).has_value();
    if (stored) outside_.acknowledged.emplace(number, intake->id());
    if (outside_.one_in(3)) rest();
  }
  void handle() {
    if (outside_.acknowledged.empty()) return;
    auto one = outside_.acknowledged.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(outside_.chance() % outside_.acknowledged.size()));
    const QueueId id = one->second;
    switch (outside_.chance() % 6) {
      case 0: (void)run(loop_, queue_->release(id)); break;
      case 1: (void)run(loop_, queue_->hold(id)); break;
      case 2: (void)queue_->retry(id); break;
      case 3: (void)run(loop_, queue_->reroute(id, outside_.one_in(2) ? "main" : "")); break;
      case 4:
        if (run(loop_, queue_->bounce(id))) outside_.acknowledged.erase(one);
        break;
      default:
        if (run(loop_, queue_->remove(id))) outside_.acknowledged.erase(one);
        break;
    }
    rest();
  }
  void release_all() {
    for (const auto& [number, id] : outside_.acknowledged) (void)run(loop_, queue_->release(id));
    rest();
  }
  void pass(Seconds time) {
    clock_.advance(time);
    queue_->site_recovered("no such site");
    rest();
  }
  /// Until nothing more happens, but no longer than what does not end on a broken disk.
  void rest() {
    for (int quiet = 0, turns = 0; quiet < 3 && turns < 300; ++turns) {
      auto nothing = [] { return 0; };
      (void)run(loop_, pool_.run(spool::Priority::background, std::move(nothing)));
      quiet = queue_->totals().active == 0 ? quiet + 1 : 0;
    }
  }

 private:
  Outside& outside_;
  boost::asio::io_context loop_;
  test::FakeClock& clock_;
  spool::DiskPool pool_{1};
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<Queue> queue_;
};

/// Of every acknowledged one, in which messages it is.
void expect_each_in_one(const test::MemoryDisk& disk, const Outside& outside) {
  std::map<std::size_t, std::set<std::string>> places;
  const auto note = [&](const std::string& id, const std::string& text) {
    for (const std::size_t number : words_in(text)) places[number].insert(id);
  };
  for (const auto& [id, text] : outside.delivered) note(id.str(), text);
  for (const std::string area : {"spool/queue", "spool/hold"}) {
    for (const std::string& name : disk.names(area)) note(name, disk.content(area + "/" + name));
  }
  for (const auto& [number, id] : outside.acknowledged) {
    ASSERT_EQ(places[number].size(), 1U) << "message " << id.text() << " of run " << number << " is in "
                                         << testing::PrintToString(places[number]);
    const QueueId in = *QueueId::parse(*places[number].begin());
    if (in == id) continue;
    ASSERT_TRUE(outside.told.contains({id, in})) << "no history tells that " << id.text() << " is in " << in.text();
    ASSERT_TRUE(outside.begun.contains(in)) << "nor of the digest";
  }
}

class StormsCrash : public testing::TestWithParam<unsigned> {};

TEST_P(StormsCrash, EveryOriginalIsInExactlyOneOfQueueDigestAndDelivered) {
  const test::ExpectLog any("");  // each kind of warning may come
  Outside outside;
  outside.chance.seed(GetParam());
  test::FakeClock clock;
  auto disk = std::make_unique<test::MemoryDisk>();
  for (int crash = 0; crash < 8; ++crash) {
    std::unique_ptr<test::MemoryDisk> left;
    {
      StormyLife life(*disk, clock, outside);
      expect_each_in_one(*disk, outside);
      if (HasFatalFailure()) return;
      const std::size_t crash_at = outside.chance() % 30;
      for (std::size_t step = 0; step < 30; ++step) {
        if (step == crash_at) disk->crash_after(1 + outside.chance() % 150);
        if (outside.one_in(10)) outside.down = !outside.down;
        // What is promised to an operator when the disk dies is not known.
        if (step < crash_at && outside.one_in(6)) life.handle();
        for (std::size_t i = outside.chance() % 6; i > 0; --i) life.come();
        life.pass(Seconds(outside.chance() % (outside.one_in(3) ? 700 : 60)));
        if (step < crash_at) expect_each_in_one(*disk, outside);
        if (HasFatalFailure()) return;
      }
      left = disk->one_after_crash([&outside](std::size_t count) { return outside.chance() % count; });
    }
    disk = std::move(left);
    // What was delivered is forgotten without a sync, so that it may be there again, and is delivered once more.
    for (const std::string& name : disk->names("spool/queue")) outside.delivered.erase(*QueueId::parse(name));
  }
  outside.down = false;
  StormyLife life(*disk, clock, outside);
  life.release_all();
  for (int hour = 0; hour < 30; ++hour) life.pass(Seconds(3600));
  EXPECT_TRUE(disk->names("spool/queue").empty());
  EXPECT_TRUE(disk->names("spool/gather").empty());
  expect_each_in_one(*disk, outside);
  EXPECT_GT(outside.digests, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StormsCrash, testing::Range(1U, test::seeds(4, 8) + 1));

}  // namespace
}  // namespace postern::queue
