#include "queue/index.h"

#include "given.h"
#include "naive_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

// Turns are turns_test.cc's matter: here all is of one party.
TEST(TicketIndex, EachLaneBehavesLikeASortedSetUnderRandomChanges) {
  std::mt19937_64 random(7);
  Index index;
  std::map<QueueId, Ticket> model;
  const auto any = [&] {
    return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(kNow), random() % 200);
  };
  for (int step = 0; step < 10'000; ++step) {
    const QueueId id = any();
    const WallTime due = kNow + Seconds(random() % 100);
    switch (random() % 6) {
      case 0:
      case 1: {
        Ticket ticket;
        ticket.id = id;
        ticket.due = due;
        ASSERT_EQ(index.add(ticket), model.emplace(id, ticket).second);
        break;
      }
      case 2: ASSERT_EQ(index.remove(id), model.erase(id) == 1); break;
      case 3: {
        const auto phase = random() % 2 == 0 ? Ticket::Phase::active : Ticket::Phase::waiting;
        index.set(id, phase, due);
        if (const auto found = model.find(id); found != model.end()) {
          found->second.phase = phase;
          found->second.due = due;
        }
        break;
      }
      case 4: {
        const auto lane = static_cast<std::uint16_t>(random() % 3);
        index.set_lane(id, lane);
        if (const auto found = model.find(id); found != model.end()) found->second.lane = lane;
        break;
      }
      default:
        if (random() % 50 != 0) break;
        index.reschedule([](WallTime time) { return kNow + (kNow + Seconds(100) - time); });
        for (auto& [key, ticket] : model) {
          if (ticket.phase == Ticket::Phase::waiting) ticket.due = kNow + (kNow + Seconds(100) - ticket.due);
        }
    }
    std::array<std::vector<std::pair<WallTime, QueueId>>, 3> waiting;
    for (const auto& [key, ticket] : model) {
      if (ticket.phase == Ticket::Phase::waiting) waiting.at(ticket.lane).emplace_back(ticket.due, ticket.id);
    }
    ASSERT_EQ(index.size(), model.size());
    for (std::uint16_t lane = 0; lane < waiting.size(); ++lane) {
      std::ranges::sort(waiting.at(lane));
      std::vector<QueueId> expected;
      for (const auto& one : waiting.at(lane)) expected.push_back(one.second);
      const WallTime now = kNow + Seconds(random() % 100);
      const Ticket* const next = index.next(lane, now);
      const bool is_due = !expected.empty() && waiting.at(lane).front().first <= now;
      ASSERT_EQ(next != nullptr, is_due);
      if (next != nullptr) {
        ASSERT_EQ(next->id, expected.front());
      }
      ASSERT_EQ(index.first_due(lane).has_value(), !expected.empty());
      if (!is_due && !expected.empty()) {
        ASSERT_EQ(index.first_due(lane), waiting.at(lane).front().first);
      }
      if (lane != Ticket::kUnread) continue;
      const std::size_t count = random() % (expected.size() + 2);
      expected.resize(std::min(count, expected.size()));
      ASSERT_EQ(index.first_unread(count), expected);
    }
  }
}

Ticket ticket_of(std::uint32_t party, std::uint64_t number, WallTime due, Whose::Kind kind = Whose::Kind::users) {
  Ticket ticket;
  ticket.id = QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(kNow), number);
  ticket.due = due;
  ticket.size = 100 + number;
  ticket.lane = Ticket::kAny;
  ticket.set(Whose{party, party, kind});
  return ticket;
}

TEST(TicketIndex, WhoHeldTheConnectionIsAskedForButDoesNotOwnWhatCameByIt) {
  mail::Source source;
  source.kind = mail::Source::Kind::smtp;
  source.holder = 33;
  Ticket ticket;
  ticket.lane = Ticket::kAsked;
  ticket.set(whose(source, mail::Parties()));
  EXPECT_EQ(Index::turn_of(ticket), Turn{33});
  EXPECT_EQ(ticket.whose().owner(), mail::kNoUid);
  source.kind = mail::Source::Kind::local;
  source.uid = 34;
  ticket.set(whose(source, mail::Parties()));
  EXPECT_EQ(Index::turn_of(ticket), Turn{34});
  EXPECT_EQ(ticket.whose().owner(), 34U);
  source.kind = mail::Source::Kind::daemon;
  ticket.set(whose(source, mail::Parties()));
  EXPECT_EQ(ticket.whose().owner(), mail::kNoUid) << "a report is nobody's";
}

