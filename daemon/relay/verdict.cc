#include "relay/verdict.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

namespace postern::relay {
namespace {

using mail::Verdict;

mail::Status make_status(Verdict verdict, const smtp::Reply& reply, std::string_view by_default) {
  mail::Status status;
  status.verdict = verdict;
  status.code = reply.code;
  status.enhanced = reply.enhanced();
  status.text = reply.words();
  if (status.enhanced.empty() || status.enhanced.front() != by_default.front()) {
    // A 550 that we take as temporary: what the server said stays to be read.
    if (!status.enhanced.empty()) status.text.insert(0, status.enhanced + " ");
    status.enhanced = by_default;
  }
  return status;
}

struct Refusal {
  int code;
  std::string_view enhanced;  // empty: whatever it says
  std::string_view words;     // somewhere in the text
};

// Answers about the account, not about the message, as providers give them at MAIL, RCPT or after the dot.
constexpr std::array kAccountRefusals{
    Refusal{530, "", ""},        // authentication or STARTTLS required
    Refusal{535, "", ""},        // credentials invalid
    Refusal{538, "", ""},        // encryption required for the mechanism
    Refusal{550, "5.7.57", ""},  // Microsoft 365: client not authenticated
    Refusal{550, "5.4.5", ""},   // Gmail: daily sending quota
};

// The account may not use this sender. Settings will mend it, so nothing is bounced for it; but other senders pass, so
// the site does not wait either: a dozen such messages would meet each probe and keep everybody's mail for hours.
constexpr std::array kSenderRefusals{
    Refusal{550, "5.7.60", ""},        // Microsoft 365 at MAIL
    Refusal{554, "5.2.252", ""},       // Microsoft 365 after the dot
    Refusal{554, "", "SendAsDenied"},  // the same by its name, with 5.2.0
};

bool matches(const smtp::Reply& reply, std::span<const Refusal> table) {
  const std::string enhanced = reply.enhanced();
  const std::string text = reply.text();
  return std::ranges::any_of(table, [&](const Refusal& refusal) {
    return reply.code == refusal.code && (refusal.enhanced.empty() || refusal.enhanced == enhanced) &&
           text.find(refusal.words) != std::string::npos;
  });
}

}  // namespace

mail::Status status_of(const smtp::Reply& reply) {
  if (reply.positive()) return make_status(Verdict::delivered, reply, "2.0.0");
  if (matches(reply, kSenderRefusals)) return deferred_status_of(reply);
  if (reply.permanent()) return make_status(Verdict::failed, reply, "5.0.0");
  return make_status(Verdict::deferred, reply, "4.0.0");
}

mail::Status deferred_status_of(const smtp::Reply& reply) {
  std::string enhanced = reply.enhanced();
  if (enhanced.empty()) enhanced = "4.0.0";
  enhanced.front() = '4';
  return make_status(Verdict::deferred, reply, enhanced);
}

mail::Status recipient_status_of(const smtp::Reply& reply) {
  const bool too_many = reply.code == 452 || reply.code == 552;
  if (too_many && reply.enhanced().empty()) return make_status(Verdict::deferred, reply, "4.5.3");
  return reply.code == 552 ? deferred_status_of(reply) : status_of(reply);
}

bool too_many_recipients(const mail::Status& status) {
  return (status.code == 452 || status.code == 552) && status.enhanced == "4.5.3";
}

mail::Status own_status(Verdict verdict, std::string_view enhanced, std::string text) {
  mail::Status status;
  status.verdict = verdict;
  status.enhanced = enhanced;
  status.text = std::move(text);
  return status;
}

bool concerns_account(const smtp::Reply& reply) { return matches(reply, kAccountRefusals); }

mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what, const Error& error) {
  mail::SiteTrouble result;
  result.step = step;
  result.failure = error.failure;
  result.text.append(host).append(": ").append(what);
  if (!error.text.empty()) result.text.append(": ").append(error.text);
  return result;
}

mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what,
                               const smtp::Reply& reply) {
  mail::SiteTrouble result;
  result.step = step;
  result.failure = reply.transient() || reply.permanent() ? Failure::refused : Failure::protocol;
  result.code = reply.code;
  result.text.append(host).append(": ").append(what).append(": \"").append(reply.text()).append("\"");
  return result;
}

}  // namespace postern::relay
