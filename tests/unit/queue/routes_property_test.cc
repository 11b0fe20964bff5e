// Random messages, routes, answers, reloads, reroutes and crashes over a disk in memory, in virtual time: the clock
// goes on as far as the queue says that it sleeps. Reloads and reroutes come while attempts are under way. Whatever
// happens:
//   no recipient of an accepted message is lost: each is delivered or refused in the end;
//   none is sent by a site that is not of its route, as the settings were when that attempt was begun;
//   none is sent twice between two crashes;
//   mail of a route that is up does not wait for one that is down;
//   the queue does not turn without end while nothing happens.
#include "queue/queue_impl.h"

#include "queue_fixture.h"
#include "support/expected_log.h"
#include "support/seeds.h"

#include <array>
#include <map>
#include <random>
#include <set>

namespace postern::queue {
namespace {

using Random = std::minstd_rand;

constexpr Seconds kSomeBackOffs{3 * 3600};

const std::array<std::string, 3> kSites{"a", "b", "c"};
const std::array<std::string, 4> kDomains{"one.example", "two.example", "three.example", "four.example"};
const std::array<std::string, 3> kSenders{"anna@corp.example", "bob@corp.example", "web@shop.example"};

RouteRule rule(std::vector<std::string> senders, std::vector<std::string> recipients, std::vector<std::string> groups,
               std::vector<std::string> sites) {
  RouteRule made;
  made.senders = std::move(senders);
  made.recipients = std::move(recipients);
  made.groups = std::move(groups);
  made.smarthosts = std::move(sites);
  return made;
}

/// The settings that reloads go to and fro between; none at all is among them.
std::vector<std::vector<RouteRule>> all_rules() {
  return {
      {},
      {rule({}, {"*@one.example"}, {}, {"a"}), rule({}, {"*@two.example"}, {}, {"b"}),
       rule({}, {"*@three.example"}, {}, {"c", "a"})},
      {rule({"anna@corp.example"}, {}, {}, {"b"}), rule({}, {"*@one.example", "*@four.example"}, {}, {"c"}),
       rule({}, {}, {}, {"a", "b"})},
      {rule({}, {"*@one.example"}, {"staff"}, {"c"}), rule({"*@corp.example"}, {"*@two.example"}, {}, {"a"}),
       rule({}, {}, {"staff"}, {"b"})},
  };
}

struct RoutedLetter {
  std::string sender;
  std::uint32_t uid = 0;  ///< odd: of the staff
  std::vector<std::string> recipients;
  std::string rerouted_to;
  std::set<std::string> rerouted_before;  ///< since nothing was under way
  std::set<std::size_t> rules_before;     ///< of an attempt that was begun before a reload
};

/// What lasts over crashes: the world outside, and what was promised to it.
struct World {
  std::map<std::string, RoutedLetter> letters;   ///< accepted, by id
  std::map<std::string, std::string> letter_of;  ///< by recipient; each gets one message
  std::set<std::string> ended;                   ///< delivered, or refused for good
  std::set<std::string> taken;                   ///< delivered since the last crash
  std::set<std::string> down;
  bool gentle = false;  ///< every site takes everything
  bool mute = false;    ///< the name service
  int asked = 0;        ///< questions to it that are open
  std::size_t rules = 0;
  Random chance{1};
  std::size_t attempts = 0;

  [[nodiscard]] bool one_in(unsigned long count) { return chance() % count == 0; }

