#include "queue/site_judge.h"

#include "mail/delivered.h"

namespace postern::queue {
namespace {

constexpr std::size_t kCutOffMessages = 2;  // in a row, see SiteJudge::kMostMessages

mail::SiteTrouble refuses_every_message(mail::Step step, const mail::Status& last) {
  mail::SiteTrouble trouble;
  trouble.step = step;
  trouble.failure = Failure::denied;
  trouble.code = last.code;
  trouble.text = "refuses every message; the last answer: " + mail::to_text(last);
  return trouble;
}

}  // namespace

Conclusion SiteJudge::conclude(const mail::DeliveryReport& report, const Attempted& attempted,
                               const std::optional<mail::SiteTrouble>& present) {
  const bool taken = mail::delivered_any(report);
  if (taken) {
    refused_ = {};
    cut_off_ = {};
    opened_for_ours_ = false;
    refuses_every_ = false;
  }
  // It answered, and the message is at fault until another shows otherwise.
  const bool goes_on = present && !taken && (refuses_every_ || (inferred_ && !attempted.party && report.site));
  const Conclusion undecided{goes_on ? Conclusion::Kind::unchanged : Conclusion::Kind::well, {}};
  if (report.site) {
    const bool of_message = report.site->in_transaction && !report.site->crowded;
    // Of a site that takes a part of a message the rest says nothing.
    if (of_message && (taken || !closes(cut_off_, attempted, kCutOffMessages))) return undecided;
    refuses_every_ = false;
    inferred_ = of_message;
    return {Conclusion::Kind::trouble, report.site};
  }
  cut_off_ = {};
  const mail::Status* const doubtful = mail::first_doubtful(report);
  if (taken || doubtful == nullptr) return undecided;
  if (!closes(refused_, attempted, kRefusedMessages)) return undecided;
  refuses_every_ = inferred_ = true;
  return {Conclusion::Kind::trouble,
          refuses_every_message(report.doubted_at.value_or(mail::Step::end_of_data), *doubtful)};
}

bool SiteJudge::closes(Row& row, const Attempted& attempted, std::size_t messages) {
  if (!attempted.party) return false;
  if (row.messages.size() < kMostMessages) row.messages.insert(attempted.id);
  if (row.parties.size() < kMostParties) row.parties.insert(*attempted.party);
  const bool enough_parties = row.parties.size() > 1 || !attempted.several_parties;
  return row.messages.size() >= kMostMessages || (row.messages.size() >= messages && enough_parties);
}

}  // namespace postern::queue
