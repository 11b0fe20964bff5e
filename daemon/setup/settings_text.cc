#include "setup/settings_text.h"

#include "base/ascii.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace postern::setup {
namespace {

constexpr std::size_t kWidth = 118;
constexpr std::string_view kItem = "    ";  // the indentation of a smarthost's keys

constexpr auto kWordsOfYaml =
    std::to_array<std::string_view>({"null", "true", "false", "yes", "no", "on", "off", "y", "n"});

/// Texts of letters and digits and what addresses, names and paths are made of need no quotes, if they begin with a
/// letter, a digit or a slash: nothing in YAML begins so but what is a plain text.
bool is_plain_text(std::string_view text) {
  if (text.empty() || (!is_alnum(text[0]) && text[0] != '/')) return false;
  if (std::ranges::any_of(kWordsOfYaml, [&](std::string_view word) { return iequals(word, text); })) return false;
  return std::ranges::all_of(
      text, [&](char c) { return is_alnum(c) || std::string_view("/@._+-").find(c) != std::string_view::npos; });
}

void put_escape(std::string& out, std::uint32_t code) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const int digits = code <= 0xff ? 2 : 4;
  out += digits == 2 ? "\\x" : "\\u";
  for (int i = digits - 1; i >= 0; --i) out += kDigits[(code >> (4U * static_cast<unsigned>(i))) & 0xfU];
}

/// Characters of several bytes that YAML takes for line ends, that are no characters for it, or that editors hide.
struct Hidden {
  std::string_view bytes;
  std::uint32_t code;
};
constexpr auto kHidden = std::to_array<Hidden>({{"\xe2\x80\xa8", 0x2028},
                                                {"\xe2\x80\xa9", 0x2029},
                                                {"\xef\xbb\xbf", 0xfeff},
                                                {"\xef\xbf\xbe", 0xfffe},
                                                {"\xef\xbf\xbf", 0xffff}});

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto* hidden =
        std::ranges::find_if(kHidden, [&](const Hidden& each) { return text.substr(i).starts_with(each.bytes); });
    if (hidden != kHidden.end()) {
      put_escape(out, hidden->code);
      i += hidden->bytes.size() - 1;
    } else if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      put_escape(out, static_cast<unsigned char>(text[++i]));  // U+0080 to U+009F
    } else if (byte == '"' || byte == '\\') {
      (out += '\\') += text[i];
    } else if (byte < 0x20 || byte == 0x7f) {
      put_escape(out, byte);
    } else {
      out += text[i];
    }
  }
  return out + "\"";
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "[" : ", ") + yaml_text(text);
  return out + "]";
}

std::string map_text(const std::map<std::string, std::string>& map, const std::string& indent) {
  std::string out;
  for (const auto& [key, value] : map) out += "\n" + indent + yaml_text(key) + ": " + yaml_text(value);
  return out;
}

std::string rates_text(const std::vector<queue::RateLimit>& rates) {
  std::vector<std::string> texts;
  for (const queue::RateLimit& rate : rates) {
    using Of = queue::RateLimit::Of;
    using Per = queue::RateLimit::Per;
    texts.push_back(std::to_string(rate.most) + (rate.of == Of::messages ? " messages/" : " recipients/") +
                    (rate.per == Per::minute ? "minute"
                     : rate.per == Per::hour ? "hour"
                                             : "day"));
  }
  return texts.empty() ? std::string() : list_text(texts);
}

using settings::Smarthost;

/// A number that is not the default.
std::string count_text(std::size_t value, std::size_t standard) {
  return value == standard ? std::string() : std::to_string(value);
}

template <auto Member>
std::string member_text(const Smarthost& smarthost) {
  return (smarthost.*Member).empty() ? std::string() : yaml_text(smarthost.*Member);
}

template <auto Member>
std::string argv_text(const Smarthost& smarthost) {
  return (smarthost.*Member).empty() ? std::string() : list_text(smarthost.*Member);
}

