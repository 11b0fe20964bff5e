#include "relay/explain.h"

#include "base/text.h"
#include "relay/auth.h"
#include "relay/tls_rules.h"
#include "relay/verdict.h"
#include "sasl/negotiate.h"

#include <string_view>
#include <utility>

namespace postern::relay {
namespace {

/// Of a TLS version, or of the newest where it is not known yet. Before 1.2 there is none.
std::string_view binding_of(std::string_view tls) {
  if (tls == "TLSv1.2") return "tls-server-end-point";
  return tls.empty() || tls == "TLSv1.3" ? "tls-exporter" : "";
}

/// What a channel as the settings ask for would be: a verified server, and the binding of its TLS version.
sasl::Channel channel_of(const Smarthost& smarthost, std::string_view tls) {
  sasl::Channel channel;
  channel.encrypted = smarthost.tls != Tls::none;
  channel.verified = channel.encrypted;
  const std::string_view binding = binding_of(tls);
  if (channel.encrypted && !binding.empty())
    channel.bindings.push_back(sasl::ChannelBinding{std::string(binding), "unknown yet"});
  return channel;
}

}  // namespace

std::string credential_words(const sasl::Credentials& credentials) {
  std::string words;
  const auto add = [&words](bool present, std::string_view kind) {
    if (present) words.append(words.empty() ? "" : ", ").append(kind);
  };
  add(credentials.password.has_value(), "password");
  add(credentials.token.has_value(), "token");
  add(credentials.client_certificate, "client certificate");
  return words;
}

mail::CheckReport explain_login(const Smarthost& smarthost, const SiteMemory& memory) {
  mail::CheckReport report;
  report.site = smarthost.name;
  report.host = place_of(smarthost);
  if (smarthost.tls_pin.empty()) report.certificate_expires = memory.certificate;
  report.own_certificate_expires = memory.own_certificate;
  if (const auto login = parse_number(memory.login)) report.last_login = WallTime(Seconds(*login));
  report.tls_rules = tls_rules(smarthost);
  if (!smarthost.credentials) return report;
  report.login_ends = smarthost.credentials->ends();
  const sasl::Credentials kinds = smarthost.credentials->kinds();
  report.credentials = credential_words(kinds);
  if (memory.offered.empty()) {
    const Error error{Failure::not_found,
                      "what the server offers is not known before the first connection; postern check makes one"};
    report.trouble = site_trouble(mail::Step::auth, report.host, "cannot tell", error);
    return report;
  }
  report.weaker = weaker(memory);
  const bool alarm = !report.weaker.empty();
  report.tls_version = alarm ? memory.weaker_tls : memory.tls;
  report.offered = alarm ? memory.weaker : memory.offered;
  const sasl::Policy policy = login_policy(smarthost, memory.mechanism);
  sasl::Choice choice = sasl::negotiate(report.offered, channel_of(smarthost, report.tls_version), kinds, policy);
  report.order = std::move(choice.usable);
  for (sasl::Skipped& skip : choice.skipped) {
    report.skipped.push_back(mail::AuthSkip{std::move(skip.mechanism), std::move(skip.reason)});
  }
  return report;
}

}  // namespace postern::relay
