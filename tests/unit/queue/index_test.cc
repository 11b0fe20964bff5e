#include "queue/index.h"

#include "given.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

namespace postern::queue {
namespace {

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
      const Ticket* const first = index.first(lane);
      ASSERT_EQ(first == nullptr, expected.empty());
      if (first != nullptr) {
        ASSERT_EQ(first->id, expected.front());
      }
      const std::size_t count = random() % (expected.size() + 2);
      expected.resize(std::min(count, expected.size()));
      ASSERT_EQ(index.first(lane, count), expected);
    }
  }
}

}  // namespace
}  // namespace postern::queue
