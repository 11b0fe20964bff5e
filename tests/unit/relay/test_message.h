// A message in memory, as the queue would hand it to the relay.
#pragma once

#include "mail/message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {

class TestMessage final : public mail::Message {
 public:
  TestMessage(std::string sender, const std::vector<std::string>& recipients, std::string text)
      : text_(std::move(text)) {
    static std::uint64_t made = 0;
    envelope_.id = QueueId::make({}, ++made);
    envelope_.sender = std::move(sender);
    envelope_.size = text_.size();
    envelope_.wire_size = text_.size();
    for (const char c : text_) envelope_.wire_size += c == '\n' ? 1U : 0U;
    for (const std::string& address : recipients) {
      pending_.push_back(pending_.size());
      mail::Recipient recipient;
      recipient.address = address;
      envelope_.recipients.push_back(recipient);
    }
  }

  [[nodiscard]] const mail::Envelope& envelope() const override { return envelope_; }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return pending_; }
  Task<Result<std::string_view>> read() override {
    if (unreadable_) co_return Error{Failure::io, "scripted disk failure"};
    const std::string_view piece = std::string_view(text_).substr(read_, piece_);
    read_ += piece.size();
    co_return piece;
  }
  void rewind() override { read_ = 0; }

  mail::Envelope& change() { return envelope_; }
  std::vector<std::size_t>& change_pending() { return pending_; }
  void piece(std::size_t bytes) { piece_ = bytes; }
  void make_unreadable() { unreadable_ = true; }

 private:
  mail::Envelope envelope_;
  std::vector<std::size_t> pending_;
  std::string text_;
  std::size_t read_ = 0;
  std::size_t piece_ = 64 * std::size_t{1024};
  bool unreadable_ = false;
};

}  // namespace postern::relay
