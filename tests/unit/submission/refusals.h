// Whoever hears of what is refused at a door.
#pragma once

#include "queue/recorder.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::submission {

/// "<sender> -> first recipient, of how many: reply"
struct Refusals final : queue::Recorder {
  void accepted(const mail::Envelope&, const queue::Title&, std::string_view) override {}
  void refused(const queue::AtDoor& message, std::string_view reply) override {
    std::string line = message.has_sender ? "<" + message.sender + ">" : "?";
    if (message.count > 0) {
      line += " -> " + message.recipients.front().address;
      if (message.count > 1) line += " and " + std::to_string(message.count - 1) + " more";
    }
    lines.push_back(line + ": " + std::string(reply.substr(0, 9)));
    last = message;
  }
  void answered(const queue::Answered&) override {}
  void deleted(const QueueId&, const mail::Envelope&, const std::vector<queue::RecipientState>&,
               const queue::Title&) override {}
  void gathered(const mail::Envelope&, const queue::Title&, const QueueId&) override {}
  std::vector<std::string> lines;
  queue::AtDoor last;
};

}  // namespace postern::submission
