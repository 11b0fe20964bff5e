#include "simulation/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace postern::simulation {
namespace {

constexpr WallTime kBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
constexpr Seconds kDay{24 * 3600};

/// SplitMix64: the same numbers with every compiler and library.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t number() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  double fraction() { return static_cast<double>(number() >> 11U) / 9007199254740992.0; }
  Milliseconds up_to(Milliseconds most) {
    return Milliseconds(static_cast<Milliseconds::rep>(number() % static_cast<std::uint64_t>(most.count() + 1)));
  }

 private:
  std::uint64_t state_;
};

class Smarthost {
 public:
  explicit Smarthost(const Scenario& scenario) : scenario_(scenario) {}

  /// What a host finds that connects now, and how long that takes; ends with leave().
  enum class Answer { taken, away, crowded, greylisted, over_the_day };
  std::pair<Answer, Milliseconds> meet(std::size_t host, Milliseconds now) {
    ++connected_;
    if (scenario_.away && now >= kLeaves && now < kReturns) return {Answer::away, Milliseconds(20)};
    if (scenario_.at_once != 0 && connected_ > scenario_.at_once) return {Answer::crowded, Milliseconds(50)};
    const Milliseconds took(400);
    if (scenario_.greylists) {
      const auto [known, fresh] = known_.try_emplace(host, now);
      if (fresh || now - known->second < kGreylisted) return {Answer::greylisted, took};
    }
    std::deque<Milliseconds>& day = taken_[host];
    while (!day.empty() && day.front() + kDay <= now) day.pop_front();
    if (scenario_.a_day != 0 && day.size() >= scenario_.a_day) return {Answer::over_the_day, took};
    day.push_back(now);
    return {Answer::taken, took};
  }
  void leave() { --connected_; }

 private:
  const Scenario& scenario_;
  std::size_t connected_ = 0;
  std::map<std::size_t, Milliseconds> known_;
  std::map<std::size_t, std::deque<Milliseconds>> taken_;
};

mail::DeliveryReport report_of(Smarthost::Answer answer) {
  using enum Smarthost::Answer;
  mail::DeliveryReport report;
  report.recipients.resize(1);
  if (answer == away) {
    report.site = mail::SiteTrouble{mail::Step::connect, Failure::refused, 0, "connection refused", false};
  } else if (answer == crowded) {
    report.site = mail::SiteTrouble{mail::Step::greeting, Failure::refused, 421, "421 too many connections", false};
    report.site->crowded = true;
  } else if (answer == taken) {
    report.recipients[0] = mail::Status{mail::Verdict::delivered, 250, "2.0.0", "Ok"};
  } else {
    report.recipients[0] = mail::Status{mail::Verdict::deferred, 451, "4.7.1", "later"};
  }
  return report;
}

struct Host {
  queue::Site site;
  queue::Rate rate;
  std::set<std::pair<WallTime, QueueId>> waiting;  // by their next attempt
  std::optional<Milliseconds> wakes{};
};

struct Event {
  enum class Kind { alert, wake, end };
  Milliseconds when;
  std::uint64_t order = 0;  // those of one time as they were made
  Kind kind = Kind::wake;
  std::size_t host = 0;
  QueueId message{};
  queue::Site::Permit permit{};
  Smarthost::Answer answer = Smarthost::Answer::taken;

  friend bool operator>(const Event& a, const Event& b) {
    return std::pair(a.when, a.order) > std::pair(b.when, b.order);
  }
};

class World {
 public:
  World(const Scenario& scenario, std::uint64_t seed) : scenario_(scenario), chance_(seed), smarthost_(scenario) {
    queue::SiteConfig config{"smtp.example.com", {}};
    config.options.rate = scenario.rate;
    for (std::size_t i = 0; i < kHosts; ++i) {
      hosts_.push_back(Host{queue::Site(config), {}, {}});
      next_alert(i, Milliseconds(0));
    }
  }

