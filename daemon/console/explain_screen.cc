// `postern explain`.
#include "console/screens.h"

#include "base/clock.h"
#include "console/fields.h"
#include "console/steps.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace postern::console {
namespace {

using boost::json::object;
using boost::json::value;

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
std::string sender_steps(const object& line) {
  if (!line.contains("sender")) return {};
  const object& path = object_in(line, "sender");
  const auto shown = [&path](std::string_view key) { return '<' + text_in(path, key) + '>'; };
  std::string text = step("policy", text_in(line, "policy"));
  text += change("MAIL FROM", shown("before"), shown("after"));
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

std::string explain_steps(const object& line) {
  std::string text = text_in(line, "site") + "\n";
  if (line.contains("host")) text += step("server", text_in(line, "host"));
  text += steps("TLS rule", line, "tls_rules");
  text += sender_steps(line);
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

}  // namespace

std::string explain_text(const boost::json::object& line, const View& view) {
  const auto way = [&line](std::string_view label, std::string_view changed, std::string_view doubts) {
    const bool changes = flag_in(line, changed);
    return step(label, changes ? "the text is made to suit it" : "the text goes as it is") +
           steps("  doubtful", line, doubts);
  };
  return hanging("on the way to a server\n" + way("8BITMIME", "changed", "doubts") +
                     way("without it", "changed_without_8bitmime", "doubts_without_8bitmime"),
                 kStepLabel, view.width);
}

std::string explain_route(const boost::json::object& line, const View& view) {
  const std::string to = text_in(line, "recipient");
  const std::string text = "route" + (to.empty() ? std::string() : " of mail for " + to) + "\n" +
                           step("goes by", text_in(line, "route")) + step("since", text_in(line, "why"));
  return hanging(text, kStepLabel, view.width);
}

std::string explain_storm(const boost::json::object& line, const View& view) {
  std::string gathered = "no";
  if (line.contains("row")) {
    gathered = fmt::format("what is alike beyond {} in {}", number_in(line, "after"),
                           to_words(Seconds(number_in(line, "window"))));
  }
  const std::string text = "storms\n" + step("gathered", gathered) + step("since", text_in(line, "why"));
  return hanging(text, kStepLabel, view.width);
}

std::string explain_recipients(const boost::json::object& line, const View& view) {
  return hanging(recipient_steps(line), kStepLabel, view.width);
}

std::string explain_screen(const boost::json::object& line, const View& view) {
  return hanging(explain_steps(line), kStepLabel, view.width);
}

}  // namespace postern::console
