// msmtp: /etc/msmtprc and a user's own ~/.msmtprc or ~/.config/msmtp/config (msmtp(1)). Programs that send by
// /usr/sbin/sendmail have the account "default", so that is the one that is carried over.
#include "setup/msmtp_accounts.h"

#include "base/text.h"
#include "mail/address.h"
#include "settings/tls_values.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/password_command.h"
#include "setup/peer_values.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

/// One account while it becomes a smarthost.
struct Conversion {
  Import& import;
  const MsmtpAccount& account;
  settings::Smarthost smarthost;

  [[nodiscard]] std::string value(std::string_view command) const {
    const MsmtpSetting* setting = account.setting(command);
    return setting == nullptr ? std::string() : setting->value;
  }
  /// Where the command stands, or else the account.
  [[nodiscard]] Mark mark(std::string_view command) const {
    const MsmtpSetting* setting = account.setting(command);
    return setting == nullptr ? account.mark : setting->mark;
  }
  /// What takes "on" takes nothing at all for it, too.
  [[nodiscard]] bool is_on(std::string_view command, bool standard) const {
    const MsmtpSetting* setting = account.setting(command);
    return setting == nullptr ? standard : setting->value.empty() || setting->value == "on";
  }
  /// The name of a file; ~ is the user's home.
  [[nodiscard]] std::string path(std::string_view command) const {
    const std::string name = value(command);
    return name.starts_with('~') ? import.home() + name.substr(1) : name;
  }
};

Result<void> msmtp_server(Conversion& c) {
  const std::string name = c.value("host");
  if (name.empty()) return wrong(c.account.mark, "this account names no host");
  auto host = host_of(c.mark("host"), name);
  if (!host) return host.error();
  c.smarthost.host = std::move(*host);
  using relay::Tls;
  c.smarthost.tls = !c.is_on("tls", false) ? Tls::none : c.is_on("tls_starttls", true) ? Tls::starttls : Tls::implicit;
  c.smarthost.port = c.smarthost.tls == Tls::implicit ? 465 : 25;
  if (c.account.setting("port") == nullptr) return {};
  const auto port = port_of(c.mark("port"), c.value("port"));
  if (!port) return port.error();
  c.smarthost.port = *port;
  return {};
}

void msmtp_trust(Conversion& c) {
  const bool fingerprint = !c.value("tls_fingerprint").empty();
  const bool named = c.account.setting("tls_trust_file") != nullptr;
  if (!c.is_on("tls_certcheck", true)) {
    note_verified(c.import, c.mark("tls_certcheck"));
    // msmtp had no use for them, so they may be out of date.
    if (fingerprint || named) {
      c.import.note(c.mark(fingerprint ? "tls_fingerprint" : "tls_trust_file"),
                    "not carried over, since it had no effect beside tls_certcheck off");
    }
  } else if (fingerprint) {
    // Of the certificate, and in place of everything else, as a pin is here. Older ones are SHA-1 or MD5.
    if (auto pin = settings::parse_pin(c.value("tls_fingerprint"))) {
      c.smarthost.tls_pin = {std::move(*pin)};
    } else {
      note_pin(c.import, c.mark("tls_fingerprint"), c.smarthost);
    }
  } else if (named) {
    const std::string file = c.path("tls_trust_file");
    if (file.empty()) return note_verified(c.import, c.mark("tls_trust_file"));
    set_trust(c.import, c.mark("tls_trust_file"), c.smarthost, file);
  }
}

void msmtp_tls(Conversion& c) {
  if (c.smarthost.tls == relay::Tls::none) return;
  msmtp_trust(c);
  if (const std::string name = c.value("tls_host_override"); !name.empty()) {
    if (auto host = host_of(c.mark("tls_host_override"), name)) {
      c.smarthost.tls_name = std::move(*host);
    } else {
      c.import.note(c.mark("tls_host_override"), "not carried over, since it is no host name");
    }
  }
  if (const std::string file = c.path("tls_cert_file"); !file.empty()) {
    c.smarthost.client_certificate = absolute_path(c.import, c.mark("tls_cert_file"), file).value_or("");
    c.smarthost.client_key = absolute_path(c.import, c.mark("tls_key_file"), c.path("tls_key_file")).value_or("");
  }
}

/// The argv of a command that msmtp gives to the shell.
std::vector<std::string> shell_command(Conversion& c) {
  const std::string command = c.value("passwordeval");
  c.import.note_secret(
      c.mark("passwordeval"),
      "this command is now run by the service, as its user postern, without a home and without keys of "
      "yours: what it reads must be readable to it; a password_file is simpler");
  return {"/bin/sh", "-c", command};
}

/// The command, if there can be no secret in its words: everybody can read the settings.
PasswordCommand msmtp_command(Conversion& c) {
  const std::string command = c.value("passwordeval");
  if (command.empty()) return {};
  PasswordCommand judged = judge_password_command(command);
  if (judged.kind == PasswordCommand::Kind::unclear) {
    c.import.note_secret(
        c.mark("passwordeval"),
        "this command is not carried over, since a password may stand in it, and everybody can read the "
        "settings: use a password_file, or put the command into a script and name that as password_command "
        "or token_command");
  }
  return judged;
}