  Outcome run() {
    while (!events_.empty() && events_.top().when <= kEnd) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.when;
      Host& host = hosts_[event.host];
      if (event.kind == Event::Kind::alert) accept(event.host);
      if (event.kind == Event::Kind::end) finish(host, event);
      if (event.kind == Event::Kind::wake) host.wakes.reset();
      dispatch(event.host);
    }
    std::ranges::sort(backlog_in_);
    if (!backlog_in_.empty()) {
      outcome_.half = backlog_in_[backlog_in_.size() / 2];
      outcome_.last = backlog_in_.back();
    }
    for (const auto& [second, attempts] : attempts_) {
      if (second >= kReturns) outcome_.busiest_second = std::max(outcome_.busiest_second, attempts);
    }
    return outcome_;
  }

 private:
  [[nodiscard]] WallTime wall() const { return kBegin + now_; }
  [[nodiscard]] SteadyTime steady() const { return SteadyTime(now_); }

  void add(Event event) {
    event.order = ++made_;
    events_.push(event);
  }

  void next_alert(std::size_t host, Milliseconds after) {
    Event alert;
    alert.when = after + chance_.up_to(Seconds(20 * 60));
    alert.host = host;
    alert.kind = Event::Kind::alert;
    if (alert.when < kAlerts) add(alert);
  }

  void accept(std::size_t number) {
    Host& host = hosts_[number];
    const auto time = std::chrono::time_point_cast<std::chrono::microseconds>(wall());
    host.waiting.emplace(wall(), QueueId::make(time, ++made_));
    ++outcome_.alerts;
    host.site.force_probe(steady(), queue::Probe::hint);
    next_alert(number, now_);
  }

  void dispatch(std::size_t number) {
    Host& host = hosts_[number];
    while (!host.waiting.empty()) {
      const auto [due, id] = *host.waiting.begin();
      if (due > wall()) return wake_at(number, due - kBegin);
      if (const auto closed = host.rate.closed(scenario_.rate, wall())) return wake_at(number, closed->until - kBegin);
      if (!host.site.accepts(steady())) {
        const auto opens = host.site.wake(steady());
        if (opens) wake_at(number, std::chrono::ceil<Milliseconds>(opens->time_since_epoch()));
        return;
      }
      host.waiting.erase(host.waiting.begin());
      if (const auto wait = host.rate.take(scenario_.rate, id, 1, wall())) {
        host.waiting.emplace(wait->first ? WallTime() : wait->until, id);
        continue;
      }
      attempt(number, id);
    }
  }

  void wake_at(std::size_t number, Milliseconds when) {
    Host& host = hosts_[number];
    when = std::max(when, now_ + Milliseconds(1));
    if (host.wakes && *host.wakes <= when) return;
    host.wakes = when;
    Event event;
    event.when = when;
    event.host = number;
    add(event);
  }

  void attempt(std::size_t number, const QueueId& id) {
    ++attempts_[std::chrono::floor<Seconds>(now_)];
    if (now_ >= kLeaves && now_ < kReturns) ++outcome_.while_away;
    Event end;
    end.permit = hosts_[number].site.started(steady());
    const auto [answer, took] = smarthost_.meet(number, now_);
    end.when = now_ + took + chance_.up_to(Milliseconds(200));
    end.kind = Event::Kind::end;
    end.host = number;
    end.message = id;
    end.answer = answer;
    outcome_.turned_away += answer == Smarthost::Answer::crowded ? 1 : 0;
    outcome_.over_the_day += answer == Smarthost::Answer::over_the_day ? 1 : 0;
    add(end);
  }

  void finish(Host& host, const Event& event) {
    smarthost_.leave();
    const mail::DeliveryReport report = report_of(event.answer);
    learn(host.site, event, report);
    if (report.site) {
      host.rate.give_back(1, 1);
      host.waiting.emplace(event.message.accepted(), event.message);  // nothing is charged to it
      return;
    }
    const Milliseconds age = wall() - event.message.accepted();
    if (event.answer != Smarthost::Answer::taken) {
      host.waiting.emplace(queue::next_attempt({wall(), age}, retry_, chance_.fraction()), event.message);
      return;
    }
    ++outcome_.delivered;
    outcome_.longest = std::max(outcome_.longest, age);
    const Milliseconds accepted = event.message.accepted() - kBegin;
    if (accepted < kReturns && now_ >= kReturns) backlog_in_.push_back(now_ - kReturns);
  }

  /// As Sites does.
  void learn(queue::Site& site, const Event& event, const mail::DeliveryReport& report) {
    queue::Conclusion conclusion;
    if (site.is_current(event.permit)) conclusion = site.judge().conclude(report, {event.message}, site.trouble());
    if (conclusion.kind == queue::Conclusion::Kind::unchanged) {
      site.unchanged(event.permit, steady(), chance_.fraction());
    } else {
      (void)site.finished(event.permit, conclusion.trouble, steady(), wall(), retry_, chance_.fraction());
    }
  }

  const Scenario& scenario_;
  const queue::Retry retry_;
  Chance chance_;
  Smarthost smarthost_;
  std::deque<Host> hosts_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t made_ = 0;
  Milliseconds now_{0};
  std::map<Seconds, std::size_t> attempts_;
  std::vector<Milliseconds> backlog_in_;
  Outcome outcome_;
};

std::string words(Milliseconds time) { return to_words(std::chrono::ceil<Seconds>(time)); }

}  // namespace

Outcome simulate(const Scenario& scenario, std::uint64_t seed) { return World(scenario, seed).run(); }

std::string heading() {
  return fmt::format("{:<44} {:>6} {:>6} {:>9} {:>8} {:>7} {:>8} {:>8} {:>9} {:>8}\n", "SMARTHOST", "ALERTS", "IN",
                     "WHILE", "BUSIEST", "TURNED", "OVER THE", "HALF OF", "ALL OF", "LONGEST") +
         fmt::format("{:<44} {:>6} {:>6} {:>9} {:>8} {:>7} {:>8} {:>8} {:>9} {:>8}\n", "", "", "", "AWAY", "SECOND",
                     "AWAY", "DAY", "BACKLOG", "BACKLOG", "DELAY");
}

std::string line(const Scenario& scenario, const Outcome& outcome) {
  return fmt::format("{:<44} {:>6} {:>6} {:>9} {:>8} {:>7} {:>8} {:>8} {:>9} {:>8}\n", scenario.name, outcome.alerts,
                     outcome.delivered, outcome.while_away, outcome.busiest_second, outcome.turned_away,
                     outcome.over_the_day, words(outcome.half), words(outcome.last), words(outcome.longest));
}

}  // namespace postern::simulation
