// The settings of posternd as plain values with their defaults. What a key means stands in
// postern.yaml(5); which YAML key fills which member stands in keys.cc.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::settings {

enum class Tls { implicit, starttls, none };

struct Smarthost {
  std::string name;  ///< default: host
  std::string host;
  std::uint16_t port = 0;  ///< default by tls: 465, 587, 25
  Tls tls = Tls::implicit;
  std::string tls_ca_file;  ///< empty: the system's store
  std::string tls_name;     ///< default: host
  std::string user;         ///< empty: no AUTH
  std::string password_file;
  bool allow_cleartext_auth = false;
  unsigned connections = 4;  ///< at most so many at once

  friend bool operator==(const Smarthost&, const Smarthost&) = default;
};

struct Settings {
  std::string hostname;  ///< default: the machine's FQDN
  std::string domain;    ///< default: hostname
  std::string spool = "/var/spool/postern";
  std::string submit_socket = "/run/postern/submit.sock";
  std::string control_socket = "/run/postern/control.sock";
  std::vector<std::string> smtp_listen = {"127.0.0.1:25", "[::1]:25"};
  std::vector<Smarthost> smarthosts;
  std::map<std::string, std::vector<std::string>> aliases;  ///< local part, lower case -> addresses
  std::uint64_t message_size = 50ULL << 20U;                ///< bytes
  std::size_t recipients = 1000;
  Seconds retry_min{60};
  Seconds retry_max{3600};
  Seconds retry_expire{5 * 24 * 3600};

  bool operator==(const Settings&) const = default;
};

}  // namespace postern::settings