void msmtp_token(Conversion& c) {
  if (msmtp_command(c).kind == PasswordCommand::Kind::asks) {
    c.smarthost.token_command = shell_command(c);
    return;
  }
  c.smarthost.token_file = "/etc/postern/token";
  c.import.note(c.mark("auth"),
                "the access token is not carried over, since it is good for an hour or so: let a program write fresh "
                "ones into /etc/postern/token, or see 'oauth2' in postern.yaml(5)");
}

void msmtp_password(Conversion& c) {
  if (!c.value("password").empty()) {
    return set_password(c.import, c.mark("password"), c.smarthost, c.value("password"));
  }
  const PasswordCommand command = msmtp_command(c);
  switch (command.kind) {
    case PasswordCommand::Kind::prints:
      return set_password(c.import, c.mark("passwordeval"), c.smarthost, command.secret);
    case PasswordCommand::Kind::asks: c.smarthost.password_command = shell_command(c); return;
    case PasswordCommand::Kind::unclear: return set_password(c.import, c.mark("user"), c.smarthost, "");
  }
}

void msmtp_login(Conversion& c) {
  const MsmtpSetting* auth = c.account.setting("auth");
  const std::string how = auth == nullptr ? "off" : auth->value.empty() ? "on" : auth->value;
  if (how == "off") {
    if (!c.value("user").empty()) c.import.note(c.mark("user"), "not carried over: auth is off, so there is no login");
    return;
  }
  const bool chosen = how != "on";
  if (chosen) set_mechanism(c.import, c.mark("auth"), c.smarthost, how);
  if (how == "external") return;
  if (!set_user(c.import, c.mark("user"), c.smarthost, c.value("user"))) return;
  if (how == "xoauth2" || how == "oauthbearer") {
    msmtp_token(c);
  } else {
    msmtp_password(c);
  }
  const bool reveals = how == "plain" || how == "login";
  judge_cleartext(c.import, c.mark("auth"), c.smarthost, reveals ? Cleartext::asked_for : Cleartext::not_asked_for);
}

/// The patterns of `from` and `domain` that stand for names of this machine.
Result<std::string> with_names(const Conversion& c, std::string text) {
  const auto machine = mailname(c.import);
  if (!machine) return machine.error();
  for (std::size_t at = text.find("%M"); at != std::string::npos; at = text.find("%M")) text.replace(at, 2, *machine);
  return text;
}

bool names_machine(std::string_view text) {
  return text.find("%H") != std::string_view::npos || text.find("%C") != std::string_view::npos;
}

void msmtp_fixed_sender(Conversion& c, const std::string& from) {
  const auto address = wire_address(c.import, c.mark("from"), from);
  if (!address) return;
  c.smarthost.from.policy = relay::SenderPolicyOptions::Policy::account;
  c.smarthost.from.address = *address;
  if (c.is_on("allow_from_override", true)) {
    c.import.note(c.mark("from"),
                  "all mail is now sent as " + *address +
                      ", also where a program gives another sender (-f); from.policy and from.rewrite say it more "
                      "finely");
  }
  if (c.value("set_from_header") != "on") note_envelope_only(c.import, c.mark("from"));
}

Result<void> msmtp_sender(Conversion& c) {
  mail::HostNames& names = c.import.proposal.names;
  if (c.is_on("auto_from", false) && c.account.setting("auto_from") != nullptr) {
    set_name(c.import, c.mark("maildomain"), names.domain, c.value("maildomain"));
    return {};
  }
  const auto from = with_names(c, c.value("from"));
  if (!from) return from.error();
  if (from->empty()) return {};
  if (from->find_first_of("?*[") != std::string::npos) {
    c.import.note(c.mark("from"), "a pattern for senders is not carried over: each program's sender stays as it is");
    return {};
  }
  if (!from->starts_with("%U@")) {
    if (from->find('%') == std::string::npos) {
      msmtp_fixed_sender(c, *from);
    } else {
      c.import.note(c.mark("from"), "not carried over; senders without a domain get Postern's 'domain'");
    }
    return {};
  }
  // The sender is the user's name at a domain: what Postern completes names with.
  const std::string domain = from->substr(3);
  if (!names_machine(domain)) set_name(c.import, c.mark("from"), names.domain, domain);
  if (!c.is_on("allow_from_override", true)) {
    c.import.note(c.mark("allow_from_override"), "programs may still give other senders; from.rewrite can change them");
  }
  return {};
}

Result<void> msmtp_greeting(Conversion& c) {
  const auto domain = with_names(c, c.value("domain"));
  if (!domain) return domain.error();
  if (!names_machine(*domain)) set_name(c.import, c.mark("domain"), c.import.proposal.names.hostname, *domain);
  return {};
}

