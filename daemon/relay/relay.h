// Mail out: one Relay per smarthost keeps its connections, its TLS context and what it learnt about the
// server (the mechanism that worked, that pipelining is broken there, its limits).
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"
#include "relay/smarthost.h"

#include <memory>
#include <optional>

namespace postern::relay {

class MemoryStore;

class Relay {
 public:
  /// Without `memory` what is learnt lives as long as the relay.
  static std::unique_ptr<Relay> make(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory);
  virtual ~Relay() = default;

  /// Sends one message on a pooled connection or a new one. Never fails as such: the report says everything.
  /// A kept connection that turns out to be closed, or that puts the message off as if it had carried enough, is
  /// replaced once, silently. Recipients that were too many, or that came after too many refused ones, go in further
  /// transactions of the same attempt, on further connections where it must be.
  virtual Task<mail::DeliveryReport> deliver(mail::Message& message) = 0;
  /// Connects, TLS, EHLO, AUTH, QUIT on a connection of its own; sends no mail.
  virtual Task<mail::CheckReport> check(mail::CheckOptions options) = 0;
  /// What check() would try, from what the server offered last; no connection is made.
  [[nodiscard]] virtual mail::CheckReport explain() const = 0;
  /// Since when a word of the server is waited for that does not come, on the connection that waits longest.
  [[nodiscard]] virtual std::optional<SteadyTime> silent_since() const { return std::nullopt; }
  /// What is trusted in TLS is read again at the next connection, whether its files seem to have changed or not.
  virtual void refresh() {}
  /// Ends idle connections with QUIT and, after that, cancels those at work.
  virtual Task<void> close(Seconds grace) = 0;
};

}  // namespace postern::relay
