#include "submission/submission_memory.h"

#include "base/text.h"

#include <map>

namespace postern::submission {
namespace {

constexpr std::string_view kClaim = "claim";
constexpr std::string_view kStored = "stored";

std::string line_of(std::string_view word, const std::string& key, const QueueId& id) {
  return std::string(word) + " " + key + " " + id.str() + "\n";
}

}  // namespace

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

Task<void> SubmissionMemory::committing(std::string key, QueueId id, SubmissionRecord::Against against) {
  if (record_ == nullptr) co_return;
  std::string line = line_of(kClaim, key, id);
  co_await record_->write(std::move(line), against);
}

void SubmissionMemory::stored(const std::string& key, const QueueId& id) {
  if (const auto found = entries_.find(key); found != entries_.end()) found->second.id = id;
  if (record_ != nullptr) record_->post(line_of(kStored, key, id));
}

void SubmissionMemory::failed(const std::string& key) { entries_.erase(key); }

std::vector<SubmissionMemory::Entry> SubmissionMemory::restore(std::string_view record, SteadyTime now) {
  std::map<std::string, QueueId> open;
  while (!record.empty()) {
    const std::string_view line = record.substr(0, record.find('\n'));
    record.remove_prefix(std::min(line.size() + 1, record.size()));
    const auto words = split_words(line);
    if (words.size() != 4 || (words[0] != kClaim && words[0] != kStored) || !parse_number(words[1])) continue;
    const auto id = QueueId::parse(words[3]);
    if (!id) continue;
    const std::string key = std::string(words[1]) + " " + std::string(words[2]);
    if (words[0] == kClaim) {
      open[key] = *id;
    } else {
      open.erase(key);
      remember({key, *id}, now);
    }
  }
  return {open.begin(), open.end()};
}

void SubmissionMemory::settle(const Entry& entry, SteadyTime now) {
  remember(entry, now);
  stored(entry.first, entry.second);
}

void SubmissionMemory::remember(const Entry& entry, SteadyTime now) {
  claim(entry.first, now);
  entries_[entry.first].id = entry.second;
}

void SubmissionMemory::forget(SteadyTime now) {
  while (!ages_.empty() && (now - ages_.front().since >= kKept || ages_.size() >= kEntries)) {
    const auto found = entries_.find(ages_.front().key);
    if (found != entries_.end() && found->second.serial == ages_.front().serial) entries_.erase(found);
    ages_.pop_front();
  }
}

}  // namespace postern::submission
