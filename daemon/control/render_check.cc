#include "control/render_check.h"

#include "base/text.h"
#include "base/zone.h"
#include "control/fields.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace postern::control {
namespace {

using boost::json::object;
using boost::json::value;

std::string step(std::string_view label, const std::string& text) { return fmt::format("  {:<12} {}\n", label, text); }

std::string expiry(const object& line, WallTime now) {
  const std::optional<WallTime> time = time_in(line, "certificate_expires");
  if (!time) return text_in(line, "certificate_expires");
  const auto days = std::chrono::floor<std::chrono::days>(*time - now).count();
  const std::string date = local_text(*time, "%F");
  if (*time < now) return fmt::format("{} (EXPIRED {})", date, relative(*time, now));
  return fmt::format("{} (in {} day{})", date, days, days == 1 ? "" : "s");
}

/// Nothing is said of TLS where the attempt ended before it could begin.
std::string tls(const object& line) {
  if (!line.contains("tls_version")) {
    const std::string ended_at = text_in(object_in(line, "trouble"), "step");
    if (ended_at == "tls") return step("TLS", "not established");
    if (ended_at == "greeting" || ended_at == "ehlo") return {};
    return step("TLS", "none: this connection is not encrypted");
  }
  return step("TLS", fmt::format("{}, {}", text_in(line, "tls_version"), text_in(line, "tls_cipher")));
}

std::string certificate(const object& line, WallTime now) {
  std::string text;
  if (line.contains("certificate_subject")) text += step("certificate", text_in(line, "certificate_subject"));
  if (line.contains("certificate_issuer")) text += step("  issuer", text_in(line, "certificate_issuer"));
  if (line.contains("certificate_expires")) text += step("  expires", expiry(line, now));
  return text;
}

/// One step for each text of an array.
std::string steps(std::string_view label, const object& line, std::string_view key) {
  std::string text;
  for (const value& one : array_in(line, key)) {
    if (one.is_string()) text += step(label, printable(std::string_view(one.get_string())));
  }
  return text;
}

struct Outcome {
  std::string_view end;
  std::string_view words;
};
constexpr std::array kOutcomes{
    Outcome{"accepted", "works"},
    Outcome{"postponed", "refused for now"},
    Outcome{"dropped", "no answer"},
    Outcome{"nonsense", "given up, the server's challenge makes no sense"},
    Outcome{"distrusted", "STOPPED, the server is not trusted"},
};

std::string_view outcome(std::string_view end) {
  const auto* const found = std::ranges::find(kOutcomes, end, &Outcome::end);
  return found == kOutcomes.end() ? "refused" : found->words;
}

/// Mechanisms that are not tried for the same reason.
struct Skipped {
  std::string mechanisms;
  std::string reason;
};

std::vector<Skipped> skipped(const object& line) {
  std::vector<Skipped> groups;
  for (const value& one : array_in(line, "skipped")) {
    if (!one.is_object()) continue;
    const std::string reason = text_in(one.get_object(), "reason");
    const std::string mechanism = text_in(one.get_object(), "mechanism");
    const auto known = std::ranges::find(groups, reason, &Skipped::reason);
    if (known == groups.end()) {
      groups.push_back(Skipped{mechanism, reason});
    } else {
      known->mechanisms += ", " + mechanism;
    }
  }
  return groups;
}

std::string login(const object& line) {
  std::string text;
  const std::string offered = joined_in(line, "offered", " ");
  text += step("AUTH", offered.empty() ? "no mechanism is offered" : "offered: " + offered);
  text += steps("  WEAKER", line, "weaker");
  if (line.contains("credentials")) text += step("  we have", text_in(line, "credentials"));
  if (const std::string order = joined_in(line, "order", " "); !order.empty()) text += step("  order", order);
  for (const Skipped& skip : skipped(line)) text += step("  not tried", skip.mechanisms + ": " + skip.reason);
  for (const value& one : array_in(line, "tried")) {
    if (!one.is_object()) continue;
    const object& attempt = one.get_object();
    const std::string reply = text_in(attempt, "reply");
    text += step("  tried", fmt::format("{}: {}{}", text_in(attempt, "mechanism"), outcome(text_in(attempt, "end")),
                                        reply.empty() ? "" : " (" + reply + ")"));
  }
  return text;
}

/// What was, and what it becomes if it becomes anything else.
std::string change(std::string_view label, const std::string& before, const std::string& after) {
  return step(label, before) + (before == after ? "" : step("  becomes", after));
}

/// Of the message that was asked about: to whom it is sent, and who gets it.
std::string recipient_steps(const object& line) {
  const bool same = joined_in(line, "recipients", "\n") == text_in(line, "to");
  return (same ? std::string() : step("mail for", text_in(line, "to") + " goes to")) +
         steps("RCPT TO", line, "recipients");
}

/// Of the message that was asked about.
std::string sender(const object& line) {
  if (!line.contains("sender")) return {};
  const object& path = object_in(line, "sender");
  const auto bracketed = [&path](std::string_view key) { return '<' + text_in(path, key) + '>'; };
  std::string text = step("policy", text_in(line, "policy"));
  text += change("MAIL FROM", bracketed("before"), bracketed("after"));
  text += recipient_steps(line);
  for (const value& one : array_in(line, "fields")) {
    if (!one.is_object()) continue;
    const object& field = one.get_object();
    const std::string name = text_in(field, "name");
    const std::string after = text_in(field, "after");
    if (!field.contains("before")) {
      text += step(name, after + "  (added)");
    } else {
      text += change(name, text_in(field, "before"), field.contains("after") ? after : "(removed)");
    }
  }
  return text;
}

std::string verdict(const object& line) {
  const object& trouble = object_in(line, "trouble");
  if (!trouble.empty()) {
    const std::string advice = text_in(trouble, "advice");
    return step("verdict", fmt::format("TROUBLE at {}: {}", text_in(trouble, "step"), text_in(trouble, "text"))) +
           (advice.empty() ? "" : step("what to do", advice));
  }
  const std::string mechanism = text_in(line, "mechanism");
  return step("verdict", mechanism.empty() ? "all is well; no login was needed" : "all is well; login by " + mechanism);
}

}  // namespace