template <auto Member>
std::string oauth2_text(const Smarthost& smarthost) {
  const std::string& value = smarthost.oauth2.*Member;
  return value.empty() ? value : yaml_text(value);
}

template <auto Member>
std::string from_text(const Smarthost& smarthost) {
  const std::string& value = smarthost.from.*Member;
  return value.empty() ? value : yaml_text(value);
}

std::string tls_text(const Smarthost& smarthost) {
  switch (smarthost.tls) {
    case relay::Tls::implicit: return "implicit";
    case relay::Tls::starttls: return "starttls";
    case relay::Tls::none: break;
  }
  return "none";
}

/// In quotes: as a number 1.0 would be 1.
std::string version_text(const Smarthost& smarthost) {
  if (smarthost.tls_min_version == net::TlsVersion::v1_2) return {};
  return "'" + std::string(net::number_of(smarthost.tls_min_version)) + "'";
}

std::string policy_text(const Smarthost& smarthost) {
  switch (smarthost.from.policy) {
    case relay::SenderPolicyOptions::Policy::keep: return smarthost.from == relay::SenderPolicyOptions() ? "" : "keep";
    case relay::SenderPolicyOptions::Policy::account: return "account";
    case relay::SenderPolicyOptions::Policy::rewrite: break;
  }
  return "rewrite";
}

/// A key of a smarthost as in settings/smarthost_keys.cc, and its value as YAML; empty where it is the default.
struct Row {
  std::string_view key;
  std::string (*text)(const Smarthost&);
};

using H = Smarthost;
using O = credentials::OAuth2;
using F = relay::SenderPolicyOptions;

// A password has no row: it never stands in the settings.
constexpr auto kRows = std::to_array<Row>({
    {"host", [](const H& h) { return yaml_text(h.host); }},
    {"name", [](const H& h) { return h.name == h.host ? std::string() : member_text<&H::name>(h); }},
    {"tls", tls_text},
    {"port", [](const H& h) { return count_text(h.port, 0); }},
    {"tls_ca_file", member_text<&H::tls_ca_file>},
    {"tls_name", [](const H& h) { return h.tls_name == h.host ? std::string() : member_text<&H::tls_name>(h); }},
    {"tls_pin", argv_text<&H::tls_pin>},
    {"tls_min_version", version_text},
    {"tls_ciphers", member_text<&H::tls_ciphers>},
    {"user", member_text<&H::user>},
    {"password_file", member_text<&H::password_file>},
    {"password_credential", member_text<&H::password_credential>},
    {"password_command", argv_text<&H::password_command>},
    {"token_file", member_text<&H::token_file>},
    {"token_command", argv_text<&H::token_command>},
    {"oauth2.token_url", oauth2_text<&O::token_url>},
    {"oauth2.device_url", oauth2_text<&O::device_url>},
    {"oauth2.auth_url", oauth2_text<&O::auth_url>},
    {"oauth2.client_id", oauth2_text<&O::client_id>},
    {"oauth2.client_secret_file", oauth2_text<&O::client_secret_file>},
    {"oauth2.refresh_token_file", oauth2_text<&O::refresh_token_file>},
    {"oauth2.scope", oauth2_text<&O::scope>},
    {"oauth2.ca_file", oauth2_text<&O::ca_file>},
    {"client_certificate", member_text<&H::client_certificate>},
    {"client_key", member_text<&H::client_key>},
    {"mechanisms", argv_text<&H::mechanisms>},
    {"auth_downgrade",
     [](const H& h) { return std::string(h.auth_downgrade == relay::Downgrade::refuse ? "refuse" : ""); }},
    {"allow_cleartext_auth", [](const H& h) { return std::string(h.allow_cleartext_auth ? "true" : ""); }},
    {"try_at_start", [](const H& h) { return std::string(h.try_at_start ? "" : "false"); }},
    {"from.policy", policy_text},
    {"from.address", from_text<&F::address>},
    {"from.rewrite", [](const H& h) { return map_text(h.from.rewrite, std::string(kItem) + "    "); }},
    {"from.name", from_text<&F::name>},
    {"connections", [](const H& h) { return count_text(h.connections, H().connections); }},
    {"rate", [](const H& h) { return rates_text(h.rate); }},
    {"messages_per_connection",
     [](const H& h) { return count_text(h.messages_per_connection, H().messages_per_connection); }},
});

