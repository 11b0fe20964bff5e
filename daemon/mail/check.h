// What `postern check` finds out about one smarthost, as data. No mail is sent to learn it.
#pragma once

#include "base/clock.h"
#include "mail/report.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct CheckOptions {
  bool verbose = false;        ///< with the protocol's lines, secrets left out
  bool accept_weaker = false;  ///< a login that succeeds makes what the server offers now the measure of downgrades
};

struct AuthAttempt {
  enum class End { accepted, refused, postponed, dropped, nonsense, distrusted };
  std::string mechanism;
  End end = End::refused;
  std::string reply;  ///< the server's words, or why it ended
};

/// "dropped" and so on, for scripts.
[[nodiscard]] constexpr std::string_view name(AuthAttempt::End end) {
  constexpr std::array<std::string_view, 6> kNames{"accepted", "refused",  "postponed",
                                                   "dropped",  "nonsense", "distrusted"};
  return kNames.at(static_cast<std::size_t>(end));
}

struct AuthSkip {
  std::string mechanism;
  std::string reason;
};

struct CheckReport {
  std::string site;  ///< the smarthost's name in the settings
  std::string host;  ///< "smtp.example.com[192.0.2.1]:465"
  std::string greeting;
  std::string tls_version;
  std::string tls_cipher;
  std::string certificate_subject;
  std::string certificate_issuer;
  std::string certificate_expires;        ///< RFC 3339
  std::string own_certificate_expires{};  ///< of the client certificate, RFC 3339; of explain alone
  std::optional<WallTime> login_ends{};   ///< that by tokens, where it will and is not prolonged; of explain alone
  std::optional<WallTime> last_login{};   ///< when one was tried last, to a minute; of explain alone
  std::string pin{};                      ///< SHA-256 of the server's public key, as tls_pin takes it
  std::vector<std::string> tls_rules{};   ///< what the settings say of TLS besides what is usual, as sentences
  std::vector<std::string> extensions;    ///< EHLO keywords as the server wrote them
  std::vector<std::string> offered;       ///< mechanisms
  std::vector<AuthAttempt> tried;
  std::vector<AuthSkip> skipped;
  std::vector<std::string> order;      ///< mechanisms that can be used, best first
  std::vector<std::string> weaker;     ///< what the server offered before and no longer does, as sentences
  std::vector<std::string> warnings;   ///< about the settings: what may go wrong though all is well now, as sentences
  std::vector<std::string> trace;      ///< "C: EHLO ...", "S: 250 ...", if it was asked for
  std::string credentials;             ///< what there is to log in with: "password", "token", "client certificate"
  std::string mechanism;               ///< the one that worked; empty: none
  std::optional<SiteTrouble> trouble;  ///< nothing: all is well
};

}  // namespace postern::mail