  /// Written for this test alone: what the sites of this recipient are.
  [[nodiscard]] std::vector<std::string> route_of(const RoutedLetter& letter, const std::string& recipient) const {
    return route_by(rules, letter.rerouted_to, letter, recipient);
  }
  [[nodiscard]] static std::vector<std::string> route_by(std::size_t rules_then, const std::string& rerouted_to,
                                                         const RoutedLetter& letter, const std::string& recipient) {
    if (!rerouted_to.empty()) return {rerouted_to};
    const std::string domain = recipient.substr(recipient.find('@') + 1);
    switch (rules_then) {
      case 1:
        if (domain == "one.example") return {"a"};
        if (domain == "two.example") return {"b"};
        if (domain == "three.example") return {"c", "a"};
        break;
      case 2:
        if (letter.sender == "anna@corp.example") return {"b"};
        if (domain == "one.example" || domain == "four.example") return {"c"};
        return {"a", "b"};
      case 3:
        if (domain == "one.example" && letter.uid % 2 == 1) return {"c"};
        if (letter.sender.ends_with("@corp.example") && domain == "two.example") return {"a"};
        if (letter.uid % 2 == 1) return {"b"};
        break;
      default: break;
    }
    return {kSites.begin(), kSites.end()};
  }
  /// As it is, or was when the attempt was begun.
  [[nodiscard]] bool may_go(const RoutedLetter& letter, const std::string& recipient, const std::string& site) const {
    std::set<std::size_t> all_then = letter.rules_before;
    std::set<std::string> reroutes = letter.rerouted_before;
    all_then.insert(rules);
    reroutes.insert(letter.rerouted_to);
    for (const std::size_t then : all_then) {
      for (const std::string& to : reroutes) {
        const std::vector<std::string> route = route_by(then, to, letter, recipient);
        if (std::ranges::find(route, site) != route.end()) return true;
      }
    }
    return false;
  }
  void nothing_under_way() {
    for (auto& [id, letter] : letters) {
      letter.rerouted_before.clear();
      letter.rules_before.clear();
    }
  }
  [[nodiscard]] bool has_way(const RoutedLetter& letter, const std::string& recipient) const {
    return std::ranges::any_of(route_of(letter, recipient), [&](const auto& site) { return !down.contains(site); });
  }
};

void look_at_routes(World& world, mail::Message& message, const std::string& site) {
  ++world.attempts;
  RoutedLetter* own = nullptr;
  for (const std::size_t index : message.pending()) {
    const std::string& to = message.envelope().recipients[index].address;
    const auto known = world.letter_of.find(to);
    // One of which the disk says more than it promised.
    if (known == world.letter_of.end()) continue;
    own = &world.letters[known->second];
    EXPECT_TRUE(world.may_go(*own, to, site)) << to << " by " << site << ", rules " << world.rules;
  }
  // The next attempt is begun by the rules as they are.
  if (own != nullptr) own->rules_before.clear();
}

DeliveryReport answer(World& world, mail::Message& message, const std::string& site) {
  const mail::Envelope& envelope = message.envelope();
  DeliveryReport report;
  report.recipients.resize(message.pending().size());
  if (world.down.contains(site)) return site_trouble(mail::Step::greeting);
  if (!world.gentle && world.one_in(12)) {
    report.site = site_trouble(mail::Step::data).site;
    return report;
  }
  if (!world.gentle && world.one_in(20)) {
    report.uncertain = true;
    return report;
  }
  if (!world.gentle && world.one_in(25)) {
    report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
    return report;
  }
  for (std::size_t k = 0; k < report.recipients.size(); ++k) {
    const std::string& to = envelope.recipients[message.pending()[k]].address;
    if (!world.gentle && world.one_in(20)) {
      report.recipients[k] = Status{mail::Verdict::deferred, 554, "5.0.0", "we do not like this", true};
    } else if (!world.gentle && world.one_in(4)) {
      report.recipients[k] = deferred();
    } else if (!world.gentle && world.one_in(15)) {
      report.recipients[k] = refused();
      world.ended.insert(to);
    } else {
      EXPECT_TRUE(world.taken.insert(to).second) << to << " twice";
      report.recipients[k] = delivered();
      world.ended.insert(to);
    }
  }
  return report;
}

Task<DeliveryReport> answer_later(World* world, spool::DiskPool* pool, mail::Message* message, std::string site) {
  look_at_routes(*world, *message, site);
  for (std::size_t turns = 1 + world->chance() % 20; turns > 0; --turns) {
    auto elsewhere = [] { return 0; };
    co_await pool->run(spool::Priority::normal, std::move(elsewhere));
  }
  co_return answer(*world, *message, site);
}

Task<Result<mail::User>> user_in(World* world, spool::DiskPool* pool, std::uint32_t uid) {
  ++world->asked;
  for (std::size_t turns = world->chance() % 40; turns > 0; --turns) {
    auto elsewhere = [] { return 0; };
    co_await pool->run(spool::Priority::normal, std::move(elsewhere));
  }
  --world->asked;
  if (world->mute) co_return Error{Failure::timeout, "nobody answers"};
  mail::User user{false, "u" + std::to_string(uid), {}};
  if (uid % 2 == 1) user.groups.emplace_back("staff");
  co_return user;
}

Config config_for(World& world, spool::DiskPool& pool) {
  Config made;
  made.hostname = "web1.example.net";
  made.domain = "example.net";
  made.retry.expire = Seconds(365L * 24 * 3600);
  mail::LocalNames names;
  names.hostname = made.hostname;
  names.domain = made.domain;
  made.routing = Routes(all_rules().at(world.rules), names);
  made.user = [&world, &pool](std::uint32_t uid) { return user_in(&world, &pool, uid); };
  return made;
}

std::vector<SiteConfig> sites() {
  std::vector<SiteConfig> made;
  for (const std::string& name : kSites) made.push_back({name, {2}});
  made.back().options.rate = {{RateLimit::Of::recipients, RateLimit::Per::minute, 10}};
  return made;
}

/// The daemon between two crashes.
class RoutedLife {
 public:
  RoutedLife(test::MemoryDisk& disk, test::FakeClock& time, World& outside) : world(outside), clock(time) {
    spool_ = *spool::Spool::open(disk, "spool");
    queue = std::make_unique<QueueImpl>(loop.get_executor(), *spool_, pool, clock, config_for(world, pool), sites(),
                                        [this](mail::Message& message, const std::string& site) {
                                          return answer_later(&world, &pool, &message, site);
                                        });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  ~RoutedLife() { run(loop, queue->stop()); }
  RoutedLife(const RoutedLife&) = delete;
  RoutedLife& operator=(const RoutedLife&) = delete;

  /// The world knows of it before it can be tried.
  void accept(std::size_t number) {
    RoutedLetter letter;
    letter.sender = kSenders.at(world.chance() % kSenders.size());
    letter.uid = static_cast<std::uint32_t>(world.chance() % 6);
    mail::Envelope envelope;
    envelope.sender = letter.sender;
    envelope.source.kind = mail::Source::Kind::local;
    envelope.source.uid = letter.uid;
    for (std::size_t i = 0; i <= world.chance() % 4; ++i) {
      mail::Recipient one;
      one.address =
          std::to_string(number) + "-" + std::to_string(i) + "@" + kDomains.at(world.chance() % kDomains.size());
      one.notify = mail::kNotifyNever;
      letter.recipients.push_back(one.address);
      envelope.recipients.push_back(std::move(one));
    }
    auto intake = queue->begin(std::move(envelope));
    const std::string id = intake->id().str();
    for (const std::string& to : letter.recipients) world.letter_of[to] = id;
    world.letters[id] = letter;
    const bool stored = run(loop, intake->append("Subject: hi\n\nbody\n")).has_value() &&
                        run(loop, intake->commit(18, mail::BodyType::seven_bit)).has_value();
    if (!stored) {
      for (const std::string& to : letter.recipients) world.letter_of.erase(to);
      world.letters.erase(id);
    }
  }
  void reroute() {
    if (world.letters.empty()) return;
    const auto one = some_letter();
    const std::string before = one->second.rerouted_to;
    const std::string to = world.one_in(3) ? std::string() : kSites.at(world.chance() % kSites.size());
    one->second.rerouted_before.insert({before, to});
    if (run(loop, queue->reroute(*QueueId::parse(one->first), to))) one->second.rerouted_to = to;
  }
  void reload() {
    for (auto& [id, letter] : world.letters) letter.rules_before.insert(world.rules);
    world.rules = world.chance() % all_rules().size();
    queue->configure(config_for(world, pool), sites());
    // Of what is not under way no attempt was begun before.
    for (auto& [id, letter] : world.letters) {
      const Result<Entry> entry = run(loop, queue->find(*QueueId::parse(id)));
      if (!entry || entry->state != State::active) letter.rules_before.clear();
    }
  }
  void hold() {
    if (!world.letters.empty()) (void)run(loop, queue->hold(*QueueId::parse(some_letter()->first)));
  }
  void release() {
    for (const auto& [id, letter] : world.letters) (void)run(loop, queue->release(*QueueId::parse(id)));
  }
  void remove() {
    if (world.letters.empty()) return;
    const auto one = some_letter();
    if (!run(loop, queue->remove(*QueueId::parse(one->first)))) return;
    world.ended.insert(one->second.recipients.begin(), one->second.recipients.end());
  }
  std::map<std::string, RoutedLetter>::iterator some_letter() {
    auto one = world.letters.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(world.chance() % world.letters.size()));
    return one;
  }
  /// Some of what is under way goes on.
  void some_turns() {
    for (std::size_t turns = world.chance() % 30; turns > 0; --turns) turn();
  }
  void turn() {
    auto nothing = [] { return 0; };
    (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
  }
  /// Until nothing is under way, no question is open, and whatever was to be read is read: time that passes meanwhile
  /// would be that of a disk which hangs.
  void settle() {
    int turns = 0;
    for (int quiet = 0; quiet < 20;) {
      ASSERT_LT(++turns, 20'000) << "there is no rest";
      turn();
      quiet = queue->totals().active == 0 && world.asked == 0 ? quiet + 1 : 0;
    }
    world.nothing_under_way();
  }
  /// The clock goes on by what the queue sleeps, as its timer would.
  void pass(Seconds time) {
    const WallTime end = clock.wall() + time;
    int in_vain = 0;
    while (clock.wall() < end) {
      settle();
      const Milliseconds left = end - clock.wall();
      const Milliseconds wait = std::min(queue->sleeps_for().value_or(left), left);
      in_vain = wait <= Milliseconds(1) ? in_vain + 1 : 0;
      ASSERT_LT(in_vain, 20) << "it turns without end";
      clock.advance(std::max(wait, Milliseconds(0)));
      queue->clock_changed();
    }
    settle();
  }

  /// For the message of a failure.
  std::string shown(const std::string& id) {
    const std::optional<QueueId> number = QueueId::parse(id);
    if (!number) return ", which is no name of a message";
    const Result<Entry> entry = run(loop, queue->find(*number));
    if (!entry) return ": " + entry.error().text;
    std::string text = ": " + std::string(name(entry->state)) + ", " + entry->reason + ", at " + entry->site;
    if (entry->next) text += ", next in " + std::to_string((*entry->next - clock.wall()).count()) + " ms";
    for (const std::string& route : entry->routes) text += "; by " + route;
    for (const std::string& site : world.down) text += "; down: " + site;
    for (const SiteStatus& site : queue->sites()) {
      text += "; " + site.name + (site.trouble ? " in trouble" : " well") + (site.limited ? ", limited" : "");
      if (site.next_probe) text += ", probed in " + std::to_string((*site.next_probe - clock.wall()).count()) + " ms";
      for (const SenderStatus& one : site.senders) text += ", not for " + one.sender;
    }
    return text;
  }

  World& world;
  boost::asio::io_context loop;
  test::FakeClock& clock;
  spool::DiskPool pool{1};
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<QueueImpl> queue;
};

class RoutesProperty : public testing::TestWithParam<unsigned> {};

/// Everything that may happen but a crash.
void live(RoutedLife& life, std::size_t steps, std::size_t& number) {
  World& world = life.world;
  for (std::size_t step = 0; step < steps; ++step) {
    while (world.one_in(2)) life.accept(number++);
    if (world.one_in(6)) {
      const std::string& site = kSites.at(world.chance() % kSites.size());
      if (world.down.erase(site) == 0) world.down.insert(site);
    }
    if (world.one_in(8)) world.mute = !world.mute;
    life.some_turns();
    if (world.one_in(6)) life.reload();
    if (world.one_in(6)) life.reroute();
    if (world.one_in(12)) life.hold();
    if (world.one_in(6)) life.release();
    if (world.one_in(20)) life.remove();
    life.some_turns();
    if (world.one_in(3)) life.pass(Seconds(1 + world.chance() % (world.one_in(4) ? 4000 : 100)));
    if (testing::Test::HasFailure()) return;
  }
  life.settle();
}

TEST_P(RoutesProperty, NoRecipientIsLostAndNoneGoesByAnothersRoute) {
  const test::ExpectLog any("");  // each kind of warning may come
  World world;
  world.chance.seed(GetParam());
  test::FakeClock clock;
  auto disk = std::make_unique<test::MemoryDisk>();
  std::size_t number = 0;
  for (int crash = 0; crash < 3; ++crash) {
    world.taken.clear();
    std::unique_ptr<test::MemoryDisk> left;
    {
      RoutedLife life(*disk, clock, world);
      live(life, 20, number);
      disk->crash_after(1 + world.chance() % 60);
      // What is promised to an operator when the disk dies is not known: nothing is rerouted then.
      for (int step = 0; step < 6; ++step) {
        life.accept(number++);
        life.pass(Seconds(1 + world.chance() % 2000));
      }
      left = disk->one_after_crash([&world](std::size_t count) { return world.chance() % count; });
    }
    disk = std::move(left);
    if (HasFailure()) return;
  }
  world.taken.clear();
  RoutedLife life(*disk, clock, world);
  live(life, 20, number);
  life.release();
  // Whoever has a way is served within a back-off, that of its site, and that of its sender there, whatever is down.
  world.gentle = true;
  world.mute = false;
  life.pass(kSomeBackOffs);
  // What was refused again and again in doubt has failed, if other mail of its sender was taken.
  const auto ended = [&](const std::string& to, const std::string& id) {
    if (world.ended.contains(to)) return true;
    const Result<Entry> entry = run(life.loop, life.queue->find(*QueueId::parse(id)));
    return entry && std::ranges::any_of(entry->recipients, [&to](const auto& one) {
             return one.address == to && one.last && one.last->verdict == mail::Verdict::failed;
           });
  };
  for (const auto& [to, id] : world.letter_of) {
    const RoutedLetter& letter = world.letters[id];
    EXPECT_TRUE(ended(to, id) || !world.has_way(letter, to))
        << to << " of " << id << " waits for another" << life.shown(id);
  }
  world.down.clear();
  life.pass(kSomeBackOffs);
  for (const auto& [to, id] : world.letter_of) {
    EXPECT_TRUE(ended(to, id)) << to << " of " << id << " is lost" << life.shown(id);
  }
  for (const std::string& name : disk->names("spool/queue")) ADD_FAILURE() << name << " is left" << life.shown(name);
  EXPECT_GT(world.attempts, 50U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoutesProperty, testing::Range(1U, test::seeds(4, 12) + 1));

}  // namespace
}  // namespace postern::queue
