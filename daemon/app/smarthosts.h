// The smarthosts of the settings as the relay and the queue want them.
#pragma once

#include "app/our_names.h"
#include "base/result.h"
#include "base/task.h"
#include "control/server.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "settings/settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {

/// The relays by the names of their sites. A relay whose settings did not change survives a reload with its
/// connections and what it learnt; one that is no longer wanted ends after its last delivery.
class Smarthosts {
 public:
  using Make =
      std::function<std::unique_ptr<relay::Relay>(const settings::Smarthost& smarthost, const OurNames& names)>;

  Smarthosts(Executor loop, Make make) : loop_(std::move(loop)), make_(std::move(make)) {}

  void configure(const settings::Settings& settings);
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<queue::SiteConfig> configs() const;
  Task<mail::DeliveryReport> deliver(mail::Message& message, std::string site);
  Task<mail::CheckReport> check(std::string site, mail::CheckOptions options);
  [[nodiscard]] mail::CheckReport explain(const std::string& site) const;
  /// Nothing is changed on the way to a site that is not there.
  [[nodiscard]] control::SentAs sent_as(const std::string& site, const std::string& sender,
                                        const std::string& fields) const;
  Task<void> close(Seconds grace);

 private:
  struct Site {
    settings::Smarthost smarthost;
    OurNames names;
    std::uint64_t generation = 0;  ///< tells a relay made anew from the one before it
    std::shared_ptr<relay::Relay> relay;
    std::string warning;  ///< about its settings, for a check; empty: none
  };
  [[nodiscard]] const Site* find(const std::string& name) const;

  Executor loop_;
  Make make_;
  std::vector<Site> sites_;
  std::vector<std::weak_ptr<relay::Relay>> retired_;  ///< of earlier settings, with deliveries under way
  std::uint64_t made_ = 0;
};

}  // namespace postern::app
