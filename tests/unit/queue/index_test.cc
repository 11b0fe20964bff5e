#include "queue/index.h"

#include "given.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>
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
        index.set_read(ticket.id, Ticket::kAny, whose);
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
      ASSERT_EQ(index.has_other_than(party), authors.size() > authors.count(party));
    }
  }
}

}  // namespace
}  // namespace postern::queue
