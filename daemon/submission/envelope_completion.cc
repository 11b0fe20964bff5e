#include "submission/envelope_completion.h"

#include "mail/address.h"
#include "mail/original_recipient.h"

#include <algorithm>
#include <string>
#include <utility>

namespace postern::submission {
namespace {

std::size_t held_by_texts(const mail::Recipient& recipient) { return held_by(recipient) - sizeof(recipient); }

/// Of what is kept to know a mailbox again, besides its text.
constexpr std::size_t kOfMailbox = 80;

}  // namespace

std::size_t held_by(const mail::Recipient& recipient) {
  constexpr std::size_t kOfAllocator = 32;  // for two texts
  return sizeof(recipient) + recipient.address.size() + recipient.orcpt.size() + kOfAllocator;
}

EnvelopeCompletion::EnvelopeCompletion(mail::Envelope& envelope, const Config& config)
    : envelope_(envelope), config_(config), given_(std::exchange(envelope.recipients, {})), expansion_(config) {
  envelope_.sender = mail::complete_address(envelope_.sender, config_.domain);
  envelope_.recipients.reserve(given_.size());
  for (const mail::Recipient& one : given_) held_ += held_by(one) + sizeof(one);
}

bool EnvelopeCompletion::step() {
  const std::size_t end = std::min(next_ + kOfStep, given_.size());
  for (; next_ < end; ++next_) {
    add(given_[next_]);
    held_ -= held_by_texts(given_[next_]);
    given_[next_] = {};
  }
  if (next_ < given_.size()) return true;
  finish();
  return false;
}

void EnvelopeCompletion::give_up() {
  for (; next_ < given_.size(); ++next_) envelope_.recipients.push_back(std::move(given_[next_]));
}

void EnvelopeCompletion::add(const mail::Recipient& original) {
  const std::string named = mail::complete_address(original.address, config_.domain);
  for (std::string& address : expansion_.add(original.address)) {
    mail::Recipient& added = envelope_.recipients.emplace_back(original);
    if (added.orcpt.empty() && address != named) {
      renamed_.push_back(envelope_.recipients.size() - 1);
      added.orcpt = mail::orcpt_of(named);
    }
    added.address = std::move(address);
    stored_ += mail::kLeastRecipient + added.address.size() + added.orcpt.size();
    held_ += held_by_texts(added) + added.address.size() + kOfMailbox;
  }
}

void EnvelopeCompletion::finish() {
  // Who was let in without an ORCPT is not refused for the room that ours takes: RFC 3461 can do without.
  if (stored_ <= mail::kLongestEnvelope) return;
  for (const std::size_t index : renamed_) envelope_.recipients[index].orcpt = std::string();
}

void complete_envelope(mail::Envelope& envelope, const Config& config) {
  EnvelopeCompletion completion(envelope, config);
  while (completion.step()) continue;
}

}  // namespace postern::submission
