// Random sequences of answers for many messages, senders and parties, over the whole queue in virtual time. Whatever
// the smarthost says, and whenever:
//   nothing is given up without a known verdict, the proof of decide.h, or retry.expire;
//   what has the proof ends;
//   no site, and no sender at a site, gets more attempts than the steps allow;
//   nobody's mail waits for the bad mail of another party, nor for that of the own which is taken in part;
//   nothing waits for ever for a limit.
#include "queue/decide.h"
#include "queue/site_judge.h"
#include "queue_fixture.h"
#include "support/expected_log.h"
#include "support/seeds.h"

#include <array>
#include <cmath>
#include <random>
#include <set>

namespace postern::queue {
namespace {

/// partly: one recipient is taken, another refused in words about the site, which prove to be of that one the next
/// time. spoofing: refused in words about the sender, perhaps for what it holds.
enum class LetterKind { good, disliked, cut_off, unknown_recipient, put_off, partly, spoofing };
constexpr std::array kLetterKinds = {
    LetterKind::good,    LetterKind::good,   LetterKind::disliked, LetterKind::cut_off, LetterKind::unknown_recipient,
    LetterKind::put_off, LetterKind::partly, LetterKind::spoofing};
constexpr unsigned kConnections = 2;

struct Letter {
  QueueId id;
  LetterKind kind = LetterKind::good;
  std::string sender;
  std::uint32_t owner = 0;
  WallTime accepted;
  std::vector<WallTime> refused;  ///< in doubt
  WallTime last;                  ///< attempt
  unsigned attempts = 0;
  bool taken = false;
  bool failed = false;    ///< by a known verdict
  bool may_end = false;   ///< the last attempt had the proof
  bool must_end = false;  ///< and had it for more than a moment
};

/// What the smarthost does, and everything that it saw.
struct Server {
  struct Acceptance {
    std::string sender;
    std::size_t letter;
    WallTime when;
  };
  [[nodiscard]] bool proof(std::size_t letter, WallTime now, WallTime taken_before) const {
    const Letter& one = letters[letter];
    if (one.refused.size() + 1 < kProvingRefusals || now - one.refused.front() < kProvingTime) return false;
    return std::ranges::any_of(accepted, [&](const Acceptance& other) {
      return other.letter != letter && other.sender == one.sender && other.when > one.refused.front() &&
             other.when <= taken_before;
    });
  }

