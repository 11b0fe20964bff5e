// The smarthosts of the settings as the relay and the queue want them.
#pragma once

#include "app/our_names.h"
#include "base/result.h"
#include "base/task.h"
#include "control/smarthosts.h"
#include "credentials/blocking.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "settings/settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::app {

/// The relays by the names of their sites. A relay whose settings did not change survives a reload with its
/// connections and what it learnt; one that is no longer wanted ends after its last delivery.
class Smarthosts final : public control::Smarthosts {
 public:
  using Make =
      std::function<std::unique_ptr<relay::Relay>(const settings::Smarthost& smarthost, const OurNames& names)>;

  using Party = std::function<std::uint32_t(std::uint32_t uid)>;

  /// `blocking` and `party` (LoginTalk::party) are for logins by a person.
  Smarthosts(Executor loop, Make make, credentials::Blocking blocking = {}, Party party = {})
      : loop_(std::move(loop)), make_(std::move(make)), blocking_(std::move(blocking)), party_(std::move(party)) {}

  void configure(const settings::Settings& settings);
  [[nodiscard]] std::vector<queue::SiteConfig> configs() const;
  Task<mail::DeliveryReport> deliver(mail::Message& message, std::string site);
  [[nodiscard]] std::vector<std::string> names() const override;
  Task<mail::CheckReport> check(std::string site, mail::CheckOptions options) override;
  [[nodiscard]] mail::CheckReport explain(const std::string& site) const override;
  [[nodiscard]] std::optional<WallTime> silent_since(const std::string& site) const override;
  /// Another one after each reload that changed its settings; nothing: there is none of that name.
  [[nodiscard]] std::optional<std::uint64_t> generation(const std::string& site) const;
  /// Its settings want it to be tried before there is mail.
  [[nodiscard]] bool tried_at_start(const std::string& site) const;
  [[nodiscard]] control::SentAs sent_as(const std::string& site, const std::string& sender,
                                        const std::string& fields) const override;
  Task<Result<void>> login(std::string site, LoginFlow flow, LoginTalk talk) override;
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
  credentials::Blocking blocking_;
  Party party_;
  std::vector<Site> sites_;
  std::vector<std::weak_ptr<relay::Relay>> retired_;  ///< of earlier settings, with deliveries under way
  std::uint64_t made_ = 0;
};

}  // namespace postern::app