/// What goes next, as if each were tried at once.
std::vector<std::uint32_t> order_of(Index& index, WallTime now) {
  std::vector<std::uint32_t> order;
  std::map<std::uint32_t, WallTime> last;
  while (const Ticket* const next = index.next(Ticket::kAny, now)) {
    EXPECT_LE(last[next->party], next->due) << "of each the oldest first";
    last[next->party] = next->due;
    order.push_back(next->party);
    const Turn turn = Index::turn_of(*next);
    index.set(QueueId(next->id), Ticket::Phase::active);
    index.turns(Ticket::kAny).taken(turn);
    index.turns(Ticket::kAny).tried(turn);
  }
  return order;
}

/// An index, and the same by a look at all tickets each time.
class TwoIndexes {
 public:
  explicit TwoIndexes(unsigned seed) : random_(seed) {}

  void step(int number) {
    const auto at = tickets_.empty() ? tickets_.end() : std::next(tickets_.begin(), pick(tickets_.size()));
    const bool waits = at != tickets_.end() && at->second.phase == Ticket::Phase::waiting;
    switch (random_() % 12) {
      case 0:
      case 1:
      case 2: add(number); break;
      case 3: {
        if (!waits) break;
        index_.remove(at->first);
        tickets_.erase(at);
        break;
      }
      case 4: {
        if (!waits) break;
        at->second.due = some_time();
        index_.set(at->first, Ticket::Phase::waiting, at->second.due);
        break;
      }
      case 5: {
        if (!waits) break;
        at->second.lane = some_lane();
        index_.set_lane(at->first, at->second.lane);
        break;
      }
      case 6: {
        if (!waits) break;
        const Whose whose = some_party();
        at->second.set(whose);
        index_.set_read(at->first, whose);
        break;
      }
      case 7: {
        if (!waits || random_() % 8 != 0) break;
        at->second.due = WallTime();
        index_.put_first(at->first);
        naive_[at->second.lane].prefer(Index::turn_of(at->second));
        break;
      }
      case 8: {
        if (random_() % 20 != 0) break;
        index_.reschedule([this](WallTime due) { return std::min(due, now_); });
        for (auto& [id, ticket] : tickets_) {
          if (ticket.phase == Ticket::Phase::waiting) ticket.due = std::min(ticket.due, now_);
        }
        break;
      }
      case 9: now_ += Seconds(static_cast<int>(pick(40)) - 15); break;
      case 10: end(); break;
      default: take(some_lane());
    }
  }

