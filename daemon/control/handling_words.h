// The commands for messages as both ends of the control socket know them: one row each. A new one is a row here, a
// function and a row in handling.cc, a function of queue::Queue if it does something new, and a line in postern.8.
#pragma once

#include <array>
#include <string_view>

namespace postern::control {

struct HandlingWords {
  std::string_view command;   ///< "queue hold"
  std::string_view kind;      ///< of the answer's line: "held"
  std::string_view done;      ///< of a message: "put on hold"
  std::string_view question;  ///< before more than one is handled: "Hold", and how many
  std::string_view help;

  /// "hold"
  [[nodiscard]] constexpr std::string_view name() const { return command.substr(command.rfind(' ') + 1); }
};

inline constexpr std::array kHandlingWords{
    HandlingWords{"queue retry", "retried", "will be tried now", "Try",
                  "try messages now; `retry all` tries every one"},
    HandlingWords{"queue hold", "held", "put on hold", "Hold",
                  "keep messages from being tried until they are released"},
    HandlingWords{"queue release", "released", "released, will be tried now", "Release",
                  "let go what is on hold, and try it now"},
    HandlingWords{"queue delete", "deleted", "deleted", "Delete", "remove messages for good, without a bounce"},
    HandlingWords{"queue bounce", "bounced", "returned to the sender", "Give up and return",
                  "give up on messages and tell their senders"},
    HandlingWords{"queue reroute", "rerouted", "rerouted, will be tried now unless on hold", "Reroute",
                  "send messages by one smarthost, whichever others are well"},
};

/// For the tables of others; a command that is not there does not compile.
[[nodiscard]] consteval const HandlingWords* handling_words(std::string_view command) {
  for (const HandlingWords& one : kHandlingWords) {
    if (one.command == command) return &one;
  }
  throw "no such command";
}

}  // namespace postern::control
