// A storm digest on its way into the queue, and its originals out of it, as jobs for the disk pool. It is announced,
// stored, and only then they are removed (spool/gathering.cc): after a crash at any moment each original is either
// still there or in the digest, and the digest is not tried before that is so.
#pragma once

#include "base/result.h"
#include "mail/envelope.h"
#include "queue/storm_text.h"
#include "queue/title.h"
#include "spool/draft.h"
#include "spool/spool.h"

#include <memory>
#include <vector>

namespace postern::queue {

struct StoredStorm {
  std::shared_ptr<spool::Draft> digest;  ///< null: fewer than two of them could be read, or it is too large
  bool too_large = false;                ///< see StormDigest::most
  Title title;                           ///< of the digest
  struct Original {
    mail::Envelope envelope;
    Title title;
  };
  std::vector<Original> originals;  ///< that are in it
};

/// Reads the messages and stores their digest. It has the envelope of the first that can be read: whoever sent them
/// sent it, and hears of it when it cannot be delivered. Those that cannot be read are not in it. Blocks. Failures: as
/// Spool::announce_gathering() and Draft::commit(); then nothing of the digest stays.
[[nodiscard]] Result<StoredStorm> store_storm(spool::Spool& spool, const std::vector<QueueId>& ids,
                                              const StormDigest& digest);

/// Removes the originals; the digest may be tried from then on. Blocks. Failures: as Spool::end_gathering().
[[nodiscard]] Result<spool::Changed> remove_originals(spool::Spool& spool, const StoredStorm& stored);

}  // namespace postern::queue
