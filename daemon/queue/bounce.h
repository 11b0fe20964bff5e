// Reports to the sender of what could not be delivered, is late or was relayed, as messages for our own queue; and the
// storing of one as a job for the disk pool.
#pragma once

#include "mail/bounce_text.h"
#include "mail/envelope.h"
#include "mail/host_names.h"
#include "queue/decide.h"
#include "queue/queue_options.h"
#include "spool/draft.h"
#include "spool/spool.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

struct BounceMail {
  /// Null sender, to `to`; id and accepted are set. The source of a report has the uid of the mail that it tells of
  /// (kNoUid: of no user, or of several), so that it counts for that user also after a restart; a note has none.
  mail::Envelope envelope;
  std::string text;
  std::uint64_t wire_size = 0;
};

/// What every report needs, whatever it tells.
struct ReportContext {
  QueueOptions options;
  mail::HostNames names;
  QueueId id;                   ///< of the report
  std::vector<std::string> to;  ///< where mail for the sender goes; at least one
  WallTime now;
  Milliseconds age{0};                 ///< of the message that it tells of
  std::chrono::minutes utc_offset{0};  ///< of this machine, for the dates that people read
};

/// `original` is the message's text or its first part, `host` who gave the verdicts. At least one finding has a notice.
[[nodiscard]] BounceMail make_bounce(const ReportContext& context, const mail::Envelope& envelope,
                                     std::string_view original, const std::vector<Finding>& findings,
                                     const std::string& host);
/// One report about many messages whose senders have the same mailbox.
[[nodiscard]] BounceMail make_digest(const ReportContext& context, const std::vector<mail::DigestItem>& items);
/// A message of ours that is no report.
[[nodiscard]] BounceMail make_note(const ReportContext& context, std::string text);

/// What is to be told of a message whose log says that something is untold.
[[nodiscard]] std::vector<Finding> untold(const mail::Envelope& envelope, const std::vector<RecipientState>& states,
                                          Author author);
[[nodiscard]] mail::DigestItem digest_item(const mail::Envelope& envelope, std::string_view original,
                                           const std::vector<Finding>& findings);

/// The whole text of a small message, the first piece of a large one. Blocks. Failure: io.
[[nodiscard]] Result<std::string> first_text(spool::Spool& spool, const spool::Stored& stored);
/// On stable storage when this returns well. Blocks. Failures: as Draft::commit().
[[nodiscard]] Result<std::shared_ptr<spool::Draft>> store(spool::Spool& spool, BounceMail mail);

}  // namespace postern::queue
