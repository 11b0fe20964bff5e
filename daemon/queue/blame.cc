#include "queue/blame.h"

#include <algorithm>

namespace postern::queue {
namespace {

mail::SiteTrouble refuses_every_message(const mail::Status& last) {
  mail::SiteTrouble trouble;
  trouble.step = mail::Step::end_of_data;
  trouble.failure = Failure::denied;
  trouble.code = last.code;
  trouble.text = "refuses every message; the last answer: " + mail::to_text(last);
  return trouble;
}

}  // namespace

Conclusion Blame::conclude(const mail::DeliveryReport& report, const Attempted& attempted,
                           const std::optional<mail::SiteTrouble>& present) {
  const auto find = [&report](auto predicate) {
    return std::ranges::find_if(report.recipients, [&](const auto& status) { return status && predicate(*status); });
  };
  const bool taken =
      find([](const mail::Status& one) { return one.verdict == mail::Verdict::delivered; }) != report.recipients.end();
  if (taken) {
    refused_.clear();
    refuses_every_ = false;
  }
  if (report.site) {
    const bool closed = !report.site->in_transaction || report.site->crowded || closes(attempted);
    // It answered until then, and the message is at fault until another shows otherwise.
    const bool refusing = present && refuses_every_;
    if (!closed) return {refusing ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
    refuses_every_ = false;
    return {Conclusion::Kind::trouble, report.site};
  }
  cut_off_.reset();
  if (taken) return {};
  const auto doubtful = find([](const mail::Status& one) { return one.doubtful; });
  if (doubtful == report.recipients.end()) {
    return {present && refuses_every_ ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
  }
  if (refused_.size() < kRefusedMessages) refused_.insert(attempted.id);
  if (refused_.size() < kRefusedMessages) return {};
  refuses_every_ = true;
  return {Conclusion::Kind::trouble, refuses_every_message(**doubtful)};
}

/// One more trouble in a transaction: it is the second in a row, of another message, and of another party if there is
/// one that waits. While the site is closed for that, too: then the party that has come since is tried.
bool Blame::closes(const Attempted& attempted) {
  if (!cut_off_) {
    cut_off_ = CutOff{attempted.id, attempted.party};
    return false;
  }
  cut_off_->another_message = cut_off_->another_message || cut_off_->first != attempted.id;
  cut_off_->another_party = cut_off_->another_party || cut_off_->party != attempted.party;
  return cut_off_->another_message && (cut_off_->another_party || !attempted.several_parties);
}

}  // namespace postern::queue
