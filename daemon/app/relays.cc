#include "app/relays.h"

#include <functional>
#include <utility>

namespace postern::app {
namespace {

relay::Tls relay_tls(settings::Tls tls) {
  switch (tls) {
    case settings::Tls::implicit: return relay::Tls::implicit;
    case settings::Tls::starttls: return relay::Tls::starttls;
    case settings::Tls::none: return relay::Tls::none;
  }
  return relay::Tls::implicit;
}

Task<Result<std::string>> run_on(spool::DiskPool* pool, std::function<Result<std::string>()> job) {
  co_return co_await pool->run(spool::Priority::background, std::move(job));
}

}  // namespace

credentials::Blocking blocking_on(spool::DiskPool& pool) {
  return [&pool](std::function<Result<std::string>()> job) { return run_on(&pool, std::move(job)); };
}

credentials::OAuth2 oauth2_client(const settings::OAuth2& from) {
  credentials::OAuth2 to;
  to.token_url = from.token_url;
  to.device_url = from.device_url;
  to.client_id = from.client_id;
  to.client_secret_file = from.client_secret_file;
  to.refresh_token_file = from.refresh_token_file;
  to.scope = from.scope;
  to.ca_file = from.ca_file;
  return to;
}

credentials::Origin credentials_origin(const settings::Smarthost& from) {
  credentials::Origin to;
  to.user = from.user;
  to.password = from.password;
  to.password_file = from.password_file;
  to.password_credential = from.password_credential;
  to.password_command = from.password_command;
  to.token_file = from.token_file;
  to.token_command = from.token_command;
  to.oauth2 = oauth2_client(from.oauth2);
  to.client_certificate = !from.client_certificate.empty();
  return to;
}

std::unique_ptr<relay::Relay> make_relay(const RelayParts& parts, const settings::Smarthost& smarthost,
                                         const std::string& helo) {
  relay::Smarthost to;
  to.name = smarthost.name;
  to.host = smarthost.host;
  to.port = smarthost.port;
  to.tls = relay_tls(smarthost.tls);
  to.tls_ca_file = smarthost.tls_ca_file;
  to.tls_name = smarthost.tls_name;
  to.client_certificate = smarthost.client_certificate;
  to.client_key = smarthost.client_key;
  if (!smarthost.user.empty() || !smarthost.client_certificate.empty()) {
    to.credentials = credentials::make_source(parts.loop, parts.clock, credentials_origin(smarthost), parts.blocking);
    to.blocking = parts.blocking;
  }
  to.allow_cleartext_auth = smarthost.allow_cleartext_auth;
  to.mechanisms = smarthost.mechanisms;
  const bool refuse = smarthost.auth_downgrade == settings::Downgrade::refuse;
  to.auth_downgrade = refuse ? relay::Downgrade::refuse : relay::Downgrade::warn;
  to.helo = helo;
  to.trace = parts.trace == Trace::yes;
  return relay::Relay::make(parts.loop, std::move(to), parts.memory);
}

}  // namespace postern::app
