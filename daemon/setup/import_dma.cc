// The DragonFly Mail Agent: /etc/dma/dma.conf of lines "NAME value" or, for what is on, "NAME", and auth.conf of lines
// "user|smarthost:password" (dma(8)).
#include "base/text.h"
#include "mail/address.h"
#include "setup/aliases_file.h"
#include "setup/importers.h"
#include "setup/peer_values.h"

#include <algorithm>
#include <array>
#include <map>

namespace postern::setup {
namespace {

/// The lines by their names; of several with one name the last counts.
struct DmaValue {
  Mark mark;
  std::string text;
};
using DmaValues = std::map<std::string, DmaValue, std::less<>>;

struct DmaName {
  std::string_view name;
  bool boolean;
  std::string_view says;  ///< why it is not carried over; empty: it is
};

constexpr auto kDmaNames = std::to_array<DmaName>({
    {"SMARTHOST", false, ""},
    {"PORT", false, ""},
    {"ALIASES", false, ""},
    {"AUTHPATH", false, ""},
    {"SECURETRANSFER", true, ""},
    {"STARTTLS", true, ""},
    {"OPPORTUNISTIC_TLS", true, ""},
    {"INSECURE", true, ""},
    {"SECURE", true, ""},
    {"VERIFYCERT", true, ""},
    {"CERTFILE", false, ""},
    {"FINGERPRINT", false, ""},
    {"MAILNAME", false, ""},
    {"MASQUERADE", false, ""},
    {"NULLCLIENT", true, ""},
    {"SPOOLDIR", false, "mail that still waits there stays with dma: send it before with 'dma -q'"},
    {"DEFER", true, "Postern sends mail at once, and again by the times of 'retry'"},
    {"FULLBOUNCE", true, "Postern returns messages of up to bounces.return_size whole"},
    {"MAILNAMEFILE", false, "it is of an older dma"},
    {"VIRTPATH", false, "it is of an older dma"},
    {"DEBUGLOG", false, "Postern writes to the journal"},
});

Result<DmaValues> read_dma(Import& import, const PeerFile& file) {
  DmaValues values;
  for (const Line& line : file.lines) {
    const std::string_view text = trim(std::string_view(line.text).substr(0, line.text.find('#')));
    if (text.empty()) continue;
    const Mark mark = file.mark(line);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string name(text.substr(0, end));
    const std::string value(trim(text.substr(end)));
    const auto* known = std::ranges::find(kDmaNames, name, &DmaName::name);
    if (known == kDmaNames.end()) return wrong(mark, "dma knows no such name");
    if (known->boolean && !value.empty()) return wrong(mark, name + " takes no value");
    if (!known->boolean && value.empty()) continue;  // as if it were not there
    if (!known->says.empty()) {
      import.note(mark, name + " is not carried over: " + std::string(known->says));
      continue;
    }
    values[name] = DmaValue{mark, value};
  }
  return values;
}

const DmaValue* dma_value(const DmaValues& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

/// The host's own name: MAILNAME is it, or names a file with it.
Result<void> dma_names(Import& import, const DmaValues& values) {
  const DmaValue* value = dma_value(values, "MAILNAME");
  if (value == nullptr) return {};
  std::string name = value->text;
  if (name.starts_with('/')) {
    auto line = import.first_line(name);
    if (!line) return line.error();
    name = std::move(*line);
  }
  set_name(import, value->mark, import.proposal.names.hostname, name);
  import.proposal.names.domain = import.proposal.names.hostname;
  return {};
}

/// "user@host", "user@" and "host".
void dma_masquerade(Import& import, const DmaValues& values, settings::Smarthost& smarthost) {
  const DmaValue* value = dma_value(values, "MASQUERADE");
  if (value == nullptr) return;
  const std::size_t at = value->text.rfind('@');
  if (at == std::string::npos || at == 0) {
    set_name(import, value->mark, import.proposal.names.domain, value->text.substr(at == 0 ? 1 : 0));
    return import.note(value->mark,
                       "users of this machine send from this domain; senders that a program gives with "
                       "a domain of their own stay as they are, which dma changed, too");
  }
  std::string text = value->text;
  if (text.ends_with('@')) text += import.proposal.names.domain;
  const auto address = wire_address(import, value->mark, text);
  if (!address) return;
  smarthost.from.policy = relay::SenderPolicyOptions::Policy::account;
  smarthost.from.address = *address;
  note_envelope_only(import, value->mark);
}

void dma_tls(Import& import, const DmaValues& values, settings::Smarthost& smarthost) {
  const DmaValue* secure = dma_value(values, "SECURETRANSFER");
  const DmaValue* starttls = dma_value(values, "STARTTLS");
  const DmaValue* opportunistic = dma_value(values, "OPPORTUNISTIC_TLS");
  if (secure == nullptr) {
    smarthost.tls = relay::Tls::none;
    for (const DmaValue* idle : {starttls, opportunistic}) {
      if (idle != nullptr)
        import.note(idle->mark, "this had no effect without SECURETRANSFER; set tls: starttls for it");
    }
    return;
  }
  smarthost.tls = starttls != nullptr ? relay::Tls::starttls : relay::Tls::implicit;
  if (opportunistic != nullptr && starttls != nullptr) note_opportunistic(import, opportunistic->mark);
  const DmaValue* pin = dma_value(values, "FINGERPRINT");
  if (pin != nullptr) {
    note_pin(import, pin->mark, smarthost);
  } else if (dma_value(values, "VERIFYCERT") == nullptr) {
    note_verified(import, secure->mark);
  }
  const DmaValue* certificate = dma_value(values, "CERTFILE");
  if (certificate == nullptr) return;
  if (auto path = absolute_path(import, certificate->mark, certificate->text)) {
    smarthost.client_certificate = smarthost.client_key = std::move(*path);
  }
}

/// "user|smarthost:password"; between smarthost and password a blank may stand in the colon's place. Of several lines
/// for a smarthost dma takes the last.
Result<void> dma_login(Import& import, const DmaValues& values, settings::Smarthost& smarthost) {
  const DmaValue* path = dma_value(values, "AUTHPATH");
  if (path == nullptr) return {};
  const auto name = absolute_path(import, path->mark, path->text);
  if (!name) return {};
  const auto file = import.read(*name);
  if (!file) return file.error();
  Mark login;
  for (const Line& line : file->lines) {
    if (line.text.empty() || line.text.starts_with('#')) continue;
    const Mark mark = file->mark(line);
    const std::size_t bar = line.text.find('|');
    const std::size_t colon = bar == std::string::npos ? bar : line.text.find_first_of(": \t", bar);
    if (colon == std::string::npos) {
      import.note(mark, "not carried over: this is no line 'user|smarthost:password'");
      continue;
    }
    const std::string host = line.text.substr(bar + 1, colon - bar - 1);
    if (host != dma_value(values, "SMARTHOST")->text) {
      import.note(mark, "the login at another server is not carried over");
      continue;
    }
    login = mark;
    const std::string_view text = line.text;
    set_login(import, mark, smarthost, text.substr(0, bar), text.substr(colon + 1));
  }
  judge_cleartext(import, login, smarthost,
                  dma_value(values, "INSECURE") != nullptr ? Cleartext::asked_for : Cleartext::not_asked_for);
  return {};
}

Result<void> dma_smarthost(Import& import, const DmaValues& values, const PeerFile& file) {
  const DmaValue* name = dma_value(values, "SMARTHOST");
  if (name == nullptr) {
    import.note(Mark{file.name, 0},
                "it names no SMARTHOST: dma brings mail to each recipient's own server, which "
                "Postern does not");
    return {};
  }
  settings::Smarthost smarthost;
  auto host = host_of(name->mark, name->text);
  if (!host) return host.error();
  smarthost.host = std::move(*host);
  smarthost.port = 25;
  if (const DmaValue* port = dma_value(values, "PORT")) {
    const auto number = port_of(port->mark, port->text);
    if (!number) return number.error();
    smarthost.port = *number;
  }
  dma_tls(import, values, smarthost);
  dma_masquerade(import, values, smarthost);
  if (const auto done = dma_login(import, values, smarthost); !done) return done;
  add_smarthost(import, name->mark, std::move(smarthost));
  return {};
}

Result<void> dma_aliases(Import& import, const DmaValues& values, const PeerFile& file) {
  const DmaValue* given = dma_value(values, "ALIASES");
  const std::string path = given == nullptr ? "/etc/aliases" : given->text;
  if (const DmaValue* client = dma_value(values, "NULLCLIENT")) {
    import.note(client->mark, "dma did not follow aliases, so they are not carried over");
    return {};
  }
  note_no_local_mail(import, Mark{file.name, 0});
  AliasesStyle style;
  style.catch_all = "*";
  return add_aliases(import, path, style);
}

}  // namespace

Result<Proposal> import_dma(const Place& place) {
  Import import(place);
  const auto file = import.read("/etc/dma/dma.conf");
  if (!file) return file.error();
  const auto values = read_dma(import, *file);
  if (!values) return values.error();
  if (const auto done = dma_names(import, *values); !done) return done.error();
  if (const auto done = dma_smarthost(import, *values, *file); !done) return done.error();
  if (const auto done = dma_aliases(import, *values, *file); !done) return done.error();
  const bool others = import.proposal.names.domain != import.proposal.names.hostname;
  if (const DmaValue* domain = dma_value(*values, "MASQUERADE"); domain != nullptr && others) {
    narrow_catch_all(import, domain->mark);
  }
  return std::move(import.proposal);
}

}  // namespace postern::setup
