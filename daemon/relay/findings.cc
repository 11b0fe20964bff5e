#include "relay/findings.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::relay {

using About = Judgement::About;
using mail::Step;

namespace {

/// The server closes: no message shall close the site by what it says of it in words alone, whether its recipient
/// brings them about or its text.
bool may_be_of_message(Asked asked, Blame blame, const smtp::Reply& reply) {
  if (!is_trouble(blame)) return true;
  return blame == Blame::site && asked != Asked::mail && asked != Asked::reset && by_words_alone(asked, reply);
}

}  // namespace

Findings::Findings(std::string peer, std::size_t recipients) : peer_(std::move(peer)), accepted_(recipients, false) {
  outcome.report.recipients.resize(recipients);
}

bool Findings::take(Asked asked, std::size_t recipient, const smtp::Reply& reply) {
  if (is_refusal(reply) && reply.code != kClosing) ++outcome.refusals;
  Judgement judged = judge(asked, reply);
  if (judged.about == About::closing) {
    closed(asked, judged, reply);
    return false;
  }
  if (judged.about == About::protocol) {
    const Error error{Failure::protocol, "unexpected reply \"" + reply.text() + "\""};
    lost(asked, error);
    return false;
  }
  switch (asked) {
    case Asked::mail: note_mail(reply); break;
    case Asked::rcpt:
      // After a refused MAIL that is 503 or the like, and no verdict on the recipient.
      if (!mail_refused_) note_recipient(recipient, judged, reply);
      return true;
    case Asked::data:
      data_open_ = judged.about == About::nobody;
      if (!any_accepted()) return true;  // 503 or 554: no valid recipients
      break;
    case Asked::reset:
    case Asked::text: break;
  }
  switch (judged.about) {
    case About::site: refused(asked, judged.what, reply); return false;
    case About::sender:
      mail_refused_ = asked == Asked::mail;
      note_sender(asked, judged.what, reply);
      break;
    case About::message: judge_message(step_of(asked), judged); break;
    default: break;
  }
  return true;
}

bool Findings::set_aside(Asked asked, const smtp::Reply& reply) {
  if (mail_refused_ || !is_refusal(reply) || reply.code == kClosing || !may_be_of_dsn(asked, reply)) return false;
  ++outcome.refusals;
  outcome.rest = outcome.dsn_doubted = true;
  if (asked == Asked::mail) note_mail(reply);
  mail_refused_ = asked == Asked::mail;
  return true;
}

void Findings::note_mail(const smtp::Reply& reply) {
  outcome.progress = TransactionOutcome::Progress::begun;
  outcome.needs_reset = mail_accepted_ = reply.positive();
}

/// Trouble of the site does not end the transaction here: who is accepted gets the message.
void Findings::note_recipient(std::size_t recipient, Judgement& judged, const smtp::Reply& reply) {
  const About about = judged.about;
  accepted_[recipient] = about == About::nobody;
  if (about == About::nobody) ++outcome.accepted;
  if (about == About::sender) note_sender(Asked::rcpt, judged.what, reply);
  if (about == About::site && !outcome.report.site) {
    refused(Asked::rcpt, judged.what, reply);
    outcome.report.site->in_transaction = by_words_alone(Asked::rcpt, reply);
  }
  if (about == About::site || about == About::sender) {
    outcome.rebuffed.emplace_back(recipient, of_recipient(judged.blame, reply));
  }
  if (about != About::recipient) return;
  if (judged.status.doubtful) {
    // What is refused for now may be taken later, whoever else is accepted now.
    if (!says_for_now(reply)) outcome.doubted.push_back(recipient);
    outcome.report.doubted_at = Step::rcpt;
  }
  if (judged.blame == Blame::recipients && any_accepted()) crammed_ = true;
  if (judged.blame == Blame::connection) outcome.enough = true;
  outcome.report.recipients[recipient] = std::move(judged.status);
}

/// At RCPT words alone may be of one recipient, who wants no mail of this sender: another one shall meet the same
/// before the sender is closed, and so it is with the site.
void Findings::note_sender(Asked asked, std::string_view what, const smtp::Reply& reply) {
  if (!outcome.report.sender) {
    outcome.report.sender = site_trouble(step_of(asked), peer_, what, reply);
    outcome.report.sender->in_transaction = asked == Asked::rcpt && by_words_alone(asked, reply);
  }
  outcome.sender_refused = asked == Asked::mail || asked == Asked::rcpt;
}

/// On another connection it may go.
void Findings::postpone(Blame blame) {
  outcome.progress = TransactionOutcome::Progress::postponed;
  outcome.enough = outcome.enough || blame == Blame::connection;
}

