// From a node to a typed value: one function per type of the tables of keys. Each returns the value, or
// nothing after it reported what is wrong.
//
// YAML 1.1 surprises end here: a boolean is true or false and nothing else ("no" is a word), a number is decimal
// without leading zero, exponent or sign. How it is spelt is another matter: in quotes, as JSON and many a tool write
// everything, in upper case, or with a unit in words (measures.h).
#pragma once

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/host_name.h"
#include "base/log_options.h"
#include "base/network.h"
#include "mail/text_mender.h"
#include "settings/document.h"
#include "settings/report.h"
#include "settings/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

/// What a reader knows about the value it reads.
struct Scope {
  Report& report;
  std::string path;  ///< as the administrator knows it: "smarthosts[0].port"
  std::string_view low;
  std::string_view high;  ///< the allowed range, written like a value

  /// "'retry.min' must be ...": `text` goes on after the name.
  void error(const Node& node, const std::string& text) const { report.error(node.mark, "'" + path + "' " + text); }
};

/// "a list", "one value", ...
[[nodiscard]] std::string kind_name(const Node& node);
/// A wrong value as an error shows it: as far as a blank, or as one of `marks` outside brackets. What was meant for
/// other keys may follow, a password too ("587 apikey:PASSWORD").
[[nodiscard]] std::string shown_start(std::string_view text, std::string_view marks = ":;|");
/// Likewise of a host, with its port where one is behind it.
[[nodiscard]] std::string shown_host(std::string_view text);
/// The scalar's text; null after it reported that `wanted` belongs here.
[[nodiscard]] const std::string* scalar(const Node& node, const Scope& scope, const std::string& wanted);

enum class Senders { nobody, this_machine, others };
enum class Families { own, both };  ///< a socket of :: that somebody else made may be reached by IPv4 clients, too
/// The farthest of those who can reach the address that may be in one of these networks.
[[nodiscard]] Senders senders(const std::vector<Network>& networks, const NumericEndpoint& endpoint, Families families);

[[nodiscard]] std::optional<std::string> text_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::string> host_name_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::string> path_value(const Node& node, Scope& scope);
/// "none" is empty.
[[nodiscard]] std::optional<std::string> path_or_none_value(const Node& node, Scope& scope);
/// A path short enough for the address of a unix socket.
[[nodiscard]] std::optional<std::string> socket_value(const Node& node, Scope& scope);
/// The endpoint "127.0.0.1:9157" or "[::1]:9157", on this machine.
[[nodiscard]] std::optional<std::string> loopback_value(const Node& node, Scope& scope);
/// Of a text that has an address and more: what is to be said of it, with `several` where there are several addresses;
/// empty: it is none.
[[nodiscard]] std::string more_than_address(const std::string& text, const std::string& several);
/// An address, or a local name for which there may be an alias.
[[nodiscard]] std::optional<std::string> address_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::string> wire_address_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<bool> boolean_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::uint16_t> port_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<unsigned> count_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::uint64_t> size_value(const Node& node, Scope& scope);
/// 0, or so much that a slip in the unit does not remove all that is kept.
[[nodiscard]] std::optional<std::uint64_t> history_size_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<Seconds> duration_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<LogFormat> log_format_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<net::PageOfMetrics> page_of_metrics_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<relay::Tls> tls_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<mail::BareNewline> bare_newline_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::vector<std::string>> endpoints_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::vector<Network>> networks_value(const Node& node, Scope& scope);

}  // namespace postern::settings
