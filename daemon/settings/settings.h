// The settings of posternd as plain values with their defaults. What a key means stands in
// postern.yaml(5); which YAML key fills which member stands in keys.cc.
#pragma once

#include "base/clock.h"
#include "base/network.h"
#include "base/secret.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::settings {

enum class Tls { implicit, starttls, none };

/// An OAuth 2.0 client; `token_url` empty: none.
struct OAuth2 {
  std::string token_url;
  std::string device_url;
  std::string client_id;
  std::string client_secret_file;
  std::string refresh_token_file;
  std::string scope;
  std::string ca_file;

  friend bool operator==(const OAuth2&, const OAuth2&) = default;
};

enum class Downgrade { warn, refuse };

struct Smarthost {
  std::string name;  ///< default: host
  std::string host;
  std::uint16_t port = 0;  ///< default by tls: 465, 587, 25
  Tls tls = Tls::implicit;
  std::string tls_ca_file;  ///< empty: the system's store
  std::string tls_name;     ///< default: host
  std::string user;         ///< empty: no AUTH, unless by the client certificate
  Secret password;          ///< only in a file that others cannot read; at most one of the password's origins
  std::string password_file;
  std::string password_credential;
  std::vector<std::string> password_command;
  std::string token_file;
  std::vector<std::string> token_command;
  OAuth2 oauth2;
  std::string client_certificate;
  std::string client_key;
  std::vector<std::string> mechanisms;  ///< empty: all
  Downgrade auth_downgrade = Downgrade::warn;
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
  std::vector<Network> networks = {loopback_v4(), loopback_v6()};  ///< of the clients that may send by SMTP
  std::vector<Smarthost> smarthosts;
  std::map<std::string, std::vector<std::string>> aliases;  ///< local part, lower case -> addresses
  std::uint64_t message_size = 50ULL << 20U;                ///< bytes
  std::size_t recipients = 1000;
  Seconds retry_min{60};
  Seconds retry_max{3600};
  Seconds retry_expire{5 * 24 * 3600};
  Seconds retry_warn_after{4 * 3600};                ///< 0: no warning of a delay
  unsigned bounces_per_sender = 20;                  ///< reports to one sender within an hour
  unsigned bounces_per_hour = 200;                   ///< reports to all senders within an hour
  std::uint64_t bounces_return_size = 50ULL << 10U;  ///< bytes; of larger messages the header alone goes back
  std::string notify_address;                        ///< empty: none
  std::vector<std::string> notify_command;           ///< empty: none
  Seconds notify_after{3600};                        ///< 0: the age of the queue is no reason for an alarm
  std::string metrics_listen;                        ///< "127.0.0.1:9157"; empty: nowhere

  bool operator==(const Settings&) const = default;
};

}  // namespace postern::settings
