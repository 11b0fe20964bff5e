// nullmailer: /etc/nullmailer, one value a file; `remotes` has a server with its options in each line
// (nullmailer-send(8), nullmailer-inject(1), nullmailer-queue(8)).
#include "base/text.h"
#include "mail/address.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/peer_values.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

std::string control_file(std::string_view name) { return "/etc/nullmailer/" + std::string(name); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The words of a line by the shell's rules of quoting, as nullmailer reads them.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool inside_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && is_blank(c)) {
      inside_word = false;
      continue;
    }
    if (!inside_word) words.emplace_back();
    inside_word = true;
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// One remote while its options are read.
struct Remote {
  Import& import;
  const Mark& mark;
  settings::Smarthost smarthost;
  std::string user;
  std::string password;
};

Result<void> set_port(Remote& remote, const std::string& value) {
  const auto port = port_of(remote.mark, value);
  if (!port) return port.error();
  remote.smarthost.port = *port;
  return {};
}

Result<void> set_remote_user(Remote& remote, const std::string& value) {
  remote.user = value;
  return {};
}

Result<void> set_remote_password(Remote& remote, const std::string& value) {
  remote.password = value;
  return {};
}

template <auto Member>
Result<void> set_file(Remote& remote, const std::string& value) {
  if (auto path = absolute_path(remote.import, remote.mark, value)) remote.smarthost.*Member = std::move(*path);
  return {};
}

Result<void> set_authorities(Remote& remote, const std::string& value) {
  set_trust(remote.import, remote.mark, remote.smarthost, value);
  return {};
}

template <relay::Tls Kind>
Result<void> set_tls(Remote& remote, const std::string&) {
  remote.smarthost.tls = Kind;
  return {};
}

Result<void> set_login_mechanism(Remote& remote, const std::string&) {
  set_mechanism(remote.import, remote.mark, remote.smarthost, "LOGIN");
  return {};
}

Result<void> not_verified(Remote& remote, const std::string&) {
  note_verified(remote.import, remote.mark);
  return {};
}

struct Option {
  std::string_view name;
  Result<void> (*set)(Remote&, const std::string& value);  ///< none: it has no counterpart
};

constexpr auto kOptions = std::to_array<Option>({
    {"port", set_port},
    {"user", set_remote_user},
    {"pass", set_remote_password},
    {"source", nullptr},
    {"auth-login", set_login_mechanism},
    {"tls", set_tls<relay::Tls::implicit>},
    {"ssl", set_tls<relay::Tls::implicit>},
    {"starttls", set_tls<relay::Tls::starttls>},
    {"x509certfile", set_file<&settings::Smarthost::client_certificate>},
    {"x509keyfile", set_file<&settings::Smarthost::client_key>},
    {"x509cafile", set_authorities},
    {"x509crlfile", nullptr},
    {"x509fmtder", nullptr},
    {"insecure", not_verified},
    {"tls-anon-auth", not_verified},
});

Result<void> read_option(Remote& remote, std::string_view word) {
  if (word.starts_with("--")) word.remove_prefix(2);
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, equals);
  const std::string value(word.substr(std::min(equals + 1, word.size())));
  const auto* option = std::ranges::find(kOptions, name, &Option::name);
  // It may be a part of a password that stands in no quotes.
  if (option == kOptions.end()) {
    remote.import.note(remote.mark, "a word is not carried over, since nullmailer knows no such option");
    return {};
  }
  if (option->set != nullptr) return option->set(remote, value);
  remote.import.note(remote.mark, "not carried over: the option " + std::string(name) + " has no counterpart");
  return {};
}

Result<void> read_remote(Import& import, const Mark& mark, const std::vector<std::string>& words) {
  Remote remote{import, mark, {}, {}, {}};
  remote.smarthost.tls = relay::Tls::none;
  auto host = host_of(mark, words[0]);
  if (!host) return host.error();
  remote.smarthost.host = std::move(*host);
  if (words.size() > 1 && words[1] != "smtp") {
    import.note(mark, "not carried over: this server is not spoken to by SMTP");
    return {};
  }
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (const auto done = read_option(remote, words[i]); !done) return done;
  }
  settings::Smarthost& smarthost = remote.smarthost;
  if (smarthost.port == 0) smarthost.port = smarthost.tls == relay::Tls::implicit ? 465 : 25;
  if (!smarthost.client_certificate.empty() && smarthost.client_key.empty()) {
    smarthost.client_key = smarthost.client_certificate;
  }
  if (!remote.user.empty()) set_login(import, mark, smarthost, remote.user, remote.password);
  judge_cleartext(import, mark, smarthost, Cleartext::not_asked_for);
  add_smarthost(import, mark, std::move(smarthost));
  return {};
}