  bool down = false;
  bool refuses_every = false;
  std::set<std::string> not_owned;
  std::vector<Letter> letters;  ///< the address of each one's recipient begins with its place
  std::vector<Acceptance> accepted;
  // Since what is now began.
  std::size_t attempts_down = 0;
  std::size_t attempts_refused = 0;  ///< after the one that closes the site
  std::set<std::size_t> refused;
  std::map<std::pair<std::string, std::uint32_t>, std::size_t> attempts_not_owned;  ///< each party has its probes
};

DeliveryReport answer(Server& upstream, mail::Message& message, WallTime now) {
  const std::size_t place = std::stoul(message.envelope().recipients[0].address);
  Letter& letter = upstream.letters[place];
  DeliveryReport report;
  report.recipients.resize(message.pending().size());
  const auto doubt = [&] {
    if (letter.must_end) ADD_FAILURE() << "tried again after the proof";
    letter.may_end = upstream.proof(place, now, now);
    letter.must_end = upstream.proof(place, now, now - Milliseconds(1));
    letter.refused.push_back(now);
    for (auto& one : report.recipients) {
      one = Status{mail::Verdict::deferred, 554, "5.0.0", "words that nobody knows", true};
    }
  };
  if (upstream.down) {
    ++upstream.attempts_down;
    return site_trouble(mail::Step::greeting);  // where mail that comes brings no probe forward
  }
  ++letter.attempts;
  letter.last = now;
  letter.may_end = false;
  if (upstream.refuses_every) {
    if (upstream.refused.size() >= SiteJudge::kRefusedMessages) ++upstream.attempts_refused;
    upstream.refused.insert(place);
    doubt();
    return report;
  }
  if (upstream.not_owned.contains(letter.sender)) {
    ++upstream.attempts_not_owned[{letter.sender, letter.owner}];
    report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
    return report;
  }
  switch (letter.kind) {
    case LetterKind::disliked: doubt(); return report;
    case LetterKind::cut_off: report.site = site_trouble(mail::Step::data).site; return report;
    case LetterKind::spoofing:
      report.sender = mail::SiteTrouble{mail::Step::end_of_data, Failure::denied, 550, "550 From is not yours"};
      report.sender->in_transaction = true;
      return report;
    case LetterKind::partly:
      if (letter.taken) {
        letter.failed = true;
        report.recipients[0] = refused();
        return report;
      }
      report.site = site_trouble(mail::Step::rcpt).site;
      break;
    case LetterKind::unknown_recipient:
      letter.failed = true;
      report.recipients[0] = refused();
      return report;
    case LetterKind::put_off:
      if (letter.attempts < 4) {
        report.recipients[0] = deferred();
        return report;
      }
      break;
    case LetterKind::good: break;
  }
  EXPECT_FALSE(letter.taken) << "twice";
  letter.taken = true;
  upstream.accepted.push_back({letter.sender, place, now});
  report.recipients[0] = delivered();
  return report;
}

Task<DeliveryReport> answer_later(Server* upstream, spool::DiskPool* pool, test::FakeClock* clock,
                                  mail::Message* message) {
  auto elsewhere = [] { return 0; };
  co_await pool->run(spool::Priority::normal, std::move(elsewhere));
  co_return answer(*upstream, *message, clock->wall());
}

/// How many probes the steps allow within this time, the jitter in their favour, beside those that were under way.
std::size_t allowed(Milliseconds time) {
  const Retry retry;
  std::size_t count = kConnections;
  double at = 0;
  for (double step = 5; at <= static_cast<double>(time.count()) / 1000; ++count) {
    at += 0.9 * step;
    step = std::min(2 * step, static_cast<double>(retry.max.count()));
  }
  return count;
}

class AnswersTest : public QueueTest {
 protected:
  AnswersTest() {
    close();
    spool = *spool::Spool::open(disk, "spool");
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, config(), {{"main", {kConnections}}},
                        [this](mail::Message& message, const std::string&) {
                          return answer_later(&upstream, &pool, &clock, &message);
                        });
    EXPECT_TRUE(run(loop, queue->start()));
    clock.advance(Seconds(1));
  }

  std::size_t submit(LetterKind kind, std::uint32_t owner, const std::string& sender) {
    const std::size_t place = upstream.letters.size();
    upstream.letters.emplace_back();
    upstream.letters.back().kind = kind;
    upstream.letters.back().sender = sender;
    upstream.letters.back().owner = owner;
    mail::Envelope made = envelope({std::to_string(place) + "@example.net"}, sender);
    made.source.uid = owner;
    if (kind == LetterKind::partly) {
      made.recipients.push_back(made.recipients[0]);
      made.recipients[1].address = std::to_string(place) + "@typo.example";
      made.recipients[1].notify = mail::kNotifyNever;
    }
    made.recipients[0].notify = mail::kNotifyNever;  // reports are messages, too, and not what this is about
    upstream.letters[place].accepted = clock.wall();
    const QueueId id = accept(std::move(made));
    upstream.letters[place].id = id;
    return place;
  }

  // What the smarthost is like changes; what the time before allowed is judged.
  void set_down(bool down) {
    if (upstream.down) {
      EXPECT_LE(upstream.attempts_down, allowed(clock.wall() - since_down));
    }
    upstream.down = down;
    upstream.attempts_down = 0;
    since_down = clock.wall();
    set_refuses(upstream.refuses_every);
  }
  void set_refuses(bool refuses) {
    if (upstream.refuses_every) {
      // Each of the three parties may open the site once.
      EXPECT_LE(upstream.attempts_refused, allowed(clock.wall() - since_refuses) + 3 * SiteJudge::kMostMessages);
    }
    upstream.refuses_every = refuses;
    upstream.attempts_refused = 0;
    upstream.refused.clear();
    since_refuses = clock.wall();
  }
  void set_owned(const std::string& sender, bool owned) {
    if (upstream.not_owned.contains(sender)) {
      for (std::uint32_t party = 0; party < 3; ++party) {
        const std::size_t attempts = upstream.attempts_not_owned[{sender, party}];
        EXPECT_LE(attempts, allowed(clock.wall() - since_not_owned[sender])) << sender << ' ' << party;
      }
    }
    if (owned) {
      upstream.not_owned.erase(sender);
    } else {
      upstream.not_owned.insert(sender);
    }
    for (std::uint32_t party = 0; party < 3; ++party) upstream.attempts_not_owned[{sender, party}] = 0;
    since_not_owned[sender] = clock.wall();
  }

