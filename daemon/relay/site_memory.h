// The account memory: what a relay knows of its site from earlier connections and runs. That is the mechanism that
// worked, what the server offered, and so whether it offers less than before.
#pragma once

#include "base/clock.h"
#include "relay/smarthost.h"
#include "sasl/mechanism.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

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
  std::string null_sender{};         ///< "refused": the server takes no mail from "<>"
  std::string login{};               ///< when one was tried last, in seconds since 1970
  std::string certificate{};         ///< of the server: when it ends, RFC 3339
  std::string own_certificate{};     ///< of ours, likewise; empty: there is none
  std::string taken{};               ///< an address outside the account's domain that the server took mail for

  friend bool operator==(const SiteMemory&, const SiteMemory&) = default;
};

/// Keeps SiteMemory by "host:port user"; of a service for all of its servers together, since whoever can forge the DNS
/// must not get a clean slate by naming another server. Reading is from memory; keep() returns at once and writes in
/// the background.
class MemoryStore {
 public:
  virtual ~MemoryStore() = default;
  [[nodiscard]] virtual SiteMemory recall(const std::string& key) const = 0;
  virtual void keep(const std::string& key, SiteMemory memory) = 0;
};

/// Remembers for as long as it lives.
class VolatileMemory final : public MemoryStore {
 public:
  [[nodiscard]] SiteMemory recall(const std::string& key) const override;
  void keep(const std::string& key, SiteMemory memory) override { entries_[key] = std::move(memory); }

 private:
  std::map<std::string, SiteMemory> entries_;
};

/// What a server offers on one connection.
struct Offer {
  std::vector<std::string> mechanisms;  ///< smtp::Capabilities::auth: whatever the server said, these are names
  std::string tls;                      ///< "TLSv1.3"; empty: the connection is in clear text
};

/// What was offered inside TLS before and is not any more, one sentence each. Nothing if one of the two is in clear
/// text: that is the settings' doing, not the server's.
[[nodiscard]] std::vector<std::string> weaker(const SiteMemory& before, const Offer& now);

/// The same of what is offered now, as it was noted; nothing while the server is as good as it was.
[[nodiscard]] std::vector<std::string> weaker(const SiteMemory& memory);

/// Tells whether the credentials were changed since. A few hexadecimal digits with a salt: too few to find out a
/// password by trying. An access token is new each time, so only that there is one counts.
[[nodiscard]] std::string fingerprint(const sasl::Credentials& credentials, std::string_view salt);
[[nodiscard]] bool is_fingerprint_of(std::string_view known, const sasl::Credentials& credentials);

/// The entry of one site in a store.
class SiteNotes {
 public:
  SiteNotes(std::shared_ptr<MemoryStore> store, const Smarthost& smarthost);

  /// Without the mechanism if for a day nothing better was tried, or if other settings restricted the choice then: what
  /// worked under a restriction is not the best that works.
  [[nodiscard]] SiteMemory recall() const;
  /// The mechanism that worked last with these credentials; empty: none is known.
  [[nodiscard]] std::string mechanism(const sasl::Credentials& credentials) const;
  /// Compares, and logs at warning what became weaker: once, not at every connection. It is noted until an offer as
  /// good as before comes, or take().
  std::vector<std::string> compare(const Offer& now, std::string_view host);
  /// The offer that later ones are compared with from now on. A server without AUTH is no measure. What worked last is
  /// forgotten if the server offers something that it did not before: that may be better.
  void take(const Offer& now);
  /// The best mechanism that works: whatever is better was refused for good.
  void worked(std::string mechanism, const sasl::Credentials& credentials);
  /// Whether the server takes mail from the null reverse-path.
  [[nodiscard]] bool refuses_null_sender() const;
  void note_null_sender(bool refused);
  /// A login is tried now. Those that come within a minute are one: each is written to the disk.
  void note_login();
  /// When the server's certificate ends, RFC 3339 (nothing is noted if it is not known), and our own (empty: none).
  void note_certificates(const std::string& ends, const std::string& own);
  /// An address outside the account's domain that the server took mail for; empty: none is known.
  [[nodiscard]] std::string taken() const;
  void note_taken(const std::string& address);

 private:
  struct Alarm {
    std::string text;
    SteadyTime at;
    bool recovered = false;  ///< an offer as good as before came since
  };

  std::shared_ptr<MemoryStore> store_;
  std::string key_;
  std::string under_;
  Alarm alarm_;
};

}  // namespace postern::relay