Result<void> read_remotes(Import& import) {
  const auto file = import.read(control_file("remotes"));
  if (!file) return file.error();
  for (const Line& line : file->lines) {
    const std::vector<std::string> words = shell_words(line.text);
    if (words.empty() || trim(line.text).starts_with('#')) continue;
    if (const auto done = read_remote(import, file->mark(line), words); !done) return done;
  }
  if (import.proposal.smarthosts.empty()) import.note(Mark{file->name, 0}, "it names no server");
  return {};
}

/// One value of a file of its own, with the place to speak of.
struct Value {
  Mark mark;
  std::string text;
};

Result<Value> value_of(const Import& import, const std::string& name) {
  auto text = import.first_line(control_file(name));
  if (!text) return text.error();
  return Value{Mark{import.here(control_file(name)), 0}, std::move(*text)};
}

/// Mail for all local users goes to these addresses.
Result<void> read_adminaddr(Import& import) {
  const auto value = value_of(import, "adminaddr");
  if (!value) return value.error();
  const std::vector<std::string> addresses = addresses_of(import, value->mark, value->text);
  if (!addresses.empty()) import.proposal.aliases["*"] = addresses;
  const auto host = value_of(import, "defaulthost");
  if (!host) return host.error();
  const auto machine = mailname(import);
  if (!machine) return machine.error();
  if (!host->text.empty() && !iequals(import.proposal.names.domain, *machine)) narrow_catch_all(import, host->mark);
  return {};
}

/// The sender of all mail; completed like any address.
Result<void> read_allmailfrom(Import& import) {
  const auto value = value_of(import, "allmailfrom");
  if (!value) return value.error();
  if (value->text.empty()) return {};
  const std::string text = mail::complete_address(value->text, import.proposal.names.domain);
  const auto address = wire_address(import, value->mark, text);
  if (!address) return {};
  for (settings::Smarthost& smarthost : import.proposal.smarthosts) {
    smarthost.from.policy = relay::SenderPolicyOptions::Policy::account;
    smarthost.from.address = *address;
  }
  note_envelope_only(import, value->mark);
  return {};
}

/// `name` with the default domain, if it has no dot: as nullmailer completes names of hosts.
std::string with_domain(const std::string& name, const std::string& domain) {
  const bool complete = name.empty() || domain.empty() || name.find('.') != std::string::npos || name == "localhost";
  return complete ? name : name + "." + domain;
}

Result<void> read_names(Import& import) {
  const auto machine = mailname(import);
  if (!machine) return machine.error();
  // Debian's nullmailer reads /etc/mailname in the place of `me`.
  auto me = value_of(import, "me");
  if (!me) return me.error();
  if (me->text.empty()) me = Value{Mark{import.here("/etc/mailname"), 0}, *machine};
  const auto helo = value_of(import, "helohost");
  const auto host = value_of(import, "defaulthost");
  const auto domain = value_of(import, "defaultdomain");
  for (const auto* each : {&helo, &host, &domain}) {
    if (!*each) return each->error();
  }
  const Value& greeting = helo->text.empty() ? *me : *helo;
  set_name(import, greeting.mark, import.proposal.names.hostname, with_domain(greeting.text, domain->text));
  const Value& sender = host->text.empty() ? *me : *host;
  set_name(import, sender.mark, import.proposal.names.domain, with_domain(sender.text, domain->text));
  if (!domain->text.empty()) {
    import.note(domain->mark,
                "carried over for the names of this machine alone; Postern completes no host names "
                "without a dot in the addresses of others");
  }
  return {};
}

struct Control {
  std::string_view name;
  std::string_view says;
};
constexpr auto kControls = std::to_array<Control>({
    {"idhost", "the domain of Message-IDs is Postern's hostname"},
    {"pausetime", "the wait after the first failed attempt; Postern has retry.min for it, with a unit: 60s"},
    {"maxpause", "the longest wait between attempts; Postern has retry.max for it, with a unit: 3600s"},
    {"queuelifetime", "how long mail is tried; Postern has retry.expire for it, with a unit: 604800s"},
    {"sendtimeout", "Postern has time limits of its own for each step"},
    {"bouncefrom", "the sender of bounces; where a server refuses the null sender, Postern has bounces.from"},
    {"bounceto", "bounces go to the sender of the mail"},
    {"doublebounceto", "Postern has notify.address for what cannot be returned"},
    {"logfile", "Postern writes to the journal"},
});

Result<void> note_controls(Import& import) {
  for (const Control& control : kControls) {
    const auto value = value_of(import, std::string(control.name));
    if (!value) return value.error();
    if (!value->text.empty()) import.note(value->mark, "not carried over: " + std::string(control.says));
  }
  return {};
}

}  // namespace

Result<Proposal> import_nullmailer(const Place& place) {
  Import import(place);
  for (const auto part : {read_names, read_remotes, read_adminaddr, read_allmailfrom, note_controls}) {
    if (const auto done = part(import); !done) return done.error();
  }
  return std::move(import.proposal);
}

}  // namespace postern::setup
