// Mail out: one Relay per smarthost keeps its connections, its TLS context and what it learnt about the
// server (the mechanism that worked, that pipelining is broken there).
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace postern::relay {

enum class Tls { implicit, starttls, none };

struct Smarthost {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  Tls tls = Tls::implicit;
  std::string tls_ca_file;
  std::string tls_name;
  std::string user;                          ///< empty: no AUTH
  std::function<Result<Secret>()> password;  ///< read anew at each login
  bool allow_cleartext_auth = false;
  std::string helo;  ///< our name in EHLO
};

class Relay {
 public:
  static std::unique_ptr<Relay> make(Executor executor, Smarthost smarthost);
  virtual ~Relay() = default;

  /// Sends one message on a pooled connection or a new one. Never fails as such: the report says everything.
  /// A kept connection that turns out to be closed is replaced once, silently.
  virtual Task<mail::DeliveryReport> deliver(mail::Message& message) = 0;
  /// Connects, TLS, EHLO, AUTH, QUIT on a connection of its own; sends no mail.
  virtual Task<mail::CheckReport> check() = 0;
  /// Ends idle connections with QUIT and, after that, cancels those at work.
  virtual Task<void> close(Seconds grace) = 0;
};

}  // namespace postern::relay
