// sSMTP: /etc/ssmtp/ssmtp.conf of lines "Key=value" and /etc/ssmtp/revaliases (ssmtp.conf(5), ssmtp(8)).
#include "base/text.h"
#include "mail/address.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/peer_values.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

/// What the file says, until it is known as a whole.
struct Ssmtp {
  Import& import;
  settings::Smarthost smarthost;
  Mark mark;  ///< of the line that is read
  Mark login;
  std::string user;
  std::string password;
  bool tls = false;
  bool starttls = false;
  bool certificate_used = false;
};

bool is_yes(std::string_view value) { return iequals(value, "yes"); }

Result<void> ssmtp_root(Ssmtp& file, const std::string& value) {
  const std::vector<std::string> addresses = addresses_of(file.import, file.mark, value);
  if (addresses.empty()) return {};
  // An alias that leads to itself changes nothing.
  if (addresses.front() != "root") file.import.proposal.aliases["root"] = addresses;
  if (addresses.front() != "postmaster") file.import.proposal.aliases["postmaster"] = {"root"};
  file.import.note(file.mark,
                   "this is carried over for root and postmaster; sSMTP sent the mail of all users with an id of "
                   "less than 1000 there: give 'aliases' for those that get mail, or \"*\" for everybody");
  return {};
}

Result<void> ssmtp_hub(Ssmtp& file, const std::string& value) {
  const auto hub = host_port(file.mark, value);
  if (!hub) return hub.error();
  file.smarthost.host = hub->host;
  if (hub->port != 0) file.smarthost.port = hub->port;
  return {};
}

Result<void> ssmtp_port(Ssmtp& file, const std::string& value) {
  const auto port = port_of(file.mark, value);
  if (!port) return port.error();
  file.smarthost.port = *port;
  return {};
}

Result<void> ssmtp_domain(Ssmtp& file, const std::string& value) {
  set_name(file.import, file.mark, file.import.proposal.names.domain, value.substr(value.rfind('@') + 1));
  return {};
}

Result<void> ssmtp_hostname(Ssmtp& file, const std::string& value) {
  set_name(file.import, file.mark, file.import.proposal.names.hostname, value);
  return {};
}

Result<void> ssmtp_from_line(Ssmtp& file, const std::string& value) {
  if (is_yes(value)) return {};
  file.import.note(file.mark,
                   "programs could not choose the From of their mail; here they can: if the server takes only the "
                   "account's own address, set from.policy: account");
  return {};
}

Result<void> ssmtp_tls(Ssmtp& file, const std::string& value) {
  file.tls = is_yes(value);
  if (!file.tls) file.starttls = false;
  return {};
}

Result<void> ssmtp_starttls(Ssmtp& file, const std::string& value) {
  file.starttls = is_yes(value);
  if (file.starttls) file.tls = true;
  return {};
}

Result<void> ssmtp_certificate_used(Ssmtp& file, const std::string& value) {
  file.certificate_used = is_yes(value);
  return {};
}

template <auto Member>
Result<void> ssmtp_file(Ssmtp& file, const std::string& value) {
  if (auto path = absolute_path(file.import, file.mark, value)) file.smarthost.*Member = std::move(*path);
  return {};
}

Result<void> ssmtp_authorities(Ssmtp& file, const std::string& value) {
  set_trust(file.import, file.mark, file.smarthost, value);
  return {};
}

Result<void> ssmtp_directory(Ssmtp& file, const std::string& value) {
  set_trust_directory(file.import, file.mark, value);
  return {};
}

Result<void> ssmtp_user(Ssmtp& file, const std::string& value) {
  file.user = value;
  file.login = file.mark;
  return {};
}

Result<void> ssmtp_password(Ssmtp& file, const std::string& value) {
  file.password = value;
  if (value.find_first_of(":= \t") != std::string::npos) {
    file.import.note(file.mark,
                     "the whole password is carried over; sSMTP read it up to its first colon, equals sign "
                     "or blank alone");
  }
  return {};
}

Result<void> ssmtp_method(Ssmtp& file, const std::string& value) {
  set_mechanism(file.import, file.mark, file.smarthost, value);
  return {};
}

Result<void> ssmtp_nothing(Ssmtp&, const std::string&) { return {}; }

struct SsmtpKey {
  std::string_view name;  ///< without case
  Result<void> (*set)(Ssmtp&, const std::string& value);
};

