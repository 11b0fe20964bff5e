// A queue in memory for the control commands: entries are what the test puts in, events what it scripts.
#pragma once

#include "queue/queue.h"
#include "support/listed.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::test {

class FakeQueue final : public queue::Queue {
 public:
  std::vector<queue::Entry> entries;  ///< in order of their ids
  std::map<QueueId, std::string> files;
  queue::Totals counted;
  std::vector<queue::SiteStatus> site_list;
  std::vector<QueueId> set_aside;  ///< found, but not to be retried
  std::vector<QueueId> retried;
  std::vector<queue::Probe> probes;  ///< of every retry
  std::vector<QueueId> removed;
  bool removed_while_listed = false;  ///< by somebody else, between a listing and the command
  std::optional<queue::Refusal> refusal;
  std::vector<QueueId> bounced;
  queue::Told told = queue::Told::now;  ///< of every bounce
  std::vector<std::pair<QueueId, std::string>> rerouted;
  std::vector<std::string> recovered;
  std::size_t retry_all_calls = 0;
  std::vector<queue::Selection> selections;  ///< of every listing
  bool room = true;
  bool commit_works = true;
  QueueId next_id = *QueueId::parse("0000000000000zzz");
  std::vector<queue::Event> events;  ///< told to the watcher at commit
  mail::Envelope begun;
  std::string text;
  std::uint64_t wire_size = 0;

  Task<Result<void>> start() override { co_return Result<void>(); }
  Task<void> stop() override { co_return; }
  void configure(queue::Config, std::vector<queue::SiteConfig>) override {}
  [[nodiscard]] Result<void> room_for(std::uint64_t) const override {
    if (room) return {};
    return Error{Failure::no_space, "the disk is full"};
  }
  Task<std::optional<queue::Refusal>> refusing() override { co_return refusal; }
  std::unique_ptr<queue::Intake> begin(mail::Envelope envelope) override;

  std::unique_ptr<queue::Listing> list(queue::Selection selection) override {
    selections.push_back(selection);
    std::vector<queue::Entry> listed = entries;
    if (selection.order == queue::Order::newest) std::reverse(listed.begin(), listed.end());
    return std::make_unique<Listed>(std::move(listed), selection);
  }
  Task<Result<queue::Entry>> find(QueueId id) override {
    const auto found = position(id);
    if (found == entries.end()) co_return Error{Failure::not_found, id.str() + ": no such message"};
    co_return *found;
  }
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override {
    const auto found = files.find(id);
    if (found == files.end()) co_return Error{Failure::not_found, id.str() + ": no such message"};
    const std::size_t envelope = std::min(found->second.find("\n\n"), found->second.size());
    co_return found->second.substr(0, envelope + 2 + limit);
  }
  Result<void> retry(QueueId id, queue::Probe probe) override {
    const auto found = position(id);
    const bool aside = std::find(set_aside.begin(), set_aside.end(), id) != set_aside.end();
    if (found == entries.end() || aside) return Error{Failure::not_found, id.str() + ": no such message"};
    if (found->state == queue::State::active) return Error{Failure::busy, id.str() + " is just being sent"};
    retried.push_back(id);
    probes.push_back(probe);
    return {};
  }
  std::size_t retry_all(queue::Probe probe) override {
    ++retry_all_calls;
    probes.push_back(probe);
    return entries.size();
  }
  Task<Result<void>> remove(QueueId id) override {
    if (removed_while_listed) entries.clear();
    const auto found = position(id);
    if (found == entries.end()) co_return Error{Failure::not_found, id.str() + ": no such message"};
    if (found->state == queue::State::active) co_return Error{Failure::busy, id.str() + " is just being sent"};
    entries.erase(found);
    removed.push_back(id);
    co_return Result<void>();
  }
  Task<Result<void>> hold(QueueId id) override { co_return move(id, queue::State::waiting, queue::State::held); }
  Task<Result<void>> release(QueueId id) override { co_return move(id, queue::State::held, queue::State::waiting); }
  Task<Result<void>> reroute(QueueId id, std::string site) override {
    rerouted.emplace_back(id, std::move(site));
    co_return Result<void>();
  }
  Task<Result<queue::Told>> bounce(QueueId id) override {
    bounced.push_back(id);
    const Result<void> done = co_await remove(id);
    if (!done) co_return done.error();
    co_return told;
  }
  [[nodiscard]] queue::Totals totals() const override { return counted; }
  [[nodiscard]] std::vector<queue::SiteStatus> sites() const override { return site_list; }
  void site_recovered(const std::string& name) override { recovered.push_back(name); }
  void network_came() override {}
  void clock_changed() override {}
  void drop_refused() override {}
  std::shared_ptr<void> watch(QueueId, queue::Watch watch) override {
    auto handle = std::make_shared<queue::Watch>(std::move(watch));
    watcher_ = handle;
    return handle;
  }
  [[nodiscard]] bool watched() const { return !watcher_.expired(); }

  void tell() {
    for (const queue::Event& event : events) {
      if (const auto watcher = watcher_.lock()) (*watcher)(event);
    }
  }

 private:
  std::vector<queue::Entry>::iterator position(QueueId id) {
    return std::find_if(entries.begin(), entries.end(), [&](const queue::Entry& entry) { return entry.id == id; });
  }
  Result<void> move(QueueId id, queue::State from, queue::State to) {
    const auto found = position(id);
    if (found != entries.end() && found->state == queue::State::active) {
      return Error{Failure::busy, id.str() + " is just being sent"};
    }
    if (found == entries.end() || found->state != from)
      return Error{Failure::not_found, id.str() + ": no such message"};
    found->state = to;
    return {};
  }
  std::weak_ptr<queue::Watch> watcher_;
};

class FakeIntake final : public queue::Intake {
 public:
  FakeIntake(FakeQueue& queue, QueueId id) : queue_(queue), id_(id) {}
  [[nodiscard]] const QueueId& id() const override { return id_; }
  [[nodiscard]] WallTime accepted() const override { return {}; }
  Task<Result<void>> append(std::string_view text) override {
    queue_.text += text;
    co_return Result<void>();
  }
  Task<Result<void>> commit(std::uint64_t wire_size, mail::BodyType) override {
    if (!queue_.commit_works) co_return Error{Failure::no_space, "the disk is full"};
    queue_.wire_size = wire_size;
    queue_.tell();
    co_return Result<void>();
  }

 private:
  FakeQueue& queue_;
  QueueId id_;
};

inline std::unique_ptr<queue::Intake> FakeQueue::begin(mail::Envelope envelope) {
  begun = std::move(envelope);
  return std::make_unique<FakeIntake>(*this, next_id);
}

}  // namespace postern::test
