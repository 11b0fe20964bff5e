// One message on its way in: from the transaction as the client told it, its envelope completed, to a message in the
// queue. Completes the header, adds Received, streams the body. It never stops the pump: a refusal is
// remembered and given at the end of the data, so that the client reads it where it looks for it.
#pragma once

#include "base/refusal_log.h"
#include "mail/envelope.h"
#include "mail/header_completion.h"
#include "mail/long_header.h"
#include "mail/text_mender.h"
#include "queue/queue.h"
#include "queue/recorder.h"
#include "smtp/dialogue.h"
#include "submission/sessions.h"
#include "submission/submission_memory.h"
#include "submission/trace.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::submission {

/// What the dialogue knows at DATA; the source is filled in, and the envelope is complete (envelope_completion.h).
struct Transaction {
  mail::Envelope envelope;
  Protocol protocol = Protocol::esmtp;
  std::string submission_id;  ///< empty: none
  mail::Mended mended;        ///< before the text came here
  std::string unread_sender;  ///< what was given as the sender and is no address, so that another stands for it
  SubmissionRecord::Against against = SubmissionRecord::Against::crash;
  std::string client{};                 ///< for the log; empty: what the source says
  std::optional<std::uint32_t> user{};  ///< whom `senders` binds; nothing: nobody in particular
  /// Counts what cannot be stored, by parties, instead of repeating it in the log. Null: everything is logged.
  RefusalLog* failures = nullptr;
};

class Acceptor {
 public:
  /// `memory` may be null: then no submission id is remembered. All references outlive the acceptor.
  Acceptor(const Config& config, queue::Queue& queue, const Clock& clock, SubmissionMemory* memory,
           Transaction transaction);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Disk text as the decoder gives it. Does nothing once the message is refused.
  Task<void> take(std::string_view text);
  /// What the decoder mended so far, for the log.
  void note_mended(const mail::Mended& mended) { decoded_ = mended; }
  /// The first refusal counts. What was stored so far is given up at once.
  void refuse(smtp::Refusal refusal);
  [[nodiscard]] const std::optional<smtp::Refusal>& refusal() const { return refusal_; }
  /// Once it is refused: what is told of the message.
  [[nodiscard]] const queue::AtDoor& refused() const { return refused_; }
  /// Bytes of memory, about, that the message takes now: its envelope, and what of its text is not on the disk yet.
  [[nodiscard]] std::size_t held() const;

  struct Outcome {
    QueueId id;                            ///< on stable storage, unless refused
    std::optional<smtp::Refusal> refusal;  ///< nothing is stored
  };
  /// The real end of the data has come; `eight_bit`: the client's text has such bytes.
  Task<Outcome> finish(mail::BodyType seen);

 private:
  std::optional<std::size_t> header_end();
  [[nodiscard]] std::size_t header_known() const;
  Task<void> begin(std::size_t header_size);
  Task<void> begin_long();
  Task<void> pass_long(std::string_view text);
  std::string open();
  Task<void> check_sender(const std::string* header);
  Task<void> append(std::string_view text);
  Task<void> commit(mail::BodyType seen);
  bool already_stored();
  void tell_not_stored(const Error& error);
  void tell_whom();
  [[nodiscard]] std::string client() const;

  const Config& config_;
  queue::Queue& queue_;
  const Clock& clock_;
  SubmissionMemory* memory_;
  Transaction transaction_;  ///< once the queue has the message, no more of its envelope than is told of it
  std::size_t recipients_ = 0;
  std::size_t of_recipients_ = 0;  ///< bytes of memory
  std::size_t of_text_ = 0;        ///< bytes of the envelope's text, which the queue makes
  queue::Title title_;             ///< empty while the header is too long to be looked at as a whole
  std::string claimed_;            ///< our key in the memory, while it is ours and not settled
  std::string head_;               ///< the text until the header block is complete
  std::size_t header_begin_ = 0;   ///< behind lines of a mailbox file
  std::size_t scanned_ = 0;
  std::unique_ptr<queue::Intake> intake_;  ///< from the end of the header block on, or from where it is too long
  mail::Completion completion_;
  std::unique_ptr<mail::LongHeader> long_;  ///< while a header passes that is too long to be held
  mail::Mended decoded_;
  std::uint64_t wire_size_ = 0;
  bool eight_bit_header_ = false;
  QueueId id_;
  std::optional<smtp::Refusal> refusal_;
  queue::AtDoor refused_;
};

}  // namespace postern::submission
