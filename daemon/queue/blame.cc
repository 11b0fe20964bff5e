#include "queue/blame.h"

#include <algorithm>

namespace postern::queue {
namespace {

constexpr std::size_t kCutOffMessages = 2;  // in a row, see Blame::kMostMessages

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
  const bool any_taken =
      find([](const mail::Status& one) { return one.verdict == mail::Verdict::delivered; }) != report.recipients.end();
  if (any_taken) taken();
  if (report.site) {
    const bool closed =
        !report.site->in_transaction || report.site->crowded || closes(cut_off_, attempted, kCutOffMessages);
    // It answered until then, and the message is at fault until another shows otherwise.
    const bool refusing = present && refuses_every_;
    if (!closed) return {refusing ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
    refuses_every_ = false;
    return {Conclusion::Kind::trouble, report.site};
  }
  cut_off_ = {};
  if (any_taken) return {};
  const auto doubtful = find([](const mail::Status& one) { return one.doubtful; });
  if (doubtful == report.recipients.end()) {
    return {present && refuses_every_ ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
  }
  if (!closes(refused_, attempted, kRefusedMessages)) {
    return {present && refuses_every_ ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
  }
  refuses_every_ = true;
  return {Conclusion::Kind::trouble, refuses_every_message(**doubtful)};
}

bool Blame::closes(Row& row, const Attempted& attempted, std::size_t messages) {
  if (row.messages.size() < kMostMessages) row.messages.insert(attempted.id);
  if (row.parties.size() < kMostMessages) row.parties.insert(attempted.party);
  const bool enough_parties = row.parties.size() > 1 || !attempted.several_parties;
  return row.messages.size() >= kMostMessages || (row.messages.size() >= messages && enough_parties);
}

}  // namespace postern::queue
