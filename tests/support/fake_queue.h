// A queue in memory for tests of the intake: it stores what is committed, and fails where it is told to.
#pragma once

#include "queue/queue.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::test {

class FakeQueue final : public queue::Queue {
 public:
  struct Stored {
    mail::Envelope envelope;
    std::string text;
    std::uint64_t wire_size = 0;
    mail::BodyType body = mail::BodyType::seven_bit;
  };

  std::vector<Stored> stored;
  std::size_t begun = 0;  ///< intakes that were begun
  std::size_t drops_refused = 0;
  std::size_t abandoned = 0;  ///< intakes destroyed before their commit succeeded
  bool full = false;          ///< room_for() says no
  std::optional<Failure> append_fails;
  std::optional<Failure> commit_fails;        ///< the next commit only
  std::function<Task<void>()> before_commit;  ///< awaited by commit

  Task<Result<void>> start() override;
  Task<void> stop() override;
  void configure(queue::Config, std::vector<queue::SiteConfig>) override {}
  [[nodiscard]] Result<void> room_for(std::uint64_t size) const override;
  Task<std::optional<queue::Refusal>> refusing() override { co_return std::nullopt; }
  std::unique_ptr<queue::Intake> begin(mail::Envelope envelope) override;
  std::unique_ptr<queue::Listing> list(queue::Selection selection) override;
  Task<Result<queue::Entry>> find(QueueId id) override;
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override;
  Result<void> retry(QueueId id, queue::Probe probe) override;
  std::size_t retry_all(queue::Probe) override { return stored.size(); }
  Task<Result<void>> remove(QueueId id) override;
  Task<Result<void>> hold(QueueId id) override;
  Task<Result<void>> release(QueueId id) override;
  Task<Result<queue::Told>> bounce(QueueId id) override;
  Task<Result<void>> reroute(QueueId id, std::string site) override;
  [[nodiscard]] queue::Totals totals() const override;
  [[nodiscard]] std::vector<queue::SiteStatus> sites() const override { return {}; }
  void site_recovered(const std::string&) override {}
  void network_came() override {}
  void clock_changed() override {}
  void drop_refused() override { ++drops_refused; }
  std::shared_ptr<void> watch(QueueId, queue::Watch) override { return std::make_shared<int>(0); }
};

}  // namespace postern::test