std::string aliases_text(const std::map<std::string, std::vector<std::string>>& aliases) {
  std::string out;
  for (const auto& [name, targets] : aliases) {
    if (targets.empty()) continue;
    out += "  " + yaml_text(name) + ": " + (targets.size() == 1 ? yaml_text(targets[0]) : list_text(targets)) + "\n";
  }
  return out;
}

}  // namespace

std::string yaml_text(std::string_view text) {
  if (is_plain_text(text)) return std::string(text);
  return in_double_quotes(is_utf8(text) ? std::string(text) : printable(text));
}

std::string comment_lines(std::string_view text) {
  std::string out;
  std::string line = "#";
  const std::string shown = printable(text);
  for (const std::string_view word : split_words(shown)) {
    if (line.size() > 1 && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "#  ";
    }
    (line += ' ') += word;
  }
  return out + line + "\n";
}

std::string smarthost_text(const settings::Smarthost& smarthost) {
  std::string out;
  std::string_view group;
  for (const Row& row : kRows) {
    const std::string value = row.text(smarthost);
    if (value.empty()) continue;
    const std::size_t dot = row.key.find('.');
    const std::string_view inside = dot == std::string_view::npos ? std::string_view() : row.key.substr(0, dot);
    if (!inside.empty() && inside != group) out += std::string(kItem) + std::string(inside) + ":\n";
    group = inside;
    const std::string_view key = inside.empty() ? row.key : row.key.substr(dot + 1);
    (out += kItem) += inside.empty() ? "" : "  ";
    (out += key) += value.starts_with('\n') ? ":" : ": ";
    (out += value) += '\n';
  }
  return "  - " + out.substr(kItem.size());
}

std::string settings_text(const Proposal& proposal) {
  std::string out = comment_lines("The settings of posternd" +
                                  (proposal.origin.empty() ? std::string() : ", made by " + proposal.origin) + ".");
  out += comment_lines("postern.yaml(5) explains every key, those too that have their defaults and do not stand here.");
  out += comment_lines("After a change: posternd --check && systemctl reload postern");
  if (!proposal.notes.empty()) {
    out += "#\n" + comment_lines("What to know, and what could not be carried over:");
    for (const Note& note : proposal.notes) out += comment_lines("* " + note.str());
  }
  if (!proposal.names.hostname.empty()) {
    out +=
        "\n# The name used in EHLO, in Received and in Message-IDs.\nhostname: " + yaml_text(proposal.names.hostname) +
        "\n";
  }
  if (!proposal.names.domain.empty()) {
    out += "\n# Completes addresses without a domain (\"root\").\ndomain: " + yaml_text(proposal.names.domain) + "\n";
  }
  if (proposal.smarthosts.empty()) {
    out +=
        "\n# No server is known that takes the mail: it is accepted, and waits until one is named here.\n"
        "smarthosts: []\n";
  } else {
    out +=
        "\n# The server that takes the mail; further ones of the list stand in while it is in trouble.\nsmarthosts:\n";
    for (const settings::Smarthost& smarthost : proposal.smarthosts) out += smarthost_text(smarthost);
  }
  if (proposal.no_aliases_file) {
    out += "\n# Where mail to local names goes is said here alone: /etc/aliases is not read.\naliases_file: none\n";
  }
  const std::string aliases = aliases_text(proposal.aliases);
  if (!aliases.empty()) out += "\n# Where mail to local names goes.\naliases:\n" + aliases;
  return out;
}

}  // namespace postern::setup
