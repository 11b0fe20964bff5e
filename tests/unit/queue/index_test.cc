#include "queue/index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace postern::queue {
namespace {

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

TEST(TicketIndex, BehavesLikeASortedSetUnderRandomChanges) {
  std::mt19937_64 random(7);
  Index index;
  std::map<QueueId, Ticket> model;
  const auto any = [&] {
    return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(kNow), random() % 200);
  };
  for (int step = 0; step < 10'000; ++step) {
    const QueueId id = any();
    const WallTime due = kNow + Seconds(random() % 100);
    switch (random() % 5) {
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
      default:
        if (random() % 50 != 0) break;
        index.reschedule([](WallTime time) { return kNow + (kNow + Seconds(100) - time); });
        for (auto& [key, ticket] : model) {
          if (ticket.phase == Ticket::Phase::waiting) ticket.due = kNow + (kNow + Seconds(100) - ticket.due);
        }
    }
    const Ticket* first = nullptr;
    std::size_t waiting = 0;
    for (const auto& [key, ticket] : model) {
      if (ticket.phase != Ticket::Phase::waiting) continue;
      ++waiting;
      if (first == nullptr || ticket.due < first->due) first = &ticket;
    }
    ASSERT_EQ(index.size(), model.size());
    ASSERT_EQ(index.waiting(), waiting);
    ASSERT_EQ(index.first() == nullptr, first == nullptr);
    if (first != nullptr) {
      ASSERT_EQ(index.first()->id, first->id);
    }
  }
}

}  // namespace
}  // namespace postern::queue
