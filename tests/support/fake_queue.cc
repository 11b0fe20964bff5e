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
    co_return Result<void>();
  }

 private:
  FakeQueue& queue_;
  FakeQueue::Stored stored_;
  bool committed_ = false;
};

Error not_found() { return {Failure::not_found, "no such message"}; }

queue::Entry entry_of(const FakeQueue::Stored& stored) {
  queue::Entry entry;
  entry.id = stored.envelope.id;
  entry.size = stored.text.size();
  entry.accepted = stored.envelope.accepted;
  entry.sender = stored.envelope.sender;
  entry.source = stored.envelope.source;
  for (const mail::Recipient& recipient : stored.envelope.recipients) {
    entry.recipients.emplace_back().address = recipient.address;
  }
  return entry;
}

auto position(std::vector<FakeQueue::Stored>& stored, const QueueId& id) {
  return std::find_if(stored.begin(), stored.end(), [&](const auto& one) { return one.envelope.id == id; });
}

}  // namespace

Task<Result<void>> FakeQueue::start() { co_return Result<void>(); }
Task<void> FakeQueue::stop() { co_return; }

Result<void> FakeQueue::room_for(std::uint64_t) const {
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
  std::vector<queue::Entry> entries;
  for (const Stored& one : stored) entries.push_back(entry_of(one));
  return std::make_unique<Listed>(std::move(entries), selection);
}

Task<Result<queue::Entry>> FakeQueue::find(QueueId id) {
  const auto found = position(stored, id);
  if (found == stored.end()) co_return not_found();
  co_return entry_of(*found);
}

Task<Result<std::string>> FakeQueue::raw(QueueId id, std::size_t limit) {
  const auto found = position(stored, id);
  if (found == stored.end()) co_return not_found();
  co_return found->text.substr(0, limit);
}

Result<void> FakeQueue::retry(QueueId id, queue::Probe) {
  if (position(stored, id) == stored.end()) return not_found();
  return {};
}

Task<Result<void>> FakeQueue::remove(QueueId id) {
  const auto found = position(stored, id);
  if (found == stored.end()) co_return not_found();
  stored.erase(found);
  co_return Result<void>();
}

Task<Result<void>> FakeQueue::hold(QueueId) { co_return not_found(); }
Task<Result<void>> FakeQueue::release(QueueId) { co_return not_found(); }
Task<Result<queue::Told>> FakeQueue::bounce(QueueId id) {
  const Result<void> done = co_await remove(id);
  if (!done) co_return done.error();
  co_return queue::Told::now;
}

Task<Result<void>> FakeQueue::reroute(QueueId, std::string) { co_return Result<void>(); }

queue::Totals FakeQueue::totals() const {
  queue::Totals totals;
  totals.waiting = stored.size();
  totals.accepted = stored.size();
  return totals;
}

}  // namespace postern::test
