// What the settings say of a smarthost to the relay: values alone. What is bound to them is added in Smarthost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::relay {

enum class Tls { implicit, starttls, none };

/// What is done when a server offers weaker logins than before.
enum class Downgrade { warn, refuse };

struct SmarthostOptions {
  std::string name;  ///< as logs and commands call it
  std::string host;
  std::uint16_t port = 0;
  Tls tls = Tls::implicit;
  std::string tls_ca_file;         ///< empty: the system's store
  std::string tls_name;            ///< that the certificate must carry; empty: host
  std::string client_certificate;  ///< PEM chain for EXTERNAL; empty: none
  std::string client_key;
  std::vector<std::string> mechanisms;  ///< the operator's filter and order; empty: all
  Downgrade auth_downgrade = Downgrade::warn;
  bool allow_cleartext_auth = false;

  friend bool operator==(const SmarthostOptions&, const SmarthostOptions&) = default;
};

}  // namespace postern::relay
