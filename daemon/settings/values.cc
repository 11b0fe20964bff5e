#include "settings/values.h"

#include "base/measures.h"
#include "settings/words.h"

#include "base/text.h"
#include "mail/address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

namespace postern::settings {
namespace {

using ParseNumber = std::optional<std::uint64_t> (*)(std::string_view);

/// A number with or without unit, in the range of the table's row.
std::optional<std::uint64_t> measure(const Node& node, const Scope& scope, ParseNumber parse,
                                     const std::string& wanted) {
  const std::string* text = scalar(node, scope, wanted);
  if (text == nullptr) return std::nullopt;
  const auto in_range = [&](std::uint64_t value) {
    return value >= parse(scope.low).value_or(0) && value <= parse(scope.high).value_or(0);
  };
  const auto value = parse(*text);
  if (value && in_range(*value)) return value;
  // A bare number where a unit is missing: what it is in the smallest one is probably meant.
  const auto with_unit = parse_decimal(*text) ? parse(*text + "s") : std::nullopt;
  if (value || (with_unit && !in_range(*with_unit))) {
    scope.error(node, "must be from " + std::string(scope.low) + " to " + std::string(scope.high) + ", not " + *text);
    return std::nullopt;
  }
  // Where nothing is a value, it stands for what other programs have a word for.
  const bool nothing =
      parse(scope.low) == std::uint64_t{0} && has_word("off none never no false disabled", to_lower(*text));
  const std::string meant = nothing ? std::string(scope.low) : with_unit ? *text + "s" : std::string();
  scope.error(node, "must be " + wanted + ", not '" + shown_start(*text) + "'" +
                        (meant.empty() ? meant : "; did you mean '" + meant + "'?"));
  return std::nullopt;
}

bool begins_with_port(std::string_view text, std::string_view marks) {
  constexpr std::size_t kMostDigits = 5;
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0 || end > kMostDigits) return false;
  return end == text.size() || text[end] == ' ' || text[end] == '\t' || marks.find(text[end]) != std::string_view::npos;
}

/// `port`: one behind the first mark is shown, too.
std::string start_shown(std::string_view text, std::string_view marks, bool port) {
  const std::size_t last = text.rfind(']');
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' || c == ']') inside = c == '[' && last != std::string_view::npos && i < last;
    const bool mark = !inside && marks.find(c) != std::string_view::npos;
    const bool passed = mark && std::exchange(port, false) && begins_with_port(text.substr(i + 1), marks);
    if (c == ' ' || c == '\t' || (mark && !passed)) return std::string(text.substr(0, i)) + "...";
  }
  return std::string(text);
}

}  // namespace

std::string kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "one value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a group of keys";
  }
  return "something else";
}

std::string shown_start(std::string_view text, std::string_view marks) { return start_shown(text, marks, false); }

std::string shown_host(std::string_view text) {
  return parse_ip(text) ? std::string(text) : start_shown(text, ":,;|", true);
}

const std::string* scalar(const Node& node, const Scope& scope, const std::string& wanted) {
  if (node.kind == Node::Kind::null) {
    scope.error(node, "has no value; write " + wanted + ", or leave the key out for its default");
    return nullptr;
  }
  if (node.kind != Node::Kind::scalar) {
    scope.error(node, "must be " + wanted + ", not " + kind_name(node));
    return nullptr;
  }
  return &node.text;
}

Senders senders(const std::vector<Network>& networks, const NumericEndpoint& endpoint, Families families) {
  const bool both = endpoint.v6 && endpoint.any() && families == Families::both;
  Senders farthest = Senders::nobody;
  for (const Network& network : networks) {
    if (network.is_v4() == endpoint.v6 && !both) continue;
    const Network& here = network.is_v4() ? loopback_v4() : loopback_v6();
    if (!endpoint.loopback() && !network.within(here)) return Senders::others;
    const bool from_here = endpoint.any() || (endpoint.loopback() && network.overlaps(here));
    if (from_here) farthest = Senders::this_machine;
  }
  return farthest;
}

std::optional<std::string> text_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "a text");
  if (text == nullptr) return std::nullopt;
  if (text->empty() || has_control(*text) || trim(*text).size() != text->size()) {
    scope.error(node, "must be a text of one line, not empty and without blanks around it");
    return std::nullopt;
  }
  return *text;
}

