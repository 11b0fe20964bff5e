#include "setup/peer_values.h"

#include "base/endpoint.h"
#include "base/text.h"
#include "mail/address.h"
#include "settings/sender_values.h"
#include "settings/values.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace postern::setup {
namespace {

struct Service {
  std::string_view name;
  std::uint16_t port;
};
constexpr auto kServices =
    std::to_array<Service>({{"smtp", 25}, {"smtps", 465}, {"ssmtp", 465}, {"submissions", 465}, {"submission", 587}});

/// Where systems keep the authorities that they trust.
constexpr auto kSystemStores = std::to_array<std::string_view>(
    {"system", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", "/etc/ssl/certs/", "/etc/ssl/cert.pem",
     "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt",
     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"});

constexpr std::size_t kMostSmarthosts = 50;

constexpr std::string_view kPasswordFile = "/etc/postern/password";

/// The mechanisms that other programs have names for, and that Postern knows.
struct Mechanism {
  std::string_view name;
  enum class Needs { password, token, certificate } needs;
};
constexpr auto kMechanisms = std::to_array<Mechanism>({{"PLAIN", Mechanism::Needs::password},
                                                       {"LOGIN", Mechanism::Needs::password},
                                                       {"CRAM-MD5", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-1", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-1-PLUS", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-256", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-256-PLUS", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-512", Mechanism::Needs::password},
                                                       {"SCRAM-SHA-512-PLUS", Mechanism::Needs::password},
                                                       {"EXTERNAL", Mechanism::Needs::certificate},
                                                       {"XOAUTH2", Mechanism::Needs::token},
                                                       {"OAUTHBEARER", Mechanism::Needs::token}});

bool can_be_used(const settings::Smarthost& smarthost, const std::string& mechanism) {
  const auto* const known = std::ranges::find(kMechanisms, mechanism, &Mechanism::name);
  if (known == kMechanisms.end()) return false;
  switch (known->needs) {
    case Mechanism::Needs::password:
      return !smarthost.password.empty() || !smarthost.password_file.empty() || !smarthost.password_command.empty();
    case Mechanism::Needs::token: return !smarthost.token_file.empty() || !smarthost.token_command.empty();
    case Mechanism::Needs::certificate: break;
  }
  return !smarthost.client_certificate.empty();
}

void tidy_certificate(Import& import, const Mark& mark, settings::Smarthost& smarthost) {
  if (smarthost.client_certificate.empty() && smarthost.client_key.empty()) return;
  const bool both = !smarthost.client_certificate.empty() && !smarthost.client_key.empty();
  if (both && smarthost.tls != relay::Tls::none) return;
  smarthost.client_certificate.clear();
  smarthost.client_key.clear();
  import.note(mark, both ? "the client certificate is not carried over, since there is no TLS to show it in"
                         : "the client certificate is not carried over: it needs a certificate and a key");
}

/// In the settings each has a name of its own, which is that of its host unless it is said.
void give_name(const Import& import, settings::Smarthost& smarthost) {
  const auto is_taken = [&import](const std::string& name) {
    return std::ranges::any_of(import.proposal.smarthosts, [&name](const settings::Smarthost& other) {
      return iequals(other.name.empty() ? other.host : other.name, name);
    });
  };
  if (!is_taken(smarthost.host)) return;
  const std::string named = smarthost.host + "-" + std::to_string(smarthost.port);
  smarthost.name = named;
  for (int i = 2; is_taken(smarthost.name); ++i) smarthost.name = named + "-" + std::to_string(i);
}

}  // namespace

Result<std::uint16_t> port_of(const Mark& mark, std::string_view text) {
  const auto* service =
      std::ranges::find_if(kServices, [text](const Service& each) { return iequals(each.name, text); });
  if (service != kServices.end()) return service->port;
  const auto number = parse_number(text);
  if (!number || *number < 1 || *number > 65535) {
    return wrong(mark, "this is no port: it is a number from 1 to 65535");
  }
  return static_cast<std::uint16_t>(*number);
}

Result<std::string> host_of(const Mark& mark, std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (is_host_name(text) || parse_ip(text)) return std::string(text);
  return wrong(mark, "this is no host name or address");
}

Result<HostPort> host_port(const Mark& mark, std::string_view text) {
  HostPort found;
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong(mark, "a ] is missing");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (istarts_with(host, "ipv6:")) host.remove_prefix(5);
    if (!port.empty() && !port.starts_with(':')) {
      return wrong(mark, "behind the ] only a port may stand, as in [host]:587");
    }
    if (!port.empty()) port.remove_prefix(1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && !parse_ip(text)) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  auto name = host_of(mark, host);
  if (!name) return name.error();
  found.host = std::move(*name);
  if (port.empty()) return found;
  const auto number = port_of(mark, port);
  if (!number) return number.error();
  found.port = *number;
  return found;
}

void set_name(Import& import, const Mark& mark, std::string& name, std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || iequals(text, "localhost")) return;
  if (is_host_name(text)) {
    name = text;
  } else {
    import.note(mark, "not carried over, since it is no host name");
  }
}

bool is_one_sender(std::string_view text) {
  return is_ascii(text) && text.find('*') == std::string_view::npos && settings::sender_pattern(std::string(text));
}

std::optional<std::string> wire_address(Import& import, const Mark& mark, std::string_view text) {
  const auto address = mail::parse_address(text, mail::Utf8::refuse);
  if (address && !mail::split_address(*address).domain.empty()) return *address;
  import.note(mark, "not carried over, since it is no whole address");
  return std::nullopt;
}

std::optional<std::string> absolute_path(Import& import, const Mark& mark, std::string_view text) {
  if (text.starts_with('/') && !has_control(text) && is_utf8(text)) return std::string(text);
  import.note(mark, "not carried over, since it is no absolute path");
  return std::nullopt;
}

void set_trust(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view path) {
  if (std::ranges::find(kSystemStores, path) != kSystemStores.end()) return;
  std::error_code error;
  if (path.ends_with('/') || std::filesystem::is_directory(import.here(std::string(path)), error)) {
    return set_trust_directory(import, mark, path);
  }
  if (auto file = absolute_path(import, mark, path)) smarthost.tls_ca_file = std::move(*file);
}

void set_trust_directory(Import& import, const Mark& mark, std::string_view path) {
  if (std::ranges::find(kSystemStores, path) != kSystemStores.end()) return;
  import.note(mark,
              "a directory of authorities cannot be named: put those that are needed into one file and name it in "
              "tls_ca_file");
}

void set_mechanism(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view word) {
  const std::string name = to_upper(word);
  if (std::ranges::find(kMechanisms, name, &Mechanism::name) != kMechanisms.end()) {
    smarthost.mechanisms = {name};
  } else {
    import.note(mark, "this login mechanism is none of Postern's: it chooses among those that the server offers");
  }
}

void add_smarthost(Import& import, const Mark& mark, settings::Smarthost smarthost) {
  if (import.proposal.smarthosts.size() >= kMostSmarthosts) {
    return import.note(mark, "this server is not carried over, since there are so many before it");
  }
  tidy_certificate(import, mark, smarthost);
  const auto unusable = [&smarthost](const std::string& mechanism) { return !can_be_used(smarthost, mechanism); };
  if (!smarthost.mechanisms.empty() && std::ranges::all_of(smarthost.mechanisms, unusable)) {
    smarthost.mechanisms.clear();
    import.note(mark, "the login mechanism is not carried over, since there is nothing to log in with by it");
  }
  give_name(import, smarthost);
  import.proposal.smarthosts.push_back(std::move(smarthost));
}

bool set_user(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view user) {
  if (user.empty() || has_control(user) || !is_utf8(user) || trim(user).size() != user.size()) {
    import.note(mark, "the login is not carried over: its user name is empty or no text of one line");
    return false;
  }
  smarthost.user = user;
  return true;
}

void set_password(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view password) {
  const bool line = password.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
  if (line && !password.empty()) {
    smarthost.password = Secret(std::string(password));
    return;
  }
  // Each login has a file of its own: a password must not go to another server.
  const auto is_taken = [&import](const std::string& path) {
    return std::ranges::any_of(import.proposal.smarthosts,
                               [&path](const auto& other) { return other.password_file == path; });
  };
  std::string path(kPasswordFile);
  if (is_taken(path)) path += "-" + smarthost.host;
  for (int i = 2; is_taken(path); ++i)
    path = std::string(kPasswordFile) + "-" + smarthost.host + "-" + std::to_string(i);
  smarthost.password_file = path;
  import.note_secret(mark,
                     "no password for " + smarthost.user + " is carried over: " +
                         (line ? "there is none in the settings of the other program" : "it is no text of one line") +
                         "; write it into " + path);
}

void set_login(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view user,
               std::string_view password) {
  if (set_user(import, mark, smarthost, user)) set_password(import, mark, smarthost, password);
}

void judge_cleartext(Import& import, const Mark& mark, settings::Smarthost& smarthost, Cleartext cleartext) {
  if (smarthost.tls != relay::Tls::none || smarthost.user.empty()) return;
  if (cleartext == Cleartext::asked_for) {
    smarthost.allow_cleartext_auth = true;
    return import.note(mark, "the password for " + smarthost.host +
                                 " may travel unencrypted, as before (allow_cleartext_auth); better is tls: starttls");
  }
  import.note(mark, "there is no TLS with " + smarthost.host +
                        ": Postern logs in there only by mechanisms that do not reveal the password; set tls: "
                        "starttls, or allow_cleartext_auth: true");
}

void note_verified(Import& import, const Mark& mark) {
  import.note(mark,
              "the server's certificate was not verified so far; Postern always does it: if 'postern check' fails by "
              "that, put the server's own certificate or its authority into a file and name it in tls_ca_file");
}

void note_opportunistic(Import& import, const Mark& mark) {
  import.note(mark,
              "TLS was used where the server offers it, and given up where it fails; Postern demands it (tls: "
              "starttls): if the server has none, set tls: none");
}

void note_pin(Import& import, const Mark& mark, const settings::Smarthost& smarthost, Fingerprints written) {
  std::string text = "this demands a fingerprint and names none";
  if (written == Fingerprints::some) text = "a fingerprint that is no SHA-256 is not carried over";
  if (smarthost.tls_pin.empty()) {
    text += ", and in its place authorities are trusted: to know " + smarthost.host + " by its key as before, take";
  } else {
    text += "; those that are stand in tls_pin, and nothing else is trusted: if " + smarthost.host + " needs it, take";
  }
  import.note(mark, text + " that of its certificate with openssl x509 -fingerprint -sha256 and write it as tls_pin");
}

void note_envelope_only(Import& import, const Mark& mark) {
  import.note(mark, "this changed the sender of the envelope alone; Postern changes From in the header with it");
}

void note_no_local_mail(Import& import, const Mark& mark) {
  import.note(mark,
              "mail for users of this machine was delivered into mailboxes here; Postern sends all mail to the "
              "smarthost: give 'aliases' for names that have no mailbox there");
}

Result<std::string> mailname(const Import& import) { return import.first_line("/etc/mailname"); }

}  // namespace postern::setup
