// `postern check`.
#include "console/screens.h"

#include "base/zone.h"
#include "console/fields.h"
#include "console/steps.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

using boost::json::object;
using boost::json::value;

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
  if (line.contains("pin")) text += step("  key's pin", text_in(line, "pin"));
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

std::string verdict(const object& line) {
  const object& trouble = object_in(line, "trouble");
  if (!trouble.empty()) {
    const std::string advice = text_in(trouble, "advice");
    return step("verdict", fmt::format("TROUBLE at {}: {}", text_in(trouble, "step"), text_in(trouble, "text"))) +
           (advice.empty() ? "" : step("what to do", advice));
  }
  const std::string mechanism = text_in(line, "mechanism");
  const std::string login = mechanism.empty() ? "no login was needed" : "login by " + mechanism;
  return step("verdict",
              array_in(line, "weaker").empty() ? "all is well; " + login : login + ", but weaker than before");
}

}  // namespace

std::string check_screen(const boost::json::object& line, const View& view) {
  const bool connected = line.contains("greeting") || line.contains("tls_version");
  std::string text = text_in(line, "site") + "\n";
  if (line.contains("host")) text += step("connect", text_in(line, "host"));
  text += steps("TLS rule", line, "tls_rules");
  if (connected) {
    if (line.contains("greeting")) text += step("greeting", text_in(line, "greeting"));
    text += tls(line) + certificate(line, view.now);
  }
  if (!array_in(line, "extensions").empty()) {
    text += step("EHLO", joined_in(line, "extensions", ", ")) + login(line);
  }
  if (line.contains("trace")) text += step("dialogue", "(secrets are left out)") + steps("", line, "trace");
  text += steps("warning", line, "warnings") + verdict(line);
  return hanging(text, kStepLabel, view.width);
}

}  // namespace postern::console