/// 421. After refusals it is how servers end what they call too many errors, and it is also how some end a transaction
/// of too many recipients: whoever has no answer yet is asked for on another connection.
void Findings::closed(Asked asked, const Judgement& judged, const smtp::Reply& reply) {
  const bool full = judged.blame == Blame::recipients && any_accepted();
  if (full) outcome.most_recipients = outcome.accepted;
  outcome.rest = full || (!is_trouble(judged.blame) && had_enough_of(asked));
  if (outcome.rest) return;
  if (judged.blame == Blame::sender && asked != Asked::reset) return note_sender(asked, judged.what, reply);
  if (judged.blame == Blame::connection) postpone(judged.blame);
  refused(asked, judged.what, reply);
  outcome.report.site->in_transaction = mail_accepted_ && may_be_of_message(asked, judged.blame, reply);
}

/// The server closes the connection at this point because of the recipients it refused.
bool Findings::had_enough_of(Asked asked) const {
  return mail_accepted_ && outcome.refusals > 0 && (asked == Asked::rcpt || !any_accepted());
}

void Findings::judge_message(Step step, const Judgement& judged) {
  if (judged.status.verdict == mail::Verdict::deferred) postpone(judged.blame);
  if (judged.status.doubtful) outcome.report.doubted_at = step;
  if (step != Step::mail) return settle(judged.status);
  mail_refused_ = true;
  outcome.sender_refused = judged.status.doubtful;
  std::ranges::fill(outcome.report.recipients, judged.status);
}

void Findings::take_text(const Judgement& judged, const smtp::Reply& reply, Step step) {
  if (is_refusal(reply)) ++outcome.refusals;
  outcome.taken = reply.positive();
  if (judged.about == About::message) return judge_message(step, judged);
  if (judged.blame == Blame::connection) postpone(judged.blame);
  // What was said of the site or the sender may yet be this message's doing: another one shall meet the same before
  // either is closed, and words alone lower no number of connections.
  const bool by_words = is_refusal(reply) && by_words_alone(Asked::text, reply);
  const bool cut_off = judged.about == About::closing && !is_trouble(judged.blame);
  mail::SiteTrouble trouble = site_trouble(step, peer_, judged.what, reply);
  trouble.in_transaction = cut_off || by_words;
  trouble.crowded = trouble.crowded && !by_words;
  auto& whose = judged.blame == Blame::sender ? outcome.report.sender : outcome.report.site;
  whose = std::move(trouble);
}

void Findings::lost(Asked asked, const Error& error) {
  outcome.rest = error.failure == Failure::closed && had_enough_of(asked);
  if (outcome.rest) return;
  outcome.report.site = site_trouble(step_of(asked), peer_, mail::name(step_of(asked)), error);
  outcome.report.site->in_transaction = mail_accepted_;
}

void Findings::hung_up(Asked asked, const smtp::Reply& words) {
  const Blame blame = blame_of(asked, words);
  outcome.rest = words.code == kClosing && !is_trouble(blame) && had_enough_of(asked);
  if (outcome.rest) return;
  constexpr std::string_view kWhat = "the server closes the connection";
  if (blame == Blame::sender && asked != Asked::reset) return note_sender(asked, kWhat, words);
  refused(asked, kWhat, words);
  outcome.report.site->in_transaction = mail_accepted_ && may_be_of_message(asked, blame, words);
}

void Findings::interrupted(const Error& error) {
  outcome.report.site = site_trouble(Step::data, peer_, "sending the message", error);
  outcome.report.site->in_transaction = true;
}

void Findings::unreadable(const Error& error) { settle(relay::unreadable(error)); }

void Findings::uncertain(std::string_view what, const Error& error) {
  outcome.report.uncertain = true;
  outcome.report.site = site_trouble(Step::end_of_data, peer_, what, error);
  outcome.report.site->in_transaction = true;
}

void Findings::miscounted(Asked asked, std::size_t recipient) {
  outcome.pipelining_failed = true;
  if (asked == Asked::rcpt) outcome.report.recipients[recipient].reset();
  if (asked == Asked::mail) std::ranges::fill(outcome.report.recipients, std::nullopt);
}

void Findings::conclude() {
  auto& recipients = outcome.report.recipients;
  std::erase_if(outcome.doubted, [&](std::size_t index) { return !recipients[index]; });
  if (any_accepted()) {
    outcome.sender_refused = false;
    for (const std::size_t index : outcome.doubted) fail_for_good(*recipients[index]);
    outcome.doubted.clear();
  }
  if (troubled()) outcome.cut_short = std::exchange(outcome.rest, false);
  if (outcome.enough && !any_accepted()) postpone(Blame::connection);
  // It takes mail of this account, from this machine and of this sender, so the one recipient alone shall close
  // neither.
  for (auto* trouble : {&outcome.report.site, &outcome.report.sender}) {
    if (!*trouble || (*trouble)->step != Step::rcpt || !any_accepted()) continue;
    (*trouble)->in_transaction = true;
    outcome.theirs = true;
  }
}

void Findings::settle(const mail::Status& status) {
  for (std::size_t i = 0; i < accepted_.size(); ++i) {
    if (accepted_[i]) outcome.report.recipients[i] = status;
  }
}

void Findings::refused(Asked asked, std::string_view what, const smtp::Reply& reply) {
  outcome.report.site = site_trouble(step_of(asked), peer_, what, reply);
}

}  // namespace postern::relay