  [[nodiscard]] bool is_waiting(const Letter& letter) {
    const auto entry = run(loop, queue->find(letter.id));
    return entry && entry->state == State::waiting;
  }

  /// All that has gone, went for a reason.
  void judge_ends() {
    for (const Letter& letter : upstream.letters) {
      const bool waits = is_waiting(letter);
      if (waits) {
        const bool half = letter.kind == LetterKind::partly && !letter.failed;
        EXPECT_FALSE(letter.must_end || letter.failed || (letter.taken && !half)) << letter.id.text();
        continue;
      }
      // Without an attempt, too, in trouble of its sender or where every message was refused.
      const bool expired = clock.wall() - letter.accepted > config().retry.expire;
      EXPECT_TRUE(letter.taken || letter.failed || letter.may_end || expired)
          << "given up after " << letter.attempts << " attempts, of kind " << static_cast<int>(letter.kind);
    }
  }

  Server upstream;
  WallTime since_down, since_refuses;
  std::map<std::string, WallTime> since_not_owned;
};

TEST_F(AnswersTest, NothingIsGivenUpWithoutAReasonAndNoSiteIsTriedMoreThanItsStepsAllow) {
  for (unsigned seed = 1; seed <= test::seeds(2, 8); ++seed) {
    SCOPED_TRACE(seed);
    const test::ExpectLog any("");  // each kind of warning may come
    std::minstd_rand chance(seed);
    const auto one_in = [&](unsigned long count) { return chance() % count == 0; };
    upstream.letters.clear();
    upstream.accepted.clear();
    const auto sender_of_party = [](std::uint32_t party, std::uint32_t which) {
      return "s" + std::to_string(which) + "@party" + std::to_string(party) + ".example";
    };
    for (int i = 0; i < 150; ++i) {
      const auto party = static_cast<std::uint32_t>(chance() % 3);
      const std::string sender = sender_of_party(party, static_cast<std::uint32_t>(chance() % 3));
      const auto author = one_in(4) ? static_cast<std::uint32_t>(chance() % 3) : party;  // some write as another
      if (one_in(2)) submit(kLetterKinds.at(chance() % kLetterKinds.size()), author, sender);
      if (one_in(15)) set_down(one_in(2));
      if (one_in(15)) set_refuses(one_in(2));
      if (one_in(8)) set_owned(sender, one_in(2));
      pass(Seconds(1 + chance() % (one_in(4) ? 1200 : 90)));
      if (HasFailure()) return;
    }
    judge_ends();
    set_down(false);
    set_refuses(false);
    for (std::uint32_t party = 0; party < 3; ++party) {
      for (std::uint32_t which = 0; which < 3; ++which) set_owned(sender_of_party(party, which), true);
    }
    // Well from now on: all that can be taken is, and what nothing proves expires.
    // Some mail that is taken comes now and then: without any, a site that refused every message has no sign that it is
    // well, and what needs several attempts may have too few probes.
    for (int hour = 0; hour < 7 * 24; ++hour) {
      if (hour % 2 == 0 && hour < 6 * 24) submit(LetterKind::good, 2, "root@two.example");
      pass(Seconds(3600));
      if (hour == 4 * 24) judge_ends();  // before anything expires
    }
    judge_ends();
    for (const Letter& letter : upstream.letters) {
      EXPECT_FALSE(is_waiting(letter)) << "ends";
      const bool sound = letter.kind == LetterKind::good || letter.kind == LetterKind::put_off;
      if (sound && letter.refused.size() < kProvingRefusals) {
        // The server takes one that it puts off at the fourth attempt.
        const bool put_off = letter.kind == LetterKind::put_off && letter.attempts < 4;
        EXPECT_TRUE(letter.taken || put_off)
            << "what the server would take was given up: kind " << static_cast<int>(letter.kind) << ", "
            << letter.attempts << " attempts, " << letter.refused.size() << " refusals, the last after "
            << std::chrono::duration_cast<std::chrono::hours>(letter.last - letter.accepted).count() << " hours";
      }
    }
    if (HasFailure()) return;
  }
}

TEST_F(AnswersTest, ABadMessageOfOnePartyKeepsNobodyElsesWaiting) {
  const test::ExpectLog any("");
  for (unsigned seed = 1; seed <= test::seeds(2, 4); ++seed) {
    SCOPED_TRACE(seed);
    std::minstd_rand chance(seed);
    // Two that are disliked are no reason to close the site; of the others any number.
    for (int i = 0; i < 12; ++i) submit(LetterKind::cut_off, 1, "cut" + std::to_string(i % 3) + "@one.example");
    for (int i = 0; i < 2 && seed == 1; ++i) submit(LetterKind::disliked, 1, "spam@one.example");
    set_owned("foreign@one.example", false);
    for (int i = 0; i < 12; ++i) submit(LetterKind::good, 1, "foreign@one.example");
    for (int i = 0; i < 60; ++i) {
      pass(Seconds(1 + chance() % 1200));
      const std::size_t alert = submit(LetterKind::good, 2, "root@two.example");
      ASSERT_TRUE(upstream.letters[alert].taken) << "at once";
      if (chance() % 3 == 0) submit(kLetterKinds.at(3 + chance() % 3), 1, "more@one.example");
      if (chance() % 3 == 0) submit(LetterKind::spoofing, 1, "root@two.example");
    }
  }
}

TEST_F(AnswersTest, MailThatIsTakenInPartKeepsNoneWaiting) {
  const test::ExpectLog any("");
  std::minstd_rand chance(1);
  for (int i = 0; i < 200; ++i) {
    for (unsigned long bad = chance() % 4; bad > 0; --bad) submit(LetterKind::partly, 0, "root@two.example");
    const std::size_t alert = submit(LetterKind::good, 0, "root@two.example");
    ASSERT_TRUE(upstream.letters[alert].taken) << "at once, though of the same party";
    EXPECT_FALSE(queue->sites()[0].trouble);
    pass(Seconds(1 + chance() % 1200));
  }
}

TEST_F(AnswersTest, NothingWaitsForEverForALimit) {
  SiteOptions options;
  options.connections = kConnections;
  options.rate = {{RateLimit::Of::recipients, RateLimit::Per::hour, 50}};
  const auto to_so_many = [&](std::size_t recipients) {
    std::vector<std::string> to;
    for (std::size_t i = 0; i < recipients; ++i) to.push_back("r" + std::to_string(i) + "@example.net");
    mail::Envelope made = envelope(std::move(to), "s@one.example");
    for (mail::Recipient& one : made.recipients) one.notify = mail::kNotifyNever;
    return made;
  };
  for (unsigned seed = 1; seed <= test::seeds(1, 2); ++seed) {
    SCOPED_TRACE(seed);
    close();
    open({SiteConfig{"main", options}});
    std::minstd_rand chance(seed);
    std::vector<QueueId> large;
    for (int step = 0; step < 1000; ++step) {
      // There is always more small mail than there is room for.
      for (int i = 0; i < 2; ++i) accept(to_so_many(1));
      if (large.size() < 2 && chance() % 30 == 0) large.push_back(accept(to_so_many(35 + chance() % 35)));
      pass(Seconds(120));
    }
    for (const QueueId& id : large) EXPECT_FALSE(run(loop, queue->find(id))) << "it never goes";
    EXPECT_FALSE(large.empty());
  }
}

}  // namespace
}  // namespace postern::queue