 private:
  std::ptrdiff_t pick(std::size_t count) { return static_cast<std::ptrdiff_t>(random_() % count); }
  WallTime some_time() { return now_ + Seconds(static_cast<int>(pick(150)) - 100); }
  std::uint16_t some_lane() { return static_cast<std::uint16_t>(Ticket::kAny + pick(2)); }
  Whose some_party() {
    Whose whose;
    whose.party = static_cast<std::uint32_t>(1000 + pick(5));
    whose.kind = static_cast<Whose::Kind>(pick(3));
    return whose;
  }
  void add(int number) {
    Ticket ticket;
    ticket.id = QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(kNow), static_cast<unsigned>(number));
    ticket.due = some_time();
    ticket.lane = some_lane();
    ticket.set(some_party());
    ASSERT_TRUE(index_.add(ticket));
    tickets_.emplace(ticket.id, ticket);
  }
  void take(std::uint16_t lane) {
    std::map<Turn, std::pair<WallTime, QueueId>> first;
    std::map<Turn, WallTime> dues;
    for (const auto& [id, ticket] : tickets_) {
      if (ticket.lane != lane || ticket.phase != Ticket::Phase::waiting) continue;
      const auto place = first.try_emplace(Index::turn_of(ticket), ticket.due, id).first;
      place->second = std::min(place->second, std::pair(ticket.due, id));
      dues[place->first] = place->second.first;
    }
    const std::optional<Turn> turn = naive_[lane].next(dues, now_);
    const Ticket* const next = index_.next(lane, now_);
    ASSERT_EQ(next != nullptr, turn.has_value());
    if (!turn) return;
    const QueueId id = first[*turn].second;
    ASSERT_EQ(next->id, id);
    index_.set(id, Ticket::Phase::active);
    tickets_[id].phase = Ticket::Phase::active;
    index_.turns(lane).taken(*turn);
    naive_[lane].taken(*turn);
    taken_.push_back({id, lane, *turn});
  }
  /// One that was taken was tried, and is gone or waits, or waits again as it was.
  void end() {
    if (taken_.empty()) return;
    std::swap(taken_[static_cast<std::size_t>(pick(taken_.size()))], taken_.back());
    const auto [id, lane, turn] = taken_.back();
    taken_.pop_back();
    Ticket& ticket = tickets_[id];
    const auto fate = pick(3);
    fate < 2 ? index_.turns(lane).tried(turn) : index_.turns(lane).returned(turn);
    fate < 2 ? naive_[lane].tried(turn) : naive_[lane].returned(turn);
    if (fate == 0) {
      index_.remove(id);
      tickets_.erase(id);
      return;
    }
    if (fate == 1) ticket.due = now_ + Seconds(pick(100));
    ticket.phase = Ticket::Phase::waiting;
    index_.set(id, Ticket::Phase::waiting, ticket.due);
  }

  struct Taken {
    QueueId id;
    std::uint16_t lane;
    Turn turn;
  };
  std::mt19937 random_;
  Index index_;
  std::map<QueueId, Ticket> tickets_;
  std::array<NaiveTurns, 3> naive_;
  std::vector<Taken> taken_;
  WallTime now_ = kNow;
};

TEST(TicketIndex, NextIsWhatALookAtAllTicketsWouldSayWhateverBecomesOfThemAndOfTheClock) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    TwoIndexes both(seed);
    for (int step = 0; step < 2000 && !testing::Test::HasFatalFailure(); ++step) both.step(step);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << seed;
  }
}

