#include "settings/login_values.h"

#include "base/nearest.h"
#include "base/text.h"
#include "credentials/credentials_options.h"
#include "sasl/mechanism_options.h"
#include "settings/words.h"

#include <algorithm>
#include <array>

namespace postern::settings {
namespace {

using sasl::kKnownMechanisms;
using sasl::KnownMechanism;

/// What is wrong with the name, and which was perhaps meant.
std::string unknown_mechanism(const std::string& written, const std::string& name) {
  std::vector<std::string> known;
  known.reserve(kKnownMechanisms.size());
  for (const KnownMechanism& mechanism : kKnownMechanisms) known.emplace_back(mechanism.name);
  std::string text = "lists '" + written + "', which is no mechanism of Postern; ";
  if (const auto near = nearest(name, known)) return text + "did you mean '" + *near + "'?";
  text += "it knows ";
  for (const std::string& each : known) text += (&each == known.data() ? "" : ", ") + each;
  return text;
}

/// The host of a URL's authority, an IPv6 address without its brackets; nothing if it is no such thing.
std::optional<std::string> url_host(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const std::size_t colon = authority.find(':', bracket); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    const auto number = parse_decimal(port);
    if (!number || *number == 0 || *number > 65535) return std::nullopt;
  }
  if (bracket == 0) return is_host_name(host) ? std::optional(std::string(host)) : std::nullopt;
  if (!NumericEndpoint::parse(std::string(host) + ":1")) return std::nullopt;
  return std::string(host.substr(1, host.size() - 2));
}

bool is_token_url(std::string_view url) {
  const bool https = istarts_with(url, "https://");
  if (!https && !istarts_with(url, "http://")) return false;
  if (!is_ascii(url) || url.find_first_of(" #@\\\"<>") != std::string_view::npos) return false;
  const std::string_view rest = url.substr(url.find("//") + 2);
  const auto host = url_host(rest.substr(0, rest.find_first_of("/?")));
  // Without TLS the client's secret and the tokens would be there for everybody to read.
  return host && (https || stays_on_this_machine(*host));
}

/// What is to be done with a secret that stands where it can be found; none of these errors shows the value, which may
/// be one.
std::string_view where_it_goes(const Scope& scope) {
  if (scope.path.find(".password_") != std::string::npos) return "; the password itself goes under 'password'";
  if (scope.path.ends_with("_file") || scope.path.ends_with("_key")) return "; the secret itself goes into that file";
  return {};
}

}  // namespace

std::optional<std::string> secret_path_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "an absolute path");
  if (text == nullptr) return std::nullopt;
  if (text->starts_with('/') && !has_control(*text)) return *text;
  scope.error(node, "must be an absolute path (it begins with /)" + std::string(where_it_goes(scope)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> mechanisms_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::list || node.items.empty()) {
    scope.error(node, "must be a list such as [SCRAM-SHA-256, PLAIN]; leave the key out for every mechanism");
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Node& item : node.items) {
    const auto written = text_value(item, scope);
    if (!written) continue;
    std::string name = to_upper(*written);
    if (std::ranges::find(kKnownMechanisms, name, &KnownMechanism::name) == kKnownMechanisms.end()) {
      scope.error(item, unknown_mechanism(shown_start(*written), name));
    } else if (std::ranges::find(names, name) != names.end()) {
      scope.error(item, "lists " + name + " twice");
    } else {
      names.push_back(std::move(name));
    }
  }
  return names;
}

std::optional<Secret> secret_value(const Node& node, Scope& scope) {
  const bool one_line = node.kind == Node::Kind::scalar && !node.text.empty() &&
                        node.text.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos;
  if (one_line) return Secret(node.text);
  const bool text = node.kind == Node::Kind::scalar && !node.text.empty();
  if (node.kind == Node::Kind::null || (node.kind == Node::Kind::scalar && !text)) {
    scope.error(node, "is empty; write the password, in single quotes if it holds more than letters and digits");
  } else if (text && node.text.find_first_of(std::string_view("\0\r\n", 3)) == node.text.size() - 1) {
    scope.error(node, "has a line end behind it; write |- in place of |, or the password behind the colon");
  } else {
    scope.error(node, "must be one line of text, in quotes if it holds more than letters and digits");
  }
  return std::nullopt;
}

std::optional<std::string> credential_value(const Node& node, Scope& scope) {
  auto name = text_value(node, scope);
  if (!name) return std::nullopt;
  if (name->find('/') == std::string::npos && *name != "." && *name != "..") return name;
  scope.error(node, "must be the name of a credential, as in LoadCredential=NAME:FILE, without a directory" +
                        std::string(where_it_goes(scope)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> command_value(const Node& node, Scope& scope) {
  if (node.kind != Node::Kind::list || node.items.empty()) {
    scope.error(node,
                std::string("must be a list of the program and its arguments, such as [/usr/bin/pass, show, smtp]; ") +
                    "no shell reads it" + std::string(where_it_goes(scope)));
    return std::nullopt;
  }
  std::vector<std::string> argv;
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::scalar || item.text.find('\0') != std::string::npos) {
      scope.error(item, "must list texts: the program and its arguments");
      return std::nullopt;
    }
    argv.push_back(item.text);
  }
  if (argv[0].starts_with('/')) return argv;
  scope.error(node.items[0], "must begin with the absolute path of the program (it begins with /)" +
                                 std::string(where_it_goes(scope)));
  return std::nullopt;
}

std::optional<std::string> url_value(const Node& node, Scope& scope) {
  auto url = text_value(node, scope);
  if (!url) return std::nullopt;
  if (is_token_url(*url)) return url;
  // Not shown: a password before an "@" and a secret among its parameters are for nobody who reads the log.
  scope.error(node,
              "must be a URL that begins with https:// (http:// for this machine alone), with nothing but host "
              "and port before its path, and without blanks");
  return std::nullopt;
}

std::optional<std::string> login_page_value(const Node& node, Scope& scope) {
  auto url = url_value(node, scope);
  if (!url) return std::nullopt;
  const std::string_view ours = credentials::login_parameter_in(*url);
  if (ours.empty()) return url;
  scope.error(node, "must not have the parameter '" + std::string(ours) + "', which is set at each login");
  return std::nullopt;
}

std::optional<relay::Downgrade> downgrade_value(const Node& node, Scope& scope) {
  using relay::Downgrade;
  static constexpr std::array<Word<Downgrade>, 2> kWords = {
      {{"warn", Downgrade::warn, "warning log allow"}, {"refuse", Downgrade::refuse, "reject deny fail"}}};
  return word_value(node, scope, kWords);
}

}  // namespace postern::settings