constexpr auto kSsmtpKeys = std::to_array<SsmtpKey>({
    {"root", ssmtp_root},
    {"mailhub", ssmtp_hub},
    {"remoteport", ssmtp_port},
    {"rewritedomain", ssmtp_domain},
    {"hostname", ssmtp_hostname},
    {"fromlineoverride", ssmtp_from_line},
    {"usetls", ssmtp_tls},
    {"usestarttls", ssmtp_starttls},
    {"usetlscert", ssmtp_certificate_used},
    {"tlscert", ssmtp_file<&settings::Smarthost::client_certificate>},
    {"tlskey", ssmtp_file<&settings::Smarthost::client_key>},
    {"tls_ca_file", ssmtp_authorities},
    {"tls_ca_dir", ssmtp_directory},
    {"authuser", ssmtp_user},
    {"authpass", ssmtp_password},
    {"authmethod", ssmtp_method},
    {"useoldauth", ssmtp_nothing},  // Whether the name goes with AUTH LOGIN: Postern finds out by itself.
    {"debug", ssmtp_nothing},
});

Result<void> read_ssmtp_line(Ssmtp& file, std::string_view line) {
  const std::string_view text = trim(line.substr(0, line.find('#')));
  if (text.empty()) return {};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    file.import.note(file.mark, "not carried over: there is no = in this line, and sSMTP ignores it");
    return {};
  }
  const std::string name(trim(text.substr(0, equals)));
  const std::string value(trim(text.substr(equals + 1)));
  const auto* key = std::ranges::find_if(kSsmtpKeys, [&](const SsmtpKey& each) { return iequals(each.name, name); });
  if (key == kSsmtpKeys.end()) {
    file.import.note(file.mark, "not carried over, since sSMTP knows no such key");
    return {};
  }
  if (value.empty()) return {};  // as if the line were not there
  return key->set(file, value);
}

/// "root:alerts@example.com" or "root:alerts@example.com:mail.example.com:587".
Result<void> read_revaliases(Ssmtp& file) {
  const auto table = file.import.find("/etc/ssmtp/revaliases");
  if (!table) return table.error();
  if (!*table) return {};
  for (const Line& line : (*table)->lines) {
    const std::string_view text = trim(std::string_view(line.text).substr(0, line.text.find('#')));
    if (text.empty()) continue;
    const Mark mark = (*table)->mark(line);
    const std::size_t colon = text.find(':');
    const std::string_view user = trim(text.substr(0, std::min(colon, text.size())));
    if (colon == std::string_view::npos || !is_one_sender(user)) {
      file.import.note(mark, "not carried over: this is no line 'user:address', and sSMTP ignores it");
      continue;
    }
    const std::string_view rest = trim(text.substr(colon + 1));
    const std::size_t end = std::min(rest.find_first_of(": \t"), rest.size());
    const std::string sender = mail::complete_address(rest.substr(0, end), file.import.proposal.names.domain);
    if (const auto address = wire_address(file.import, mark, sender)) {
      file.smarthost.from.rewrite[to_lower(user)] = *address;
    }
    const std::string_view hub = trim(rest.substr(std::min(end + 1, rest.size())));
    if (!hub.empty() && !istarts_with(hub, file.smarthost.host)) {
      file.import.note(mark, "mail of this user went to another server, which is not carried over");
    }
  }
  if (!file.smarthost.from.rewrite.empty()) {
    file.smarthost.from.policy = relay::SenderPolicyOptions::Policy::rewrite;
  }
  return {};
}

void finish_ssmtp(Ssmtp& file, const PeerFile& source) {
  settings::Smarthost& smarthost = file.smarthost;
  const Mark whole{source.name, 0};
  if (smarthost.host.empty()) return file.import.note(whole, "it names no server (mailhub)");
  smarthost.tls = !file.tls ? relay::Tls::none : file.starttls ? relay::Tls::starttls : relay::Tls::implicit;
  if (smarthost.port == 0) smarthost.port = 25;
  if (!file.certificate_used) smarthost.client_certificate = smarthost.client_key = std::string();
  if (smarthost.client_key.empty()) smarthost.client_key = smarthost.client_certificate;
  if (!file.user.empty()) set_login(file.import, file.login, smarthost, file.user, file.password);
  if (file.tls) note_verified(file.import, whole);
  judge_cleartext(file.import, file.login, smarthost, Cleartext::not_asked_for);
  add_smarthost(file.import, whole, std::move(smarthost));
}

}  // namespace

Result<Proposal> import_ssmtp(const Place& place) {
  Import import(place);
  const auto source = import.read("/etc/ssmtp/ssmtp.conf");
  if (!source) return source.error();
  Ssmtp file{import, {}, {}, {}, {}, {}};
  for (const Line& line : source->lines) {
    file.mark = source->mark(line);
    if (const auto done = read_ssmtp_line(file, line.text); !done) return done.error();
  }
  if (const auto done = read_revaliases(file); !done) return done.error();
  finish_ssmtp(file, *source);
  return std::move(import.proposal);
}

}  // namespace postern::setup
