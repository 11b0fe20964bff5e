#include "support/fake_queue.h"

#include "support/listed.h"

#include <algorithm>

namespace postern::test {
namespace {

class FakeIntake final : public queue::Intake {
 public:
  FakeIntake(FakeQueue& queue, mail::Envelope envelope) : queue_(queue) { stored_.envelope = std::move(envelope); }
  ~FakeIntake() override {
    if (!committed_) ++queue_.abandoned;
  }
  FakeIntake(const FakeIntake&) = delete;
  FakeIntake& operator=(const FakeIntake&) = delete;

  [[nodiscard]] const QueueId& id() const override { return stored_.envelope.id; }
  [[nodiscard]] WallTime accepted() const override { return stored_.envelope.accepted; }

  Task<Result<void>> append(std::string_view text) override {
    if (queue_.append_fails) co_return Error{*queue_.append_fails, "scripted disk failure"};
    stored_.text += text;
    co_return Result<void>();
  }

  Task<Result<void>> commit(std::uint64_t wire_size, mail::BodyType body) override {
    if (queue_.before_commit) co_await queue_.before_commit();
    if (queue_.commit_fails) {
      const Failure failure = *std::exchange(queue_.commit_fails, std::nullopt);
      co_return Error{failure, "scripted disk failure"};
    }
    stored_.wire_size = wire_size;
    stored_.body = body;
    committed_ = true;
    queue_.stored.push_back(stored_);
    queue_.tell();
    co_return Result<void>();
  }

 private:
  FakeQueue& queue_;
  FakeQueue::Stored stored_;
  bool committed_ = false;
};

Error not_found(QueueId id) { return {Failure::not_found, id.str() + ": no such message"}; }
Error busy(QueueId id) { return {Failure::busy, id.str() + " is just being sent"}; }

}  // namespace

Result<void> FakeQueue::room_for(std::uint64_t, std::uint32_t party) const {
  if (at_its_limit == party) return Error{Failure::limit, "the party has as much as it may have (limits.per_user)"};
  if (full) return Error{Failure::no_space, "the disk is full"};
  return {};
}

std::unique_ptr<queue::Intake> FakeQueue::begin(mail::Envelope envelope) {
  using std::chrono::sys_days;
  const auto accepted = sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::milliseconds(++begun);
  envelope.id = QueueId::make(accepted, begun);
  envelope.accepted = accepted;
  return std::make_unique<FakeIntake>(*this, std::move(envelope));
}

std::unique_ptr<queue::Listing> FakeQueue::list(queue::Selection selection) {
  selections.push_back(selection);
  std::vector<queue::Entry> listed = entries;
  if (selection.order == queue::Order::newest) std::reverse(listed.begin(), listed.end());
  return std::make_unique<Listed>(std::move(listed), selection);
}

Task<Result<queue::Entry>> FakeQueue::find(QueueId id) {
  const auto found = position(id);
  if (found == entries.end()) co_return not_found(id);
  co_return *found;
}

Task<Result<std::string>> FakeQueue::raw(QueueId id, std::size_t limit) {
  const auto found = files.find(id);
  if (found == files.end()) co_return not_found(id);
  const std::size_t envelope = std::min(found->second.find("\n\n"), found->second.size());
  co_return found->second.substr(0, envelope + 2 + limit);
}

Result<void> FakeQueue::retry(QueueId id, queue::Probe probe) {
  const auto found = position(id);
  const bool aside = std::find(set_aside.begin(), set_aside.end(), id) != set_aside.end();
  if (found == entries.end() || aside) return not_found(id);
  if (found->state == queue::State::active) return busy(id);
  retried.push_back(id);
  probes.push_back(probe);
  return {};
}

std::size_t FakeQueue::retry_all(queue::Probe probe) {
  ++retry_all_calls;
  probes.push_back(probe);
  return entries.size();
}

Task<Result<void>> FakeQueue::remove(QueueId id) {
  if (removed_while_listed) entries.clear();
  const auto found = position(id);
  if (found == entries.end()) co_return not_found(id);
  if (found->state == queue::State::active) co_return busy(id);
  entries.erase(found);
  removed.push_back(id);
  co_return Result<void>();
}

Task<Result<queue::Told>> FakeQueue::bounce(QueueId id) {
  bounced.push_back(id);
  const Result<void> done = co_await remove(id);
  if (!done) co_return done.error();
  co_return told;
}

Task<Result<void>> FakeQueue::reroute(QueueId id, std::string site) {
  rerouted.emplace_back(id, std::move(site));
  co_return Result<void>();
}

std::shared_ptr<void> FakeQueue::watch(QueueId, queue::Watch watch) {
  auto handle = std::make_shared<queue::Watch>(std::move(watch));
  watcher_ = handle;
  return handle;
}

void FakeQueue::tell() {
  for (const queue::Event& event : events) {
    if (const auto watcher = watcher_.lock()) (*watcher)(event);
  }
}

std::vector<queue::Entry>::iterator FakeQueue::position(QueueId id) {
  return std::find_if(entries.begin(), entries.end(), [&](const queue::Entry& entry) { return entry.id == id; });
}

Result<void> FakeQueue::move(QueueId id, queue::State from, queue::State to) {
  const auto found = position(id);
  if (found != entries.end() && found->state == queue::State::active) return busy(id);
  if (found == entries.end() || found->state != from) return not_found(id);
  found->state = to;
  return {};
}

}  // namespace postern::test
