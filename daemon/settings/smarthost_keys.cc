#include "settings/smarthost_keys.h"

#include "settings/host_value.h"
#include "settings/key_table.h"
#include "settings/login_values.h"
#include "settings/rate_value.h"
#include "settings/sender_values.h"
#include "settings/tls_values.h"

namespace postern::settings {
namespace {

using H = Smarthost;
using O = credentials::OAuth2;
using F = relay::SenderPolicyOptions;

// clang-format off
constexpr auto kSmarthostKeys = std::to_array<Key<H>>({
    {"name", "text", "", "", "host",
     "the name in logs and commands", set<text_value, &H::name>},
    {"host", "host name, address or srv:SERVICE", "", "", "required",
     "the server, or the service whose servers the DNS names", set<server_value, &H::host>},
    {"port", "number", "1", "65535", "465 for tls: implicit, 587 for starttls, 25 for none",
     "the server's port", set<port_value, &H::port>},
    {"tls", "implicit | starttls | none", "", "", "implicit",
     "how the connection is encrypted", set<tls_value, &H::tls>},
    {"tls_ca_file", "path", "", "", "the system's store",
     "the certificates of the authorities to trust", set<path_value, &H::tls_ca_file>},
    {"tls_name", "host name or address", "", "", "host",
     "the name the server's certificate must carry", set<host_value, &H::tls_name>},
    {"tls_pin", "SHA-256, or list of them", "", "", "none",
     "the server's public key or certificate, in place of authorities and name", set<pins_value, &H::tls_pin>},
    {"tls_min_version", "1.0 | 1.1 | 1.2 | 1.3", "", "", "1.2",
     "the oldest version of TLS that is spoken", set<tls_version_value, &H::tls_min_version>},
    {"tls_ciphers", "text", "", "", "OpenSSL's",
     "the ciphers up to TLS 1.2, as OpenSSL lists them", set<ciphers_value, &H::tls_ciphers>},
    {"user", "text", "", "", "none",
     "the account; without one there is no AUTH, unless by a client certificate", set<text_value, &H::user>},
    {"password_file", "path", "", "", "none",
     "the file with the account's password", set<secret_path_value, &H::password_file>},
    {"password_credential", "name", "", "", "none",
     "the password as a credential of the systemd service", set<credential_value, &H::password_credential>},
    {"password_command", "list of texts", "", "", "none",
     "the program that prints the password, and its arguments", set<command_value, &H::password_command>},
    {"password", "text", "", "", "none",
     "the password itself, if no other user can read this file", set<secret_value, &H::password>},
    {"token_file", "path", "", "", "none",
     "the file with an OAuth 2.0 access token", set<secret_path_value, &H::token_file>},
    {"token_command", "list of texts", "", "", "none",
     "the program that prints an access token, and its arguments", set<command_value, &H::token_command>},
    {"oauth2.token_url", "URL", "", "", "required with oauth2",
     "where access tokens are asked for", set<url_value, &H::oauth2, &O::token_url>},
    {"oauth2.device_url", "URL", "", "", "none",
     "where postern login begins, by a code on any device", set<url_value, &H::oauth2, &O::device_url>},
    {"oauth2.auth_url", "URL", "", "", "none",
     "where postern login begins, by a browser that comes back", set<login_page_value, &H::oauth2, &O::auth_url>},
    {"oauth2.client_id", "text", "", "", "required with oauth2",
     "the name of this client at the provider", set<text_value, &H::oauth2, &O::client_id>},
    {"oauth2.client_secret_file", "path", "", "", "none",
     "the file with the client's secret", set<secret_path_value, &H::oauth2, &O::client_secret_file>},
    {"oauth2.refresh_token_file", "path", "", "", "none",
     "the file with the refresh token, written by postern login",
     set<secret_path_value, &H::oauth2, &O::refresh_token_file>},
    {"oauth2.scope", "text", "", "", "none",
     "what the token is asked for", set<text_value, &H::oauth2, &O::scope>},
    {"oauth2.ca_file", "path", "", "", "the system's store",
     "the certificates of the authorities to trust for these URLs", set<path_value, &H::oauth2, &O::ca_file>},
    {"client_certificate", "path", "", "", "none",
     "our certificate for EXTERNAL, with its chain", set<path_value, &H::client_certificate>},
    {"client_key", "path", "", "", "none",
     "the key of client_certificate", set<secret_path_value, &H::client_key>},
    {"mechanisms", "list of names", "", "", "all",
     "the login mechanisms that may be used, best first", set<mechanisms_value, &H::mechanisms>},
    {"auth_downgrade", "warn | refuse", "", "", "warn",
     "what to do if the server offers weaker logins than before", set<downgrade_value, &H::auth_downgrade>},
    {"allow_cleartext_auth", "boolean", "", "", "false",
     "lets PLAIN and LOGIN reveal the password without TLS", set<boolean_value, &H::allow_cleartext_auth>},
    {"try_at_start", "boolean", "", "", "true",
     "log in once after a start or a reload, without sending mail", set<boolean_value, &H::try_at_start>},
    {"from.policy", "keep | account | rewrite", "", "", "keep",
     "as whom mail goes to this server", set<sender_policy_value, &H::from, &F::policy>},
    {"from.address", "address", "", "", "user",
     "the account's address, for senders that it may not use", set<wire_address_value, &H::from, &F::address>},
    {"from.rewrite", "map", "", "", "{}",
     "which senders become which address", set<patterns_value, &H::from, &F::rewrite>},
    {"from.name", "text", "", "", "none",
     "the display name of all senders that are changed", set<text_value, &H::from, &F::name>},
    {"connections", "number", "1", "100", "4",
     "the most connections to the server at once", set<count_value, &H::connections>},
    {"rate", "list of limits", "", "", "none",
     "the most messages or recipients in a minute, hour or day", set<rate_value, &H::rate>},
    {"messages_per_connection", "number", "1", "10000", "100",
     "the most messages on one connection", set<count_value, &H::messages_per_connection>},
});
// clang-format on

}  // namespace

void read_smarthosts(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each server with '- host: NAME'", "'- host: NAME'", "host"};
  Report& report = scope.report;
  read_list(node, kSmarthostKeys, begin, settings.smarthosts, scope, [&](const std::string& shown, Mark mark) {
    if (!report.was_written(shown + ".host")) report.error(mark, "'" + shown + "' has no 'host'; name the server");
  });
}

std::vector<KeyInfo> smarthost_keys(const std::string& prefix) { return described(kSmarthostKeys, prefix); }

}  // namespace postern::settings
