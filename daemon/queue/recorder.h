// What becomes of each message, told while it happens to whoever keeps a record of it. Called on the event loop, where
// nobody may wait for long; what is referred to lives for the call alone.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/envelope.h"
#include "mail/report.h"
#include "queue/decide.h"
#include "queue/stored_message.h"
#include "queue/title.h"
#include "spool/spool.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// A message at a door, as far as it is known there.
struct AtDoor {
  mail::Source source;
  std::string client;  ///< mail::client_text(), or what more is known
  bool has_sender = true;
  std::string sender;
  std::vector<mail::Recipient> recipients;  ///< the first ones ...
  std::size_t count = 0;                    ///< ... of so many
  std::uint64_t size = 0;                   ///< bytes, 0: not known
  Title title;
};

/// A transaction at a site has ended, or what follows is said of the message without one.
struct Answered {
  const StoredMessage& message;
  const mail::DeliveryReport& report;
  const std::string& site;                ///< empty: an operator gave the message up
  const std::vector<std::size_t>& tried;  ///< numbers of states; those without a finding have no answer
  const std::vector<Finding>& findings;
  bool held = false;  ///< no attempt was made
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  /// It is on stable storage. `why`: of what is our own "report", "digest" or the like, else empty.
  virtual void accepted(const mail::Envelope& envelope, const Title& title, std::string_view why) = 0;
  /// Nothing of it is stored; `reply`: what the client was told.
  virtual void refused(const AtDoor& message, std::string_view reply) = 0;
  virtual void answered(const Answered& attempt) = 0;
  /// An operator removed the message; what could not be read of it is empty.
  virtual void deleted(const QueueId& id, const mail::Envelope& envelope, const std::vector<RecipientState>& states,
                       const Title& title) = 0;
  /// The message is damaged and not delivered, for the reason `why`; likewise.
  virtual void damaged(const QueueId&, const mail::Envelope&, const std::vector<RecipientState>&, const Title&,
                       std::string_view /*why*/) {}
  /// Its file is gone, and none of ours removed it. Of the envelope the source alone is known, or nothing.
  virtual void vanished(const QueueId&, const mail::Envelope&) {}
  /// The message is in this storm digest, which is stored, and nowhere else from now on.
  virtual void gathered(const mail::Envelope& original, const Title& title, const QueueId& digest) = 0;
  /// The queue has the message no longer, for whatever reason: it ended, was put aside, is on hold until it is
  /// released, or its file has gone.
  virtual void left(const QueueId&) {}
};

}  // namespace postern::queue
