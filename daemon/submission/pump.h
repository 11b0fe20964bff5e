// Private to submission/: one session. Moves bytes between a Stream, smtp::Dialogue and an Acceptor and holds no
// opinion of its own about SMTP. Replies are gathered and written when the client's bytes run out (RFC 2920 3.2).
#pragma once

#include "net/connection.h"
#include "net/stream.h"
#include "queue/queue.h"
#include "smtp/dialogue.h"
#include "submission/acceptor.h"
#include "submission/refusal_log.h"
#include "submission/sessions.h"
#include "submission/submission_memory.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::submission {

class Pump {
 public:
  /// `memory` may be null. The references outlive the pump; `refusals` is shared by all sessions.
  Pump(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<const Config> config, queue::Queue& queue,
       Clock& clock, SubmissionMemory* memory, RefusalLog& refusals);

  Task<void> run();
  /// From another task. Says 421 with this text if the client is waited for, and ends the session.
  Task<void> dismiss(std::string text);
  /// The session ends by itself after the message under way, or now if there is none.
  void end_soon() { ending_ = true; }
  void cut_off() { stream_->cancel(); }

  [[nodiscard]] bool in_message() const { return phase_ != Phase::commands; }
  /// What to tell a client that has been silent for too long or is here for too long; empty if that is not so.
  [[nodiscard]] std::string_view overdue() const;
  [[nodiscard]] const net::Peer& peer() const { return peer_; }

 private:
  enum class Phase { commands, message, storing };

  Task<bool> converse();
  Task<bool> take_message();
  Task<bool> fill();
  Task<bool> flush();
  std::optional<std::string_view> next_line();
  [[nodiscard]] std::string_view unread() const;
  void react(const smtp::Reaction& reaction);
  void note(const smtp::Reaction::Refused& refused);
  Transaction transaction() const;
  [[nodiscard]] mail::Source source() const;
  [[nodiscard]] bool may_log_refusal();
  void log_loss(const Error& error) const;

  std::unique_ptr<net::Stream> stream_;
  net::Peer peer_;
  std::shared_ptr<const Config> config_;
  queue::Queue& queue_;
  Clock& clock_;
  SubmissionMemory* memory_;
  RefusalLog& refusals_;
  smtp::Dialogue dialogue_;
  smtp::Dialogue::SpaceCheck space_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of what was read and not yet taken
  std::size_t end_ = 0;
  std::string replies_;
  Phase phase_ = Phase::commands;
  bool reading_ = false;
  bool ending_ = false;
  bool dismissed_ = false;  ///< dismiss() is writing the last words
  std::string dismissal_;
  smtp::LineEnd line_end_ = smtp::LineEnd::crlf;  ///< of the command under way
  bool lone_dot_ = false;                         ///< the message under way seems to be ended, and is not
  SteadyTime started_;
  SteadyTime waiting_since_;
};

}  // namespace postern::submission
