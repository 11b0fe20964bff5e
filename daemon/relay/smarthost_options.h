// What the settings say of a smarthost to the relay: values alone. What is bound to them is added in Smarthost.
#pragma once

#include "net/tls_client_options.h"
#include "relay/sender_policy_options.h"
#include "sasl/login_options.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace postern::relay {

enum class Tls { implicit, starttls, none };

/// What is done when a server offers weaker logins than before.
enum class Downgrade { warn, refuse };

struct SmarthostOptions : net::TlsClientOptions, sasl::LoginOptions {
  std::string name;        ///< as logs and commands call it
  std::string host;        ///< or a ServiceName
  std::uint16_t port = 0;  ///< 0 with a service, whose servers have each its own
  Tls tls = Tls::implicit;
  Downgrade auth_downgrade = Downgrade::warn;
  bool try_at_start = true;                   ///< with a login, before there is mail
  std::size_t messages_per_connection = 100;  ///< many servers take no more
  SenderPolicyOptions from;                   ///< as whom mail may be sent there

  friend bool operator==(const SmarthostOptions&, const SmarthostOptions&) = default;
};

}  // namespace postern::relay