Result<void> msmtp_aliases(Conversion& c) {
  const std::string file = c.path("aliases");
  if (file.empty()) return {};
  AliasesStyle style;
  style.continued = false;
  style.comments_anywhere = true;
  style.catch_all = "default";
  return add_aliases(c.import, file, style);
}

struct LeftOut {
  std::string_view command;
  std::string_view harmless;  ///< the value that says nothing else than Postern does anyway
  std::string_view says;
};

constexpr std::string_view kOwnStrength =
    "Postern takes TLS 1.2 and later, with the library's own choice of ciphers; set tls_min_version or tls_ciphers if "
    "the server needs others";
constexpr auto kLeftOut = std::to_array<LeftOut>({
    {"eval", "", "commands that write settings are not run: what it says must be added by hand"},
    {"source_ip", "", "Postern's connections come from the address that the system chooses"},
    {"proxy_host", "", "Postern uses no proxy"},
    {"proxy_port", "", "Postern uses no proxy"},
    {"socket", "", "Postern speaks to servers by TCP alone"},
    {"timeout", "off", "Postern has time limits of its own for each step"},
    {"connect_timeout", "off", "Postern has time limits of its own for each step"},
    {"protocol", "smtp", "Postern speaks SMTP alone"},
    {"ntlmdomain", "", "Postern knows no NTLM"},
    {"tls_crl_file", "", "lists of revoked certificates are not asked"},
    {"tls_priorities", "", kOwnStrength},
    {"tls_min_dh_prime_bits", "", kOwnStrength},
    {"dsn_notify", "off", "programs ask for reports themselves (sendmail -N)"},
    {"dsn_return", "off", "programs ask for reports themselves (sendmail -R)"},
    {"set_from_header", "auto", "Postern adds From where it is missing, and changes it as 'from' says"},
    {"add_missing_from_header", "on", "Postern adds From where it is missing"},
    {"set_date_header", "auto", "Postern adds Date where it is missing"},
    {"add_missing_date_header", "on", "Postern adds Date where it is missing"},
    {"set_msgid_header", "auto", "Postern adds Message-ID where it is missing"},
    {"remove_bcc_headers", "on", "Postern takes Bcc out of mail"},
    {"undisclosed_recipients", "off", "Postern leaves To and Cc as they are"},
    {"logfile", "", "Postern writes to the journal: journalctl -u postern"},
    {"logfile_time_format", "", "Postern writes to the journal: journalctl -u postern"},
    {"syslog", "off", "Postern writes to the journal: journalctl -u postern"},
});

void note_left_out(const Conversion& c) {
  for (const LeftOut& left : kLeftOut) {
    const MsmtpSetting* setting = c.account.setting(left.command);
    if (setting == nullptr || setting->value == left.harmless) continue;
    if (setting->value.empty() && left.harmless == "on") continue;
    // A From that is always set is what the sender policy does.
    if (left.command == "set_from_header" && c.smarthost.from.policy != relay::SenderPolicyOptions::Policy::keep) {
      continue;
    }
    c.import.note(setting->mark, std::string(left.command) + " is not carried over: " + std::string(left.says));
  }
}

Result<void> convert(Import& import, const MsmtpAccount& account) {
  Conversion c{import, account, {}};
  if (const auto done = msmtp_server(c); !done) return done;
  msmtp_tls(c);
  msmtp_login(c);
  for (const auto part : {msmtp_sender, msmtp_greeting, msmtp_aliases}) {
    if (const auto done = part(c); !done) return done;
  }
  const mail::HostNames& names = import.proposal.names;
  if (!names.domain.empty() || !names.hostname.empty()) narrow_catch_all(import, c.mark("aliases"));
  note_left_out(c);
  add_smarthost(import, account.mark, std::move(c.smarthost));
  return {};
}

/// The account that programs get who name none.
const MsmtpAccount* default_account(Import& import, const std::vector<MsmtpAccount>& accounts) {
  const auto named = std::ranges::find(accounts, "default", &MsmtpAccount::name);
  if (named != accounts.end()) return &*named;
  import.note(accounts.front().mark, "there is no account default, so this one, the first, is carried over");
  return &accounts.front();
}

void note_other_accounts(Import& import, const std::vector<MsmtpAccount>& accounts, const MsmtpAccount& chosen) {
  for (const MsmtpAccount& account : accounts) {
    const bool same = account.name == chosen.name || account.same_as(chosen);
    if (same) continue;
    import.note(account.mark,
                "this account is not carried over: it was for who asks for it (-a) or sends by its address; make it a "
                "further smarthost, and write 'routes' for whose mail goes by it");
  }
}

}  // namespace

Result<Proposal> import_msmtp(const Place& place) {
  Import import(place);
  auto accounts = read_msmtp_accounts(import);
  if (!accounts) return accounts.error();
  if (accounts->empty()) {
    return Error{Failure::invalid, "msmtp's settings hold no account"};
  }
  const MsmtpAccount* chosen = default_account(import, *accounts);
  if (const auto done = convert(import, *chosen); !done) return done.error();
  note_other_accounts(import, *accounts, *chosen);
  return std::move(import.proposal);
}

}  // namespace postern::setup