std::optional<std::string> host_name_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "a host name");
  if (text == nullptr) return std::nullopt;
  if (is_host_name(*text)) return *text;
  // What stands before an "@" may be a password.
  const bool shown = text->find('@') == std::string::npos;
  scope.error(node, "must be a host name such as mail.example.com" +
                        (shown ? ", not '" + shown_host(*text) + "'" : ", without what belongs before an @") +
                        (is_ascii(*text) ? "" : "; write an international name in its xn-- form"));
  return std::nullopt;
}

std::optional<std::string> path_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an absolute path");
  if (text == nullptr) return std::nullopt;
  if (text->starts_with('/') && !has_control(*text)) return *text;
  // A certificate with its key may stand there itself.
  scope.error(node, "must be an absolute path (it begins with /)" +
                        (has_control(*text) ? " in one line" : ", not '" + shown_start(*text) + "'"));
  return std::nullopt;
}

std::optional<std::string> path_or_none_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an absolute path, or none");
  if (text == nullptr) return std::nullopt;
  if (iequals(*text, "none")) return std::string();
  if (!text->starts_with('/') && has_word("off no false never null 0", to_lower(*text))) {
    scope.error(node, "must be an absolute path, or none, not '" + *text + "'; did you mean 'none'?");
    return std::nullopt;
  }
  return path_value(node, scope);
}

std::optional<std::string> socket_value(const Node& node, Scope& scope) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  auto path = path_value(node, scope);
  if (!path || path->size() <= kLongest) return path;
  scope.error(node, "is too long for a unix socket: " + std::to_string(path->size()) + " bytes, at most " +
                        std::to_string(kLongest));
  return std::nullopt;
}

std::optional<std::string> loopback_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an address with a port, such as 127.0.0.1:9157");
  if (text == nullptr) return std::nullopt;
  const auto endpoint = NumericEndpoint::parse(*text);
  if (endpoint && endpoint->loopback()) return *text;
  scope.error(node, "must be a numeric address of this machine's loopback with a port, such as 127.0.0.1:9157, not '" +
                        *text + "'");
  return std::nullopt;
}

std::string more_than_address(const std::string& text, const std::string& several) {
  const auto meant = mail::parse_address_list(text);
  if (!meant || meant->empty() || text.find('@') == std::string::npos) return {};
  if (meant->front() == text) return {};
  if (meant->size() == 1) return "must be the address alone: " + meant->front();
  return "has several addresses in one text; " + several;
}

std::optional<std::string> address_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an address");
  if (text == nullptr) return std::nullopt;
  auto address = mail::parse_address(*text, mail::Utf8::allow);
  if (address) return std::move(*address);
  const std::string more =
      more_than_address(*text, "make them an alias ('aliases: { ops: [ADDRESS, ADDRESS] }'), and write its name here");
  if (!more.empty()) {
    scope.error(node, more);
    return std::nullopt;
  }
  scope.error(node, "is not an address: '" + *text + "': " + address.error().text);
  return std::nullopt;
}

std::optional<std::string> wire_address_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an address");
  if (text == nullptr) return std::nullopt;
  const auto address = mail::parse_address(*text, mail::Utf8::refuse);
  if (address && !mail::split_address(*address).domain.empty()) return *address;
  const std::string more = address ? std::string() : more_than_address(*text, "one alone can stand here");
  if (!more.empty()) {
    scope.error(node, more + (scope.path.ends_with(".from.address") ? "; a name belongs under 'from.name'" : ""));
    return std::nullopt;
  }
  if (const std::string shown = shown_start(*text); shown != *text) {
    scope.error(node, "must be one address alone, not '" + shown + "'");
    return std::nullopt;
  }
  const std::string why = address ? std::string("it has no domain") : address.error().text;
  scope.error(node, "is not a whole address: '" + *text + "': " + why);
  return std::nullopt;
}

std::optional<bool> boolean_value(const Node& node, Scope& scope) {
  static constexpr std::array<Word<bool>, 2> kWords = {{{"true", true, "yes on 1 y"}, {"false", false, "no off 0 n"}}};
  return word_value(node, scope, kWords);
}

std::optional<unsigned> count_value(const Node& node, Scope& scope) {
  const auto value = measure(node, scope, parse_decimal, "a whole number");
  if (!value) return std::nullopt;
  return static_cast<unsigned>(*value);
}

