#include "control/render_check.h"

#include "control/fields.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

namespace postern::control {
namespace {

using boost::json::object;
using boost::json::value;

std::string step(std::string_view label, const std::string& text) { return fmt::format("  {:<13}{}\n", label, text); }

std::string expiry(const object& line, WallTime now) {
  const std::optional<WallTime> time = time_in(line, "certificate_expires");
  if (!time) return text_in(line, "certificate_expires");
  const auto days = std::chrono::floor<std::chrono::days>(*time - now).count();
  const std::string date = local_time(*time).substr(0, 10);
  if (*time < now) return fmt::format("{} (EXPIRED {})", date, relative(*time, now));
  return fmt::format("{} (in {} day{})", date, days, days == 1 ? "" : "s");
}

std::string tls(const object& line) {
  if (!line.contains("tls_version")) return step("TLS", "none: this connection is not encrypted");
  return step("TLS", fmt::format("{}, {}", text_in(line, "tls_version"), text_in(line, "tls_cipher")));
}

std::string certificate(const object& line, WallTime now) {
  std::string text;
  if (line.contains("certificate_subject")) text += step("certificate", text_in(line, "certificate_subject"));
  if (line.contains("certificate_issuer")) text += step("  issuer", text_in(line, "certificate_issuer"));
  if (line.contains("certificate_expires")) text += step("  expires", expiry(line, now));
  return text;
}

std::string login(const object& line) {
  std::string text;
  const std::string offered = joined_in(line, "offered", " ");
  text += step("AUTH", offered.empty() ? "no mechanism is offered" : "offered: " + offered);
  for (const value& one : array_in(line, "skipped")) {
    if (!one.is_object()) continue;
    text += step("  not tried", text_in(one.get_object(), "mechanism") + ": " + text_in(one.get_object(), "reason"));
  }
  for (const value& one : array_in(line, "tried")) {
    if (!one.is_object()) continue;
    const object& attempt = one.get_object();
    const std::string reply = text_in(attempt, "reply");
    text += step("  tried", fmt::format("{}: {}{}", text_in(attempt, "mechanism"),
                                        flag_in(attempt, "succeeded") ? "works" : "refused",
                                        reply.empty() ? "" : " (" + reply + ")"));
  }
  return text;
}

std::string verdict(const object& line) {
  const object& trouble = object_in(line, "trouble");
  if (!trouble.empty()) {
    return step("verdict", fmt::format("TROUBLE at {}: {}", text_in(trouble, "step"), text_in(trouble, "text")));
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
  return text + verdict(line);
}

}  // namespace postern::control