TEST(TicketIndex, AnotherOnesAlertIsNextHoweverMuchOfOneWaits) {
  Index index;
  std::uint64_t number = 0;
  for (; number < 24'000; ++number) index.add(ticket_of(1000, number, kNow - Seconds(1000)));
  index.add(ticket_of(0, ++number, kNow));
  EXPECT_EQ(index.next(Ticket::kAny, kNow)->party, 0U);
  index.add(ticket_of(7, ++number, kNow, Whose::Kind::alarm));
  EXPECT_EQ(index.next(Ticket::kAny, kNow)->kind, Whose::Kind::alarm);
}

TEST(TicketIndex, EachPartyHasItsTurnsAndWithinThemItsOldestFirst) {
  std::mt19937_64 random(11);
  for (std::uint32_t parties = 1; parties < 8; ++parties) {
    Index index;
    std::uint64_t number = 0;
    for (std::uint32_t party = 0; party < parties; ++party) {
      for (int i = 0; i < 50; ++i) index.add(ticket_of(party, ++number, kNow - Seconds(random() % 1000)));
    }
    const std::vector<std::uint32_t> order = order_of(index, kNow);
    ASSERT_EQ(order.size(), 50U * parties);
    for (std::size_t i = parties; i < order.size(); ++i) EXPECT_EQ(order[i], order[i - parties]) << i;
  }
}

TEST(TicketIndex, WhoseMailIsInALaneIsCountedWhereverItGoes) {
  std::mt19937_64 random(5);
  Index index;
  std::map<QueueId, Ticket> model;
  for (int step = 0; step < 5'000; ++step) {
    const auto lane = static_cast<std::uint16_t>(random() % 4);
    Ticket ticket = ticket_of(static_cast<std::uint32_t>(random() % 4), random() % 20, kNow);
    ticket.lane = lane;
    const auto known = model.find(ticket.id);
    switch (random() % 40) {
      case 0:
        index.set_all_unread();
        for (auto& [id, one] : model) {
          one.stale = one.phase == Ticket::Phase::active;
          if (!one.stale) one.lane = Ticket::kUnread;
        }
        break;
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        index.remove(ticket.id);
        model.erase(ticket.id);
        break;
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
        index.set_lane(ticket.id, lane);
        if (known != model.end()) known->second.lane = lane;
        break;
      case 11:
      case 12:
      case 13:
      case 14:
      case 15:
      case 16: {
        constexpr std::array kPhases{Ticket::Phase::active, Ticket::Phase::waiting, Ticket::Phase::storm};
        const auto phase = kPhases[random() % kPhases.size()];
        index.set(ticket.id, phase);
        if (known == model.end()) break;
        known->second.phase = phase;
        if (phase != Ticket::Phase::active && known->second.stale) {
          known->second.stale = false;
          known->second.lane = Ticket::kUnread;
        }
        break;
      }
      default: index.add(ticket); model.emplace(ticket.id, ticket);
    }
    for (std::uint32_t party = 0; party < 4; ++party) {
      for (std::uint16_t in = 0; in < 4; ++in) {
        const auto there = [in](std::uint16_t one) { return one == in; };
        const bool others = std::ranges::any_of(model, [&](const auto& one) {
          const bool goes = one.second.phase != Ticket::Phase::storm;
          return goes && one.second.party != party && one.second.lane == in;
        });
        ASSERT_EQ(index.has_other_than(party, there), others) << step;
      }
    }
  }
}

TEST(TicketIndex, WhatAPartyHasIsCountedWhateverBecomesOfIt) {
  std::mt19937_64 random(3);
  Index index;
  std::map<QueueId, Ticket> model;
  for (int step = 0; step < 5'000; ++step) {
    Ticket ticket = ticket_of(static_cast<std::uint32_t>(random() % 5), random() % 100, kNow,
                              static_cast<Whose::Kind>(random() % 3));
    if (random() % 2 == 0) {
      ticket.read = false;
      ticket.lane = Ticket::kUnread;
    }
    const Whose whose{9, static_cast<std::uint32_t>(random() % 5), static_cast<Whose::Kind>(random() % 3)};
    const auto known = model.find(ticket.id);
    switch (random() % 4) {
      case 0:
        index.add(ticket);
        model.emplace(ticket.id, ticket);
        break;
      case 1:
        index.remove(ticket.id);
        model.erase(ticket.id);
        break;
      case 2:
        index.set_read(ticket.id, whose);
        if (known != model.end()) known->second.set(whose);
        break;
      default:
        index.set_size(ticket.id, static_cast<std::uint64_t>(step));
        if (known != model.end()) known->second.size = static_cast<std::uint64_t>(step);
    }
    std::map<std::uint32_t, Usage> expected;
    std::set<std::uint32_t> authors;
    Usage all;
    for (const auto& [id, one] : model) {
      if (!one.read || one.kind == Whose::Kind::alarm) continue;
      for (Usage* usage : {&expected[one.party], &all}) {
        ++usage->messages;
        usage->bytes += one.size;
      }
      if (one.kind == Whose::Kind::users) authors.insert(one.party);
    }
    ASSERT_EQ(index.usages().parties(), expected.size());
    ASSERT_EQ(index.usages().all(), all);
    for (std::uint32_t party = 0; party < 5; ++party) {
      ASSERT_EQ(index.usages().of(party), expected[party]);
      const auto everywhere = [](std::uint16_t) { return true; };
      ASSERT_EQ(index.has_other_than(party, everywhere), authors.size() > authors.count(party));
    }
  }
}

}  // namespace
}  // namespace postern::queue