std::optional<std::uint16_t> port_value(const Node& node, Scope& scope) {
  const auto value = count_value(node, scope);
  if (!value) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<std::uint64_t> size_value(const Node& node, Scope& scope) {
  return measure(node, scope, parse_size, "a size such as 50M (units K, M, G; none: bytes)");
}

std::optional<std::uint64_t> history_size_value(const Node& node, Scope& scope) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20U;
  const std::optional<std::uint64_t> value = size_value(node, scope);
  if (!value || *value == 0 || *value >= kLeast) return value;
  scope.error(node, "must be 0, for no history, or at least 1M, not " + node.text + " (units K, M, G; none: bytes)");
  return std::nullopt;
}

std::optional<Seconds> duration_value(const Node& node, Scope& scope) {
  const auto value = measure(node, scope, parse_duration, "a duration such as 90s, 1m, 1h or 5d");
  if (!value) return std::nullopt;
  return Seconds(static_cast<Seconds::rep>(*value));
}

std::optional<mail::BareNewline> bare_newline_value(const Node& node, Scope& scope) {
  using mail::BareNewline;
  static constexpr std::array<Word<BareNewline>, 2> kWords = {
      {{"mend", BareNewline::mend, "fix normalize accept"}, {"reject", BareNewline::reject, "refuse"}}};
  return word_value(node, scope, kWords);
}

std::optional<LogFormat> log_format_value(const Node& node, Scope& scope) {
  static constexpr std::array<Word<LogFormat>, 3> kWords = {
      {{"postern", LogFormat::postern, "default text plain human logfmt"},
       {"postfix", LogFormat::postfix, "syslog maillog mail.log pflogsumm logwatch"},
       {"json", LogFormat::json, "jsonl ndjson structured"}}};
  return word_value(node, scope, kWords);
}

std::optional<net::PageOfMetrics> page_of_metrics_value(const Node& node, Scope& scope) {
  using net::PageOfMetrics;
  static constexpr std::array<Word<PageOfMetrics>, 2> kWords = {
      {{"counts", PageOfMetrics::counts, "count numbers none anonymous safe"},
       {"all", PageOfMetrics::all, "names full everything"}}};
  return word_value(node, scope, kWords);
}

std::optional<relay::Tls> tls_value(const Node& node, Scope& scope) {
  using relay::Tls;
  static constexpr std::array<Word<Tls>, 3> kWords = {
      {{"implicit", Tls::implicit,
        "yes on true ssl tls smtps ssl/tls ssl_tls wrapper wrappermode 1 always required require mandatory force"},
       {"starttls", Tls::starttls,
        "start_tls start-tls explicit opportunistic encrypt may tls/starttls upgrade secure verify dane dane-only "
        "fingerprint"},
       {"none", Tls::none, "no off false 0 plain cleartext plaintext disabled disable never"}}};
  return word_value(node, scope, kWords);
}

std::optional<std::vector<std::string>> endpoints_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::list) {
    scope.error(node,
                "must be a list such as [\"127.0.0.1:25\", \"[::1]:25\"], or [] for none, not " + kind_name(node));
    return std::nullopt;
  }
  std::vector<std::string> endpoints;
  std::set<std::string> seen;
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::scalar) {
      scope.error(item, "must list quoted texts: \"[::1]:25\", not [::1]:25");
      continue;
    }
    const auto endpoint = NumericEndpoint::parse(item.text);
    if (!endpoint) {
      scope.error(item, "must list numeric addresses with a port, such as 127.0.0.1:25 or \"[::1]:25\", not '" +
                            item.text + "'");
    } else if (!seen.insert(item.text).second && endpoint->port != 0) {
      scope.error(item, "lists " + item.text + " twice");
    } else {
      scope.report.remember(scope.path + "[" + std::to_string(endpoints.size()) + "]", item.mark);
      endpoints.push_back(item.text);
    }
  }
  return endpoints;
}

std::optional<std::vector<Network>> networks_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::list) {
    scope.error(node, "must be a list such as [\"127.0.0.0/8\", \"::1\", \"192.168.1.0/24\"], or [] for nobody, not " +
                          kind_name(node));
    return std::nullopt;
  }
  std::vector<Network> networks;
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::scalar) {
      scope.error(item, "must list quoted texts: \"::1\", not ::1");
      continue;
    }
    const auto network = Network::parse(item.text);
    if (!network) {
      scope.error(item, "must list networks: " + network.error().text);
    } else if (std::ranges::find(networks, *network) != networks.end()) {
      scope.error(item, "lists " + network->str() + " twice");
    } else {
      scope.report.remember(scope.path + "[" + std::to_string(networks.size()) + "]", item.mark);
      networks.push_back(*network);
    }
  }
  return networks;
}

}  // namespace postern::settings