std::string render_check(const object& line, WallTime now) {
  const bool connected = line.contains("greeting") || line.contains("tls_version");
  std::string text = text_in(line, "site") + "\n";
  if (line.contains("host")) text += step("connect", text_in(line, "host"));
  if (connected) {
    if (line.contains("greeting")) text += step("greeting", text_in(line, "greeting"));
    text += tls(line) + certificate(line, now);
  }
  if (!array_in(line, "extensions").empty()) {
    text += step("EHLO", joined_in(line, "extensions", ", ")) + login(line);
  }
  if (line.contains("trace")) text += step("dialogue", "(secrets are left out)") + steps("", line, "trace");
  return text + steps("warning", line, "warnings") + verdict(line);
}

std::string render_text(const object& line, WallTime) {
  const auto way = [&line](std::string_view label, std::string_view changed, std::string_view doubts) {
    const bool changes = flag_in(line, changed);
    return step(label, changes ? "the text is made to suit it" : "the text goes as it is") +
           steps("  doubtful", line, doubts);
  };
  return "on the way to a server\n" + way("8BITMIME", "changed", "doubts") +
         way("without it", "changed_without_8bitmime", "doubts_without_8bitmime");
}

std::string render_recipients(const object& line, WallTime) { return recipient_steps(line); }

std::string render_explain(const object& line, WallTime) {
  std::string text = text_in(line, "site") + "\n";
  if (line.contains("host")) text += step("server", text_in(line, "host"));
  text += sender(line);
  if (!line.contains("credentials")) return text + step("login", "none: no user is configured");
  text += step("we have", text_in(line, "credentials"));
  const object& trouble = object_in(line, "trouble");
  if (!trouble.empty()) return text + step("order", "unknown: " + text_in(trouble, "text"));
  text += step("offered", joined_in(line, "offered", " ") + " (when we were there last)");
  text += steps("WEAKER", line, "weaker");
  const std::string order = joined_in(line, "order", ", ");
  text += step("order", order.empty() ? "nothing that is offered can be used" : order);
  for (const Skipped& skip : skipped(line)) text += step("", skip.mechanisms + ": not tried, " + skip.reason);
  return text;
}

}  // namespace postern::control
