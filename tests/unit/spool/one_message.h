// The one message that the tests of the spool store.
#pragma once

#include "spool/draft.h"
#include "spool/spool.h"

#include <gtest/gtest.h>

#include <utility>

namespace postern::spool {

inline const QueueId kId = *QueueId::parse("0123456789abcdef");

inline void store(Spool& spool) {
  mail::Envelope envelope;
  envelope.id = kId;
  envelope.accepted = kId.accepted();
  envelope.sender = "alice@example.com";
  envelope.recipients.resize(1);
  envelope.recipients[0].address = "bob@example.net";
  Draft draft(spool, std::move(envelope));
  draft.add("Subject: hi\n\nbody\n");
  ASSERT_TRUE(draft.commit(20, mail::BodyType::seven_bit));
}

}  // namespace postern::spool
