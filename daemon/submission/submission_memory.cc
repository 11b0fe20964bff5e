#include "submission/submission_memory.h"

namespace postern::submission {

std::string SubmissionMemory::key(std::uint32_t uid, const std::string& submission_id) {
  return std::to_string(uid) + " " + submission_id;
}

SubmissionMemory::Answer SubmissionMemory::claim(const std::string& key, SteadyTime now) {
  forget(now);
  Answer answer;
  const auto [found, fresh] = entries_.try_emplace(key);
  if (fresh) {
    found->second.serial = ++serial_;
    ages_.push_back(Age{now, serial_, key});
    return answer;
  }
  answer.claim = found->second.id ? Claim::stored : Claim::pending;
  if (found->second.id) answer.id = *found->second.id;
  return answer;
}

void SubmissionMemory::stored(const std::string& key, const QueueId& id) {
  if (const auto found = entries_.find(key); found != entries_.end()) found->second.id = id;
}

void SubmissionMemory::failed(const std::string& key) { entries_.erase(key); }

void SubmissionMemory::forget(SteadyTime now) {
  while (!ages_.empty() && (now - ages_.front().since >= kKept || ages_.size() >= kEntries)) {
    const auto found = entries_.find(ages_.front().key);
    if (found != entries_.end() && found->second.serial == ages_.front().serial) entries_.erase(found);
    ages_.pop_front();
  }
}

}  // namespace postern::submission
