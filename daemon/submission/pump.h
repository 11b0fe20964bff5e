// Private to submission/: one session. Moves bytes between a Stream, smtp::Dialogue and an Acceptor and holds no
// opinion of its own about SMTP. Replies are gathered and written when the client's bytes run out (RFC 2920 3.2).
#pragma once

#include "base/fair_memory.h"
#include "base/refusal_log.h"
#include "net/connection.h"
#include "net/stream.h"
#include "queue/queue.h"
#include "smtp/dialogue.h"
#include "submission/acceptor.h"
#include "submission/policy.h"
#include "submission/sessions.h"
#include "submission/submission_memory.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::submission {

/// Whom the log counts refusals by: "user 1000", or an address without its port.
[[nodiscard]] std::string log_name(const net::Peer& peer, Party party);

/// What all sessions have in common.
struct Commons {
  RefusalLog refusals;
  FairMemory held{kMemory};
  MessageRates rates;
};

class Pump {
 public:
  /// Bytes of memory that any session takes.
  static constexpr std::size_t kLeast = std::size_t{24} * 1024;

  /// `memory` may be null. The references outlive the pump.
  Pump(std::unique_ptr<net::Stream> stream, net::Peer peer, Party party, std::shared_ptr<const Config> config,
       queue::Queue& queue, Clock& clock, SubmissionMemory* memory, Commons& commons);

  Task<void> run();
  /// From another task. Says 421 with this text if the client is waited for, and ends the session.
  Task<void> dismiss(std::string text);
  /// Likewise, if it is overdue now: the client may have gone on since that was found.
  Task<void> dismiss_overdue();
  /// The session ends by itself, with 421 and these words, after the message under way, or now if there is none.
  void end_soon(std::string words);
  void cut_off() { stream_->cancel(); }

  [[nodiscard]] bool in_message() const { return phase_ != Phase::commands; }
  /// What to tell a client that has been silent for too long or is here for too long; empty if that is not so.
  [[nodiscard]] std::string_view overdue() const;
  [[nodiscard]] const net::Peer& peer() const { return peer_; }
  /// As the policy sees it.
  [[nodiscard]] Seat seat() const;
  /// It ends soon, and counts no more.
  [[nodiscard]] bool ending() const { return !farewell_.empty(); }

 private:
  enum class Phase { commands, message, storing };

  Task<bool> converse();
  Task<bool> take_message();
  Task<bool> give_up(const Acceptor& acceptor);
  Task<void> drop_rest();
  Task<bool> completed(mail::Envelope& envelope);
  bool hold(std::size_t of_message);
  [[nodiscard]] std::size_t held_besides() const;
  [[nodiscard]] smtp::DialogueConfig dialogue_config() const;
  std::optional<smtp::Refusal> begin(std::uint64_t declared_size);
  Task<bool> fill(std::size_t wanted);
  void fit_buffer(std::size_t wanted);
  Task<bool> flush();
  std::optional<std::string_view> next_line();
  [[nodiscard]] std::string_view unread() const;
  void react(const smtp::Reaction& reaction, std::string_view command = {});
  void record(std::string_view command, std::string_view reply);
  void record(const queue::AtDoor& message, std::string_view reply);
  void record_dismissal(Acceptor& acceptor);
  [[nodiscard]] std::string last_words() const;
  [[nodiscard]] queue::AtDoor at_door() const;
  void note(const smtp::Reaction::Refused& refused);
  Transaction transaction();
  [[nodiscard]] mail::Source source() const;
  [[nodiscard]] std::string client() const;
  [[nodiscard]] bool may_log_refusal();
  void log_loss(const Error& error);

  std::unique_ptr<net::Stream> stream_;
  net::Peer peer_;
  std::shared_ptr<const Config> config_;
  queue::Queue& queue_;
  Clock& clock_;
  SubmissionMemory* memory_;
  Commons& commons_;
  Party party_;
  FairMemory::Share held_;
  std::vector<char> buffer_;
  bool was_filled_ = false;  ///< the last read left no room in it
  std::string replies_;
  smtp::Dialogue dialogue_;
  smtp::Dialogue::SpaceCheck space_;
  bool told_of_disk_ = false;      ///< the refusal that comes next is for want of space
  bool refused_in_burst_ = false;  ///< something was, of what was read at once
  std::size_t begin_ = 0;          ///< of what was read and not yet taken
  std::size_t end_ = 0;
  Phase phase_ = Phase::commands;
  bool reading_ = false;
  std::string farewell_;    ///< empty: the session goes on
  bool dismissed_ = false;  ///< dismiss() is writing the last words
  std::string dismissal_;
  smtp::LineEnd line_end_ = smtp::LineEnd::crlf;  ///< of the command under way
  bool lone_dot_ = false;                         ///< the message under way seems to be ended, and is not
  SteadyTime started_;
  SteadyTime waiting_since_;
};

}  // namespace postern::submission
