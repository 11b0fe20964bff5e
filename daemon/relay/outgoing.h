// The text of one message as one server is to get it: the only place between the stored message and the wire where
// anything in it changes. What the account may send as (relay/sender_policy), what header fields and bodies must look
// like (mail/outgoing_fields, mail/text_rewriter) is decided elsewhere; here is decided whether any of it has work to
// do. Where none has, which is the usual case, the pieces of the stored message pass as they are, and nothing is read
// or copied for it.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "credentials/blocking.h"
#include "mail/message.h"
#include "mail/text_plan.h"
#include "mail/text_rewriter.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// What is known before a byte of the text was read.
enum class TextWork {
  none,    ///< it goes as it is
  fields,  ///< the header alone is edited
  survey,  ///< only reading all of it tells
};
[[nodiscard]] TextWork text_work(const mail::Envelope& envelope, bool edits);

class Outgoing final : public mail::Message {
 public:
  struct Terms {
    mail::TextRules rules;          ///< what the server takes in this transaction
    mail::EditFields edit;          ///< empty: the sender may stay
    credentials::Blocking threads;  ///< where large messages are worked on; empty: the event loop
  };
  /// The stored message outlives this one.
  Outgoing(mail::Message& stored, Terms terms);

  /// Finds out what is to do; to be called before anything else. Reads the message where it must. Failures: io,
  /// corrupt.
  Task<Result<void>> prepare();

  /// The text is another one than the stored: its size is not known.
  [[nodiscard]] bool changes() const { return work_ != nullptr; }
  /// As sent it has octets that ASCII has not.
  [[nodiscard]] bool eight_bit() const { return plan_.eight_bit_left; }
  /// What a strict server may dislike and could not be mended, in words for the log.
  [[nodiscard]] const std::vector<std::string>& doubts() const { return plan_.doubts; }

  [[nodiscard]] const mail::Envelope& envelope() const override { return stored_.envelope(); }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return stored_.pending(); }
  Task<Result<std::string_view>> read() override;
  void rewind() override;

 private:
  struct Work;
  Task<Result<mail::TextPlan>> survey();
  Task<Result<std::string>> rewrite(std::string_view piece);
  [[nodiscard]] bool elsewhere() const;

  mail::Message& stored_;
  Terms terms_;
  mail::TextPlan plan_;
  std::shared_ptr<Work> work_;  ///< null: nothing to do. Jobs on other threads may outlive the message
  std::string piece_;
  bool ended_ = false;
};

}  // namespace postern::relay
