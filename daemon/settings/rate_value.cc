#include "settings/rate_value.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace postern::settings {
namespace {

using queue::RateLimit;

constexpr std::uint64_t kHighestRate = 1'000'000;

// Strict about meaning: what is counted, and in which time. Lenient about how people write it.
constexpr std::array<std::pair<std::string_view, RateLimit::Of>, 8> kOf = {{{"message", RateLimit::Of::messages},
                                                                            {"messages", RateLimit::Of::messages},
                                                                            {"mail", RateLimit::Of::messages},
                                                                            {"mails", RateLimit::Of::messages},
                                                                            {"recipient", RateLimit::Of::recipients},
                                                                            {"recipients", RateLimit::Of::recipients},
                                                                            {"rcpt", RateLimit::Of::recipients},
                                                                            {"rcpts", RateLimit::Of::recipients}}};
constexpr std::array<std::pair<std::string_view, RateLimit::Per>, 8> kPer = {{{"minute", RateLimit::Per::minute},
                                                                              {"min", RateLimit::Per::minute},
                                                                              {"m", RateLimit::Per::minute},
                                                                              {"hour", RateLimit::Per::hour},
                                                                              {"h", RateLimit::Per::hour},
                                                                              {"hr", RateLimit::Per::hour},
                                                                              {"day", RateLimit::Per::day},
                                                                              {"d", RateLimit::Per::day}}};

template <class Value, std::size_t N>
std::optional<Value> named(const std::array<std::pair<std::string_view, Value>, N>& names, std::string_view word) {
  const auto found = std::ranges::find_if(names, [&](const auto& one) { return iequals(one.first, word); });
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::string_view of_name(RateLimit::Of of) { return of == RateLimit::Of::messages ? "messages" : "recipients"; }

/// "500 recipients" and "day"; nothing if there are not two such parts.
std::optional<std::pair<std::string_view, std::string_view>> parts(std::string_view text) {
  for (const std::string_view mark : {"/", " per ", " a ", " an "}) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) continue;
    return std::pair(trim(text.substr(0, at)), trim(text.substr(at + mark.size())));
  }
  return std::nullopt;
}

/// The limits found so far, and what may be said of the next ones.
struct Found {
  std::vector<RateLimit> limits;
  bool well = true;

  void wrong(const Scope& scope, const Node& node, const std::string& text) {
    scope.error(node, text);
    well = false;
  }

  void add(const Node& node, const Scope& scope, std::optional<RateLimit::Of> of) {
    if (node.kind != Node::Kind::scalar) {
      return wrong(scope, node,
                   of ? "must be a limit such as 500/day, or a list of them"
                      : "must list limits such as \"500 recipients/day\"");
    }
    const auto limit = parse_rate(node.text, of);
    if (!limit && !of && parse_rate(node.text, RateLimit::Of::messages)) {
      return wrong(scope, node,
                   "does not say of what: write '" + node.text.substr(0, node.text.find_first_of(" /")) +
                       " messages' or 'recipients', as in \"500 recipients/day\", not '" + node.text + "'");
    }
    if (!limit) {
      return wrong(scope, node,
                   "must be a limit such as " +
                       std::string(of ? "500/day" : "\"30 messages/minute\" or \"500 recipients/day\"") +
                       " (from 1 to 1000000 a minute, hour or day), not '" + shown_start(node.text) + "'");
    }
    const auto same = [&](const RateLimit& one) { return one.of == limit->of && one.per == limit->per; };
    if (std::ranges::any_of(limits, same)) {
      return wrong(scope, node, "limits the " + std::string(of_name(limit->of)) + " in the same time twice; keep one");
    }
    limits.push_back(*limit);
  }

  void add_all(const Node& node, const Scope& scope, std::optional<RateLimit::Of> of) {
    if (node.kind != Node::Kind::list) return add(node, scope, of);
    for (const Node& item : node.items) add(item, scope, of);
  }
};

}  // namespace

std::optional<queue::RateLimit> parse_rate(std::string_view text, std::optional<RateLimit::Of> of) {
  const auto both = parts(text);
  if (!both) return std::nullopt;
  const auto& [amount, time] = *both;
  const std::size_t digits = std::min(amount.find_first_not_of("0123456789"), amount.size());
  const auto most = parse_decimal(amount.substr(0, digits));
  const std::string_view word = trim(amount.substr(digits));
  const auto what = named(kOf, word);
  const auto per = named(kPer, time);
  if (!most || *most < 1 || *most > kHighestRate || !per) return std::nullopt;
  if (word.empty() ? !of : !what || (of && *what != *of)) return std::nullopt;
  return RateLimit{word.empty() ? *of : *what, *per, static_cast<unsigned>(*most)};
}

std::optional<std::vector<queue::RateLimit>> rate_value(const Node& node, Scope& scope) {
  Found found;
  if (node.kind == Node::Kind::null) {
    found.wrong(scope, node, "has no value; write a limit such as 500 recipients/day, or leave the key out for none");
  } else if (node.kind == Node::Kind::map) {
    for (const Entry& entry : node.entries) {
      const Scope inner{scope.report, scope.path + "." + entry.key, {}, {}};
      Node key;
      key.mark = entry.mark;
      if (entry.key != "messages" && entry.key != "recipients") {
        found.wrong(inner, key, "is unknown; here may stand: messages, recipients");
      } else {
        found.add_all(entry.value, inner,
                      entry.key == "messages" ? RateLimit::Of::messages : RateLimit::Of::recipients);
      }
    }
  } else {
    found.add_all(node, scope, std::nullopt);
  }
  if (!found.well) return std::nullopt;
  return std::move(found.limits);
}

}  // namespace postern::settings
