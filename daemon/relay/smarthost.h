// A smarthost as its relay knows it: what is configured, and what is bound to that.
#pragma once

#include "credentials/blocking.h"
#include "credentials/source.h"
#include "mail/host_names.h"
#include "relay/smarthost_options.h"

#include <memory>
#include <string>

namespace postern::relay {

struct Smarthost : SmarthostOptions {
  std::shared_ptr<credentials::Source> credentials;  ///< null: no AUTH
  credentials::Blocking blocking;                    ///< derives keys, which takes long; null: the event loop does it
  credentials::Blocking texts{};                     ///< works on large texts, likewise
  std::string helo;                                  ///< our name in EHLO
  /// In MAIL where the server refuses the null reverse-path; empty: there is none to be had.
  std::string own_sender{};
  bool trace = false;       ///< log the protocol's lines, secrets left out
  mail::HostNames names{};  ///< of this machine, for SenderPolicy(from, names)
};

/// "smtp.example.com:465"; of a service, whose servers have each its port, "srv:_submissions._tcp.example.com".
[[nodiscard]] inline std::string place_of(const SmarthostOptions& smarthost) {
  return smarthost.port == 0 ? smarthost.host : smarthost.host + ':' + std::to_string(smarthost.port);
}

}  // namespace postern::relay
