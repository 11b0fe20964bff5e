#include "relay/verdict.h"

#include "base/text.h"
#include "mail/idn.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace postern::relay {
namespace {

using About = Judgement::About;
using mail::Step;
using mail::Verdict;

constexpr int kStartMail = 354;  // RFC 5321 4.1.1.4

// In lower case, anywhere in what the server says together with a 5xx.
constexpr std::array<std::string_view, 8> kPassing{
    "too many login",  // Gmail: 454 4.7.0, and 535 from servers that copy it
    "too many bad auth", "too many failed", "too many auth", "too many connections",
    "try again later",  // Mailgun, Yahoo
    "temporar",         // "temporarily unavailable", "temporary authentication failure"
    "rate limit",
};

// RFC 4954 4 and 6.
constexpr std::array kForm{500, 501, 502, 503, 504, 538};

/// Some write a 4.x.y behind a 5xx: "535 4.7.0 ...".
bool begins_with_4(const smtp::Reply& refusal) {
  if (refusal.lines.empty()) return false;
  const std::string_view words = trim(refusal.lines.front());
  return words.size() > 4 && words.starts_with("4.") && words[3] == '.';
}

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

/// Deferred whatever the reply says; a 5.x.y becomes 4.x.y.
mail::Status deferred_status_of(const smtp::Reply& reply) {
  std::string enhanced = reply.enhanced();
  if (enhanced.empty()) enhanced = "4.0.0";
  enhanced.front() = '4';
  return make_status(Verdict::deferred, reply, enhanced);
}

/// Refused for good, and nobody knows whether that is about the message: as it was said, but not final.
mail::Status doubtful_status_of(const smtp::Reply& reply) {
  mail::Status status = make_status(Verdict::deferred, reply, "5.0.0");
  status.doubtful = true;
  return status;
}

/// A refusal by whom it blames. At RCPT 552 is temporary (RFC 5321 4.5.3.1.10), unless it is about the size.
mail::Status refusal_status_of(Asked asked, Blame blame, const smtp::Reply& reply) {
  if (reply.transient()) return make_status(Verdict::deferred, reply, "4.0.0");
  const bool at_rcpt = asked == Asked::rcpt;
  switch (blame) {
    case Blame::size:
    case Blame::content: return make_status(Verdict::failed, reply, "5.0.0");
    case Blame::connection: return deferred_status_of(reply);
    default: break;
  }
  if (at_rcpt && reply.code == 552) return deferred_status_of(reply);
  if (at_rcpt && blame == Blame::recipient) return make_status(Verdict::failed, reply, "5.0.0");
  return doubtful_status_of(reply);
}

/// A bare 452 or 552 to RCPT is what servers say that know no enhanced codes.
bool means_too_many_recipients(Blame blame, const smtp::Reply& reply) {
  const bool bare = (reply.code == 452 || reply.code == 552) && reply.enhanced().empty();
  return blame == Blame::recipients || (bare && blame == Blame::unknown);
}

/// A verdict of our own, reached without asking the server.
mail::Status own_status(Verdict verdict, std::string_view enhanced, std::string text) {
  mail::Status status;
  status.verdict = verdict;
  status.enhanced = enhanced;
  status.text = std::move(text);
  return status;
}

/// A line break in an address would be a second command.
bool has_control_bytes(const mail::Envelope& envelope, const std::vector<std::size_t>& pending) {
  if (has_control(envelope.sender) || has_control(envelope.envid)) return true;
  return std::ranges::any_of(pending, [&](std::size_t index) {
    const mail::Recipient& recipient = envelope.recipients[index];
    return has_control(recipient.address) || has_control(recipient.orcpt);
  });
}

std::string_view refusal_of(Asked asked) {
  switch (asked) {
    case Asked::reset: return "the server refuses RSET";
    case Asked::mail: return "the server refuses MAIL";
    case Asked::rcpt: return "the server refuses RCPT";
    case Asked::data: return "the server refuses DATA";
    case Asked::text: break;
  }
  return "the server refuses the message";
}

Judgement finding(Judgement::About about, Blame blame = Blame::unknown, std::string_view what = {}) {
  Judgement judged;
  judged.about = about;
  judged.blame = blame;
  judged.what = what;
  return judged;
}

Judgement verdict_on(Judgement::About about, Blame blame, mail::Status status) {
  Judgement judged;
  judged.about = about;
  judged.blame = blame;
  judged.status = std::move(status);
  return judged;
}

}  // namespace

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
  result.crowded = is_refusal(reply) && says_crowded(reply);
  return result;
}

mail::SiteTrouble unreachable(const Error& error) {
  mail::SiteTrouble trouble;
  trouble.step = error.failure == Failure::resolve ? Step::resolve
                 : error.failure == Failure::tls   ? Step::tls
                                                   : Step::connect;
  trouble.failure = error.failure;
  trouble.text = error.text;
  return trouble;
}

Opening judge_opening(Step step, const smtp::Reply& reply) {
  if (reply.code == (step == Step::ehlo ? 250 : 220)) return Opening::go_on;
  return step == Step::ehlo && reply.permanent() ? Opening::only_helo : Opening::trouble;
}

