// Mail out: one Relay per smarthost keeps its connections, its TLS context and what it learnt about the
// server (the mechanism that worked, that pipelining is broken there).
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "credentials/make.h"
#include "credentials/source.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace postern::relay {

enum class Tls { implicit, starttls, none };

struct Smarthost {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  Tls tls = Tls::implicit;
  std::string tls_ca_file;
  std::string tls_name;
  std::string client_certificate;  ///< PEM chain for EXTERNAL; empty: none
  std::string client_key;
  std::shared_ptr<credentials::Source> credentials;  ///< null: no AUTH
  credentials::Blocking blocking;                    ///< for what takes long; null: the event loop does it
  bool allow_cleartext_auth = false;
  std::vector<std::string> mechanisms;  ///< the operator's filter and order; empty: all
  bool refuse_downgrade = false;        ///< a site that offers less than before is trouble, not only a warning
  std::string helo;                     ///< our name in EHLO
  bool trace = false;                   ///< log the protocol's lines, secrets left out
};

/// What is remembered of a site from one run to the next.
struct SiteMemory {
  std::string mechanism;             ///< that worked last
  std::string secret;                ///< fingerprint of the credentials it worked with
  std::string under{};               ///< the settings that restricted the choice then
  std::string since;                 ///< when it was found to be the best that works, in seconds since 1970
  std::vector<std::string> offered;  ///< mechanisms, inside TLS if it was used: the measure of what comes later
  std::string tls;                   ///< "TLSv1.3"; empty: none was used
  std::vector<std::string> weaker;   ///< what the server offers now, while that is weaker than the measure
  std::string weaker_tls;            ///< with that; empty: it is not weaker

  friend bool operator==(const SiteMemory&, const SiteMemory&) = default;
};

/// Keeps SiteMemory by "host:port user". Reading is from memory; keep() returns at once and writes in the background.
class MemoryStore {
 public:
  virtual ~MemoryStore() = default;
  [[nodiscard]] virtual SiteMemory recall(const std::string& key) const = 0;
  virtual void keep(const std::string& key, SiteMemory memory) = 0;
};

class Relay {
 public:
  /// Without `memory` what is learnt lives as long as the relay.
  static std::unique_ptr<Relay> make(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory);
  virtual ~Relay() = default;

  /// Sends one message on a pooled connection or a new one. Never fails as such: the report says everything.
  /// A kept connection that turns out to be closed is replaced once, silently.
  virtual Task<mail::DeliveryReport> deliver(mail::Message& message) = 0;
  /// Connects, TLS, EHLO, AUTH, QUIT on a connection of its own; sends no mail.
  virtual Task<mail::CheckReport> check(mail::CheckOptions options) = 0;
  /// What check() would try, from what the server offered last; no connection is made.
  [[nodiscard]] virtual mail::CheckReport explain() const = 0;
  /// What is trusted in TLS is read again at the next connection, whether its files seem to have changed or not.
  virtual void refresh() {}
  /// Ends idle connections with QUIT and, after that, cancels those at work.
  virtual Task<void> close(Seconds grace) = 0;
};

}  // namespace postern::relay
