#include "relay/verdict.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::relay {
namespace {

using mail::Verdict;

mail::Status make_status(Verdict verdict, const smtp::Reply& reply, std::string_view by_default) {
  mail::Status status;
  status.verdict = verdict;
  status.code = reply.code;
  status.enhanced = reply.enhanced();
  if (status.enhanced.empty() || status.enhanced.front() != by_default.front()) status.enhanced = by_default;
  status.text = reply.text();
  return status;
}

struct AccountRefusal {
  int code;
  std::string_view enhanced;  // empty: whatever it says
};

// Answers about the account, not about the message, as providers give them at MAIL, RCPT or after the dot.
constexpr std::array kAccountRefusals{
    AccountRefusal{530, ""},         // authentication or STARTTLS required
    AccountRefusal{535, ""},         // credentials invalid
    AccountRefusal{538, ""},         // encryption required for the mechanism
    AccountRefusal{550, "5.7.57"},   // Microsoft 365: client not authenticated
    AccountRefusal{550, "5.7.60"},   // Microsoft 365: may not send as this sender
    AccountRefusal{554, "5.2.252"},  // Microsoft 365: SendAsDenied
    AccountRefusal{550, "5.4.5"},    // Gmail: daily sending quota
};

}  // namespace

mail::Status status_of(const smtp::Reply& reply) {
  if (reply.positive()) return make_status(Verdict::delivered, reply, "2.0.0");
  if (reply.permanent()) return make_status(Verdict::failed, reply, "5.0.0");
  return make_status(Verdict::deferred, reply, "4.0.0");
}

mail::Status recipient_status_of(const smtp::Reply& reply) {
  if (reply.code == 552) return make_status(Verdict::deferred, reply, "4.5.3");
  return status_of(reply);
}

mail::Status own_status(Verdict verdict, std::string_view enhanced, std::string text) {
  mail::Status status;
  status.verdict = verdict;
  status.enhanced = enhanced;
  status.text = std::move(text);
  return status;
}

bool concerns_account(const smtp::Reply& reply) {
  const std::string enhanced = reply.enhanced();
  return std::ranges::any_of(kAccountRefusals, [&](const AccountRefusal& refusal) {
    return reply.code == refusal.code && (refusal.enhanced.empty() || refusal.enhanced == enhanced);
  });
}

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