bool login_postponed(const smtp::Reply& refusal) {
  if (refusal.transient() || begins_with_4(refusal) || says_crowded(refusal)) return true;
  const std::string said = to_lower(refusal.text());
  return std::ranges::any_of(kPassing, [&](std::string_view words) { return said.find(words) != std::string::npos; });
}

bool login_form_refused(const smtp::Reply& refusal) { return std::ranges::find(kForm, refusal.code) != kForm.end(); }

bool initial_response_refused(int code) { return code == 501 || code == 504; }

mail::SiteTrouble login_trouble(LoginEnd end, std::string_view host, std::string_view what, const Error& error) {
  mail::SiteTrouble trouble = site_trouble(Step::auth, host, what, error);
  trouble.login_refused = end == LoginEnd::refused;
  trouble.login_spent = end == LoginEnd::unanswered;
  return trouble;
}

LoginEnd end_without_credentials(const Error& error) {
  return error.failure == Failure::rejected ? LoginEnd::refused : LoginEnd::untried;
}

mail::Status unspeakable(std::string_view whose) {
  return own_status(mail::Verdict::failed, "5.6.7",
                    std::string(whose) + " needs SMTPUTF8, which the smarthost does not offer");
}

std::optional<mail::Status> obstacle(const mail::Envelope& envelope, const std::vector<std::size_t>& pending,
                                     const MailForm& form, const smtp::Capabilities& server) {
  if (has_control_bytes(envelope, pending)) {
    return own_status(mail::Verdict::failed, "5.1.3", "an address of the envelope holds control characters");
  }
  if (server.size && envelope.wire_size > *server.size) {
    return own_status(mail::Verdict::failed, "5.3.4",
                      "the message has " + std::to_string(envelope.wire_size) + " bytes, the smarthost takes at most " +
                          std::to_string(*server.size));
  }
  if (mail::needs_smtputf8(form.reverse_path) && !server.smtputf8) return unspeakable("the sender's address");
  return std::nullopt;
}

Step step_of(Asked asked) {
  switch (asked) {
    case Asked::reset:
    case Asked::mail: return Step::mail;
    case Asked::rcpt: return Step::rcpt;
    case Asked::data: return Step::data;
    case Asked::text: break;
  }
  return Step::end_of_data;
}

bool is_trouble(Blame blame) { return blame == Blame::site || blame == Blame::crowded || blame == Blame::sender; }

Judgement judge(Asked asked, const smtp::Reply& reply) {
  if (reply.code == kClosing)
    return finding(About::closing, blame_of(asked, reply), "the server closes the connection");
  const bool as_asked = asked == Asked::data ? reply.code == kStartMail : reply.positive();
  if (as_asked && asked != Asked::text) return finding(About::nobody);
  const About whose = asked == Asked::rcpt ? About::recipient : About::message;
  if (as_asked) return verdict_on(whose, Blame::unknown, make_status(Verdict::delivered, reply, "2.0.0"));
  if (!is_refusal(reply)) return finding(About::protocol);
  const Blame blame = blame_of(asked, reply);
  if (asked == Asked::reset || is_trouble(blame)) {
    return finding(blame == Blame::sender && asked != Asked::reset ? About::sender : About::site, blame,
                   refusal_of(asked));
  }
  if (asked == Asked::rcpt && means_too_many_recipients(blame, reply)) {
    return verdict_on(whose, Blame::recipients, make_status(Verdict::deferred, reply, "4.5.3"));
  }
  return verdict_on(whose, blame, refusal_status_of(asked, blame, reply));
}

Judgement judge_early(const smtp::Reply& reply, Early how) {
  Judgement judged = judge(Asked::text, reply);
  if (judged.about != About::message) judged.what = "the server ended the transfer";
  if (judged.about == About::message && how == Early::stands) judged.status = deferred_status_of(reply);
  return judged;
}

bool is_refusal(const smtp::Reply& reply) { return reply.transient() || reply.permanent(); }

mail::Status failed_by(const smtp::Reply& refusal) { return make_status(Verdict::failed, refusal, "5.0.0"); }

mail::Status of_recipient(Blame blame, const smtp::Reply& refusal) {
  if (refusal.transient()) return make_status(Verdict::deferred, refusal, "4.0.0");
  const bool of_sender = blame == Blame::sender && !says_for_now(refusal);
  return of_sender || says_relaying(refusal) ? failed_by(refusal) : deferred_status_of(refusal);
}

void fail_for_good(mail::Status& status) {
  status.verdict = Verdict::failed;
  status.doubtful = false;
}

mail::Status not_asked() {
  return own_status(Verdict::deferred, "4.5.3",
                    "so many recipients were refused that this one was not asked for in this attempt");
}

mail::Status unreadable(const Error& error) {
  return own_status(Verdict::deferred, "4.3.0", "the stored message cannot be read: " + error.text);
}

bool too_many_recipients(const mail::Status& status) { return status.code / 100 >= 4 && status.enhanced == "4.5.3"; }

}  // namespace postern::relay
