// The commands that do something with messages, as both ends of the control socket know them: one row each, values
// alone. A new one is a row here, a function and a row in handling.cc, a function of queue::Queue if it does something
// new, and a line in postern.8; `postern` has it by its row.
#pragma once

#include <array>
#include <string_view>

namespace postern::control {

struct QueueCommand {
  std::string_view command;   ///< "queue hold"
  std::string_view kind;      ///< of the answer's line: "held"
  std::string_view done;      ///< of a message: "put on hold"
  std::string_view question;  ///< before more than one is handled: "Hold", and how many
  std::string_view help;
  std::string_view states;      ///< that it can be done in, between blanks; "all" means these
  bool administrators = false;  ///< for them alone
  bool target = false;          ///< "to" or "any" (members.h) must be said
  bool harmless = false;        ///< all are taken without a question
  bool lasting = false;         ///< what it does cannot be undone

  /// "hold"
  [[nodiscard]] constexpr std::string_view name() const { return command.substr(command.rfind(' ') + 1); }

  /// It can be done to a message in this state.
  [[nodiscard]] constexpr bool fits(std::string_view state) const {
    for (std::string_view rest = states; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(' '));
      if (one == state) return true;
      rest.remove_prefix(one.size() < rest.size() ? one.size() + 1 : rest.size());
    }
    return false;
  }
};

inline constexpr std::array kQueueCommands{
    QueueCommand{.command = "queue retry",
                 .kind = "retried",
                 .done = "will be tried now",
                 .question = "Try",
                 .help = "try messages now; `all` in place of ids tries every one",
                 .states = "waiting active storm",
                 .harmless = true},
    QueueCommand{.command = "queue hold",
                 .kind = "held",
                 .done = "put on hold",
                 .question = "Hold",
                 .help = "keep messages from being tried until they are released",
                 .states = "waiting active storm"},
    QueueCommand{.command = "queue release",
                 .kind = "released",
                 .done = "released, will be tried now",
                 .question = "Release",
                 .help = "let go what is on hold or waits for a storm digest, and try it now",
                 .states = "held storm"},
    QueueCommand{.command = "queue delete",
                 .kind = "deleted",
                 .done = "deleted",
                 .question = "Delete",
                 .help = "remove messages for good, without a bounce",
                 .states = "waiting active storm held failed corrupt",
                 .lasting = true},
    QueueCommand{.command = "queue bounce",
                 .kind = "bounced",
                 .done = "returned to the sender",
                 .question = "Give up and return",
                 .help = "give up on messages and tell their senders",
                 .states = "waiting active storm held",
                 .lasting = true},
    QueueCommand{.command = "queue reroute",
                 .kind = "rerouted",
                 .done = "rerouted, will be tried now unless on hold",
                 .question = "Reroute",
                 .help = "send messages by one smarthost, whichever others are well",
                 .states = "waiting active storm held",
                 .administrators = true,
                 .target = true},
};

/// For the tables of others; a command that is not there does not compile.
[[nodiscard]] consteval const QueueCommand* queue_command(std::string_view command) {
  for (const QueueCommand& one : kQueueCommands) {
    if (one.command == command) return &one;
  }
  throw "no such command";
}

}  // namespace postern::control
