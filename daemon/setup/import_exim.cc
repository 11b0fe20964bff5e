// Exim as Debian's packages set it up for a smarthost: /etc/exim4/update-exim4.conf.conf, passwd.client,
// exim4.conf.localmacros, /etc/email-addresses, /etc/mailname, /etc/aliases (update-exim4.conf(8),
// exim4-config_files(5)).
#include "base/network.h"
#include "base/text.h"
#include "mail/address.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/peer_values.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <map>

namespace postern::setup {
namespace {

struct EximValue {
  Mark mark;
  std::string text;
};
using EximValues = std::map<std::string, EximValue, std::less<>>;

/// The values of a file, or an empty one.
const EximValue& exim_value(const EximValues& values, std::string_view name) {
  static const EximValue nothing;
  const auto found = values.find(name);
  return found == values.end() ? nothing : found->second;
}

/// name='value', as the shell reads it; "=" with blanks around it as well, as in a file of macros.
Result<EximValues> read_assignments(Import& import, const std::string& path) {
  EximValues values;
  const auto file = import.find(path);
  if (!file) return file.error();
  if (!*file) return values;
  for (const Line& line : (*file)->lines) {
    const std::string_view text = trim(line.text);
    if (text.empty() || text.starts_with('#') || text.starts_with('.')) continue;  // .ifdef and the like
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      import.note((*file)->mark(line), "not carried over: there is no = in this line");
      continue;
    }
    std::string_view value = trim(text.substr(equals + 1));
    const char quote = value.empty() ? '\0' : value.front();
    if (quote == '\'' || quote == '"') {
      const std::size_t end = value.find(quote, 1);
      if (end == std::string_view::npos) return wrong((*file)->mark(line), "a quote is not closed");
      value = value.substr(1, end - 1);
    }
    values[std::string(trim(text.substr(0, equals)))] = EximValue{(*file)->mark(line), std::string(trim(value))};
  }
  return values;
}

/// The items of one of Exim's lists. Semicolons are between them, or, as it once was, colons; a colon of an item is
/// doubled.
std::vector<std::string> exim_list(std::string_view text) {
  std::vector<std::string> items;
  if (text.starts_with("<;")) text.remove_prefix(2);
  const char separator = text.find(';') != std::string_view::npos ? ';' : ':';
  std::string item;
  const auto end_item = [&] {
    if (const std::string_view bare = trim(item); !bare.empty()) items.emplace_back(bare);
    item.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool doubled = text[i] == ':' && i + 1 < text.size() && text[i + 1] == ':';
    if (doubled) {
      item += ':';
      ++i;
    } else if (text[i] == separator) {
      end_item();
    } else {
      item += text[i];
    }
  }
  end_item();
  return items;
}

struct Login {
  Mark mark;
  std::string host;  ///< a name, "*" or "*.domain", "^regular expression"
  std::string user;
  std::string password;
};

Result<std::vector<Login>> read_logins(Import& import) {
  std::vector<Login> logins;
  const auto file = import.find("/etc/exim4/passwd.client");
  if (!file) return file.error();
  if (!*file) return logins;
  for (const Line& line : logical_lines(**file)) {
    const Mark mark = (*file)->mark(line);
    const std::size_t host = line.text.find(':');
    const std::size_t user = host == std::string::npos ? host : line.text.find(':', host + 1);
    if (user == std::string::npos) {
      import.note(mark, "not carried over: this is no line 'server:user:password'");
      continue;
    }
    logins.push_back(Login{mark, std::string(trim(line.text.substr(0, host))),
                           std::string(trim(line.text.substr(host + 1, user - host - 1))), line.text.substr(user + 1)});
  }
  return logins;
}

bool login_fits(const Login& login, std::string_view host) {
  if (!login.host.starts_with('*')) return iequals(login.host, host);
  const std::string ending = to_lower(std::string_view(login.host).substr(1));
  return to_lower(host).ends_with(ending);
}

/// The first that fits, as Exim searches. It looks for the name that the server's address has in the DNS, which need
/// not be the one that it is set up by: a single login is the one that is meant.
const Login* login_for(Import& import, const std::vector<Login>& logins, const std::string& host) {
  const auto found = std::ranges::find_if(logins, [&](const Login& login) { return login_fits(login, host); });
  if (found != logins.end()) return &*found;
  if (logins.empty()) return nullptr;
  if (logins.size() == 1 && !logins[0].host.starts_with('^')) {
    import.note(logins[0].mark, "this login is taken for " + host +
                                    ", since Exim asks by the name that the server's address has in the DNS");
    return &logins[0];
  }
  import.note(Mark{logins[0].mark.file, 0}, "none of its logins is for " + host +
                                                " by that name: give 'user' and 'password_file' for the one that is "
                                                "meant");
  return nullptr;
}

struct Macro {
  std::string_view name;
  void (*apply)(Import&, const EximValue&, settings::Smarthost&);
};

constexpr auto kMacros = std::to_array<Macro>({
    {"REMOTE_SMTP_SMARTHOST_PROTOCOL",
     [](Import&, const EximValue& value, settings::Smarthost& smarthost) {
       if (iequals(value.text, "smtps")) smarthost.tls = relay::Tls::implicit;
     }},
    {"REMOTE_SMTP_SMARTHOST_HOSTS_REQUIRE_TLS", [](Import&, const EximValue&, settings::Smarthost&) {}},
    {"REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS",
     [](Import& import, const EximValue& value, settings::Smarthost& smarthost) {
       if (value.text == "*") {
         smarthost.tls = relay::Tls::none;
       } else if (!value.text.empty()) {
         import.note(value.mark, "which servers are spoken to without TLS is not carried over; set tls: none for them");
       }
     }},
    {"REMOTE_SMTP_SMARTHOST_TLS_VERIFY_CERTIFICATES",
     [](Import& import, const EximValue& value, settings::Smarthost& smarthost) {
       set_trust(import, value.mark, smarthost, value.text);
     }},
    {"REMOTE_SMTP_SMARTHOST_TLS_CERTIFICATE",
     [](Import& import, const EximValue& value, settings::Smarthost& smarthost) {
       if (auto path = absolute_path(import, value.mark, value.text)) smarthost.client_certificate = std::move(*path);
     }},
    {"REMOTE_SMTP_SMARTHOST_PRIVATEKEY",
     [](Import& import, const EximValue& value, settings::Smarthost& smarthost) {
       if (auto path = absolute_path(import, value.mark, value.text)) smarthost.client_key = std::move(*path);
     }},
    {"REMOTE_SMTP_HELO_DATA",
     [](Import& import, const EximValue& value, settings::Smarthost&) {
       set_name(import, value.mark, import.proposal.names.hostname, value.text);
     }},
    {"MAIN_HARDCODE_PRIMARY_HOSTNAME",
     [](Import& import, const EximValue& value, settings::Smarthost&) {
       set_name(import, value.mark, import.proposal.names.hostname, value.text);
     }},
    {"AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS", [](Import&, const EximValue&, settings::Smarthost&) {}},
});

void note_macros(Import& import, const EximValues& macros) {
  for (const auto& [name, value] : macros) {
    if (std::ranges::find(kMacros, name, &Macro::name) != kMacros.end()) continue;
    import.note(value.mark, "this macro is not carried over");
  }
}

Result<settings::Smarthost> exim_smarthost(Import& import, const EximValue& list, const std::string& item,
                                           const EximValues& macros) {
  const auto server = host_port(list.mark, item);
  if (!server) return server.error();
  settings::Smarthost smarthost;
  smarthost.host = server->host;
  smarthost.tls = relay::Tls::starttls;
  for (const Macro& macro : kMacros) {
    if (macros.contains(macro.name)) macro.apply(import, exim_value(macros, macro.name), smarthost);
  }
  if (smarthost.client_key.empty()) smarthost.client_key = smarthost.client_certificate;
  smarthost.port = server->port != 0 ? server->port : smarthost.tls == relay::Tls::implicit ? 465 : 25;
  const bool required = exim_value(macros, "REMOTE_SMTP_SMARTHOST_HOSTS_REQUIRE_TLS").text == "*";
  if (smarthost.tls == relay::Tls::starttls && !required) note_opportunistic(import, list.mark);
  if (smarthost.tls != relay::Tls::none) note_verified(import, list.mark);
  return smarthost;
}

Result<void> exim_smarthosts(Import& import, const EximValues& values) {
  const auto macros = read_assignments(import, "/etc/exim4/exim4.conf.localmacros");
  if (!macros) return macros.error();
  const auto logins = read_logins(import);
  if (!logins) return logins.error();
  note_macros(import, *macros);
  const EximValue& type = exim_value(values, "dc_eximconfig_configtype");
  if (type.text != "smarthost" && type.text != "satellite") {
    import.note(type.mark, "Exim is set up without a smarthost: Postern needs a server that takes all mail");
    return {};
  }
  const EximValue& list = exim_value(values, "dc_smarthost");
  const Cleartext cleartext =
      macros->contains("AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS") ? Cleartext::asked_for : Cleartext::not_asked_for;
  for (const std::string& item : exim_list(list.text)) {
    auto smarthost = exim_smarthost(import, list, item, *macros);
    if (!smarthost) return smarthost.error();
    if (const Login* login = login_for(import, *logins, smarthost->host)) {
      set_login(import, login->mark, *smarthost, login->user, login->password);
      judge_cleartext(import, login->mark, *smarthost, cleartext);
    }
    add_smarthost(import, list.mark, std::move(*smarthost));
  }
  if (import.proposal.smarthosts.empty()) import.note(list.mark, "it names no server");
  return {};
}

/// Addresses of local users become those of /etc/email-addresses, in the header as well as in the envelope.
Result<void> exim_senders(Import& import) {
  const auto file = import.find("/etc/email-addresses");
  if (!file) return file.error();
  if (!*file) return {};
  std::map<std::string, std::string> rewrite;
  for (const Line& line : logical_lines(**file)) {
    const Mark mark = (*file)->mark(line);
    const std::size_t end = line.text.find_first_of(": \t");
    const std::string user = to_lower(line.text.substr(0, end));
    if (end == std::string::npos || !is_one_sender(user)) {
      import.note(mark, "not carried over: this is no line 'user: address'");
      continue;
    }
    const std::string_view rest = trim(std::string_view(line.text).substr(end));
    const std::string_view text = trim(rest.starts_with(':') ? rest.substr(1) : rest);
    if (const auto address = wire_address(import, mark, text)) rewrite.emplace(user, *address);
  }
  if (rewrite.empty()) return {};
  for (settings::Smarthost& smarthost : import.proposal.smarthosts) {
    smarthost.from.policy = relay::SenderPolicyOptions::Policy::rewrite;
    smarthost.from.rewrite = rewrite;
  }
  return {};
}

/// The domain of local users is that of /etc/mailname, or the one behind which it is hidden.
Result<void> exim_names(Import& import, const EximValues& values) {
  const auto machine = mailname(import);
  if (!machine) return machine.error();
  set_name(import, Mark{import.here("/etc/mailname"), 0}, import.proposal.names.domain, *machine);
  const EximValue& visible = exim_value(values, "dc_readhost");
  if (exim_value(values, "dc_hide_mailname").text == "true" && !visible.text.empty()) {
    set_name(import, visible.mark, import.proposal.names.domain, visible.text);
  }
  return {};
}

struct EximName {
  std::string_view name;
  std::string_view says;  ///< why it is not carried over; empty: it is, or is about nothing but Exim's own files
};

constexpr auto kEximNames = std::to_array<EximName>({
    {"dc_eximconfig_configtype", ""},
    {"dc_smarthost", ""},
    {"dc_readhost", ""},
    {"dc_hide_mailname", ""},
    {"dc_mailname_in_oh", ""},
    {"dc_use_split_config", ""},
    {"dc_minimaldns", ""},
    {"dc_localdelivery", ""},
    {"CFILEMODE", ""},
    {"ue4c_keepcomments", ""},
    {"dc_local_interfaces", "Postern listens where 'listen.smtp' says"},
    {"dc_relay_nets", "Postern takes mail from other machines where 'listen.smtp' and 'listen.networks' say so"},
    {"dc_relay_domains", "Postern sends all mail to the smarthost"},
    {"dc_other_hostnames", "mail for these domains stayed on this machine; Postern sends it to the smarthost"},
});

/// 127.0.0.1 and ::1, the latter with its colons doubled or, as Debian's own questions write it, not.
bool listens_here_alone(std::string text) {
  std::ranges::replace(text, ';', ' ');
  return std::ranges::all_of(split_words(text), [](std::string_view word) {
    return stays_on_this_machine(word) || word == "::::1" || word == "<";
  });
}

void note_exim(Import& import, const EximValues& values, const PeerFile& file) {
  const EximValue& interfaces = exim_value(values, "dc_local_interfaces");
  for (const auto& [name, value] : values) {
    const auto* known = std::ranges::find(kEximNames, name, &EximName::name);
    if (known == kEximNames.end()) {
      import.note(value.mark, "this value is not carried over");
      continue;
    }
    const bool here = &value == &interfaces && listens_here_alone(value.text);
    if (!known->says.empty() && !value.text.empty() && !here) {
      import.note(value.mark, name + " is not carried over: " + std::string(known->says));
    }
  }
  if (exim_value(values, "dc_eximconfig_configtype").text == "smarthost")
    note_no_local_mail(import, Mark{file.name, 0});
  if (access(import.here("/etc/exim4/exim4.conf").c_str(), F_OK) != 0) return;
  import.note(Mark{import.here("/etc/exim4/exim4.conf"), 0},
              "Exim has settings of its own here and does not use those that this is made from");
}

}  // namespace

Result<Proposal> import_exim(const Place& place) {
  Import import(place);
  const auto file = import.read("/etc/exim4/update-exim4.conf.conf");
  if (!file) return file.error();
  const auto values = read_assignments(import, "/etc/exim4/update-exim4.conf.conf");
  if (!values) return values.error();
  if (const auto done = exim_names(import, *values); !done) return done.error();
  if (const auto done = exim_smarthosts(import, *values); !done) return done.error();
  if (const auto done = exim_senders(import); !done) return done.error();
  note_exim(import, *values, *file);
  const AliasesStyle style;
  if (const auto done = add_aliases(import, "/etc/aliases", style); !done) return done.error();
  return std::move(import.proposal);
}

}  // namespace postern::setup
