// A queue in memory. What is handed in is stored, and fails where it is told to; what commands see are the entries that
// the test puts in, and events are what it scripts.
#pragma once

#include "queue/queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::test {

class FakeQueue final : public queue::Queue {
 public:
  // Intake.
  struct Stored {
    mail::Envelope envelope;
    std::string text;
    std::uint64_t wire_size = 0;
    mail::BodyType body = mail::BodyType::seven_bit;
  };
  std::vector<Stored> stored;
  std::size_t begun = 0;      ///< intakes that were begun
  std::size_t abandoned = 0;  ///< intakes destroyed before their commit succeeded
  std::size_t drops_refused = 0;
  bool full = false;                          ///< room_for() says no
  std::optional<std::uint32_t> at_its_limit;  ///< likewise of this party
  queue::Usage used;                          ///< of every party
  std::optional<queue::Refusal> refusal;
  std::optional<Failure> append_fails;
  std::optional<Failure> commit_fails;        ///< the next commit only
  std::function<Task<void>()> before_commit;  ///< awaited by commit
  std::vector<queue::Event> events;           ///< told to the watcher at commit

  // What is shown and handled.
  std::vector<queue::Entry> entries;  ///< in order of their ids
  std::map<QueueId, std::string> files;
  queue::Totals counted;
  std::vector<queue::SiteStatus> site_list;
  std::vector<queue::RouteStatus> route_list;
  std::map<std::string, queue::RouteChoice> choices;  ///< by recipient; none: there are no routes
  std::vector<mail::Envelope> routed;                 ///< of every question for one
  std::optional<queue::StormChoice> storm;            ///< of every mail; nothing: there are no rows of storms
  std::vector<mail::Envelope> gathered;               ///< of every question for that
  std::vector<queue::Selection> selections;           ///< of every listing
  std::vector<QueueId> set_aside;                     ///< found, but not to be retried
  std::vector<QueueId> retried;
  std::vector<queue::Probe> probes;  ///< of every retry
  std::size_t retry_all_calls = 0;
  std::vector<QueueId> removed;
  bool removed_while_listed = false;  ///< by somebody else, between a listing and the command
  std::vector<QueueId> bounced;
  queue::Told told = queue::Told::now;  ///< of every bounce
  std::vector<std::pair<QueueId, std::string>> rerouted;
  std::vector<std::string> recovered;
  std::vector<std::pair<std::string, std::string>> failures;  ///< of sites: name and words

  Task<Result<void>> start() override { co_return Result<void>(); }
  Task<void> stop() override { co_return; }
  void configure(queue::Config, std::vector<queue::SiteConfig>) override {}
  void use_parties(mail::Parties) override {}
  [[nodiscard]] Result<void> room_for(std::uint64_t size, std::uint32_t party) const override;
  [[nodiscard]] queue::Usage usage(std::uint32_t) const override { return used; }
  [[nodiscard]] std::vector<std::string> shortages(queue::Asker) const override { return {}; }
  Task<std::optional<queue::Refusal>> refusing() override { co_return refusal; }
  std::unique_ptr<queue::Intake> begin(mail::Envelope envelope) override;
  std::unique_ptr<queue::Listing> list(queue::Selection selection) override;
  Task<Result<queue::Entry>> find(QueueId id) override;
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override;
  Result<void> retry(QueueId id, queue::Probe probe) override;
  std::size_t retry_all(queue::Probe probe) override;
  Task<Result<void>> remove(QueueId id) override;
  Task<Result<void>> hold(QueueId id) override { co_return move(id, queue::State::waiting, queue::State::held); }
  Task<Result<void>> release(QueueId id) override { co_return move(id, queue::State::held, queue::State::waiting); }
  Task<Result<queue::Told>> bounce(QueueId id) override;
  Task<Result<void>> reroute(QueueId id, std::string site) override;
  [[nodiscard]] queue::Totals totals() const override { return counted; }
  [[nodiscard]] std::vector<queue::SiteStatus> sites() const override { return site_list; }
  [[nodiscard]] std::vector<queue::RouteStatus> routes() const override { return route_list; }
  Task<Result<std::optional<queue::RouteChoice>>> route_for(mail::Envelope envelope, std::string recipient) override {
    routed.push_back(std::move(envelope));
    std::optional<queue::RouteChoice> choice;
    if (const auto known = choices.find(recipient); known != choices.end()) choice = known->second;
    co_return choice;
  }
  Task<std::optional<queue::StormChoice>> storm_for(mail::Envelope envelope) override {
    gathered.push_back(std::move(envelope));
    co_return storm;
  }
  void site_recovered(const std::string& name) override { recovered.push_back(name); }
  void site_failed(const std::string& name, const mail::SiteTrouble& trouble) override {
    failures.emplace_back(name, trouble.text);
  }
  void network_came() override {}
  void clock_changed() override {}
  void drop_refused() override { ++drops_refused; }
  std::shared_ptr<void> watch(QueueId id, queue::Watch watch) override;

  [[nodiscard]] bool watched() const { return !watcher_.expired(); }
  /// Tells the events to the watcher.
  void tell();

 private:
  std::vector<queue::Entry>::iterator position(QueueId id);
  Result<void> move(QueueId id, queue::State from, queue::State to);

  std::weak_ptr<queue::Watch> watcher_;
};

}  // namespace postern::test
