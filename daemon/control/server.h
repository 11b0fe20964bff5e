// The administrator's socket. A client sends one request line and reads until the end.
//
// Programs that want data send a JSON object: {"command":"queue list","limit":50}; the answer is one JSON object per
// line, each with a "kind" (render.cc lists them), the last of them {"done":true,"exit":0} or
// {"error":"...","exit":64}; "exit" is the exit code for the client (exits.h). The sendmail shim sends a bare
// word, such as `mailq`, behind which words with a TAB before each may follow; the answer is a first line "ok", plain
// text to show and a last line "end EXIT"; or in place of the first or the last line "error EXIT TEXT".
//
// Limits: a request has 64 KiB and 10 seconds to arrive; a client that does not read its answer for a minute is
// left. Answers are made piece by piece, so their length does not matter; what is large in one piece counts against
// what its user may leave unread.
#pragma once

#include "base/clock.h"
#include "base/device_prompt.h"
#include "base/fair_memory.h"
#include "base/refusal_log.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/check.h"
#include "mail/local_names.h"
#include "net/connection.h"
#include "queue/drop_state.h"
#include "queue/queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::control {

/// Shows the prompt; later calls only find out whether somebody is still there. Failure: the client is gone.
using Prompt = std::function<Task<Result<void>>(DevicePrompt)>;

/// Of all answers: bytes that were made and not yet read. The longest one has room in half of it, where nobody else
/// holds much.
inline constexpr MemoryLimits kUnread{
    .all = std::size_t{96} << 20U, .little = std::size_t{256} << 10U, .kept = std::size_t{16} << 20U};

/// A sender on the way to a smarthost.
struct SentAs {
  std::string policy;        ///< keep, account, rewrite
  std::string reverse_path;  ///< of MAIL
  std::string fields;        ///< the top header as it would leave
};

/// What the commands need of the program around them. app fills it in. `site` is always one of sites().
struct Context {
  queue::Queue& queue;
  Clock& clock;
  std::string version;
  WallTime started;
  std::string hostname;
  std::string config_file;
  std::string spool;
  std::function<std::vector<std::string>()> sites;  ///< names, in order
  std::function<Task<mail::CheckReport>(std::string site, mail::CheckOptions options)> check;
  std::function<mail::CheckReport(const std::string& site)> explain;  ///< what check() would try; no connection
  /// As whom a message of this sender with this top header (LF lines) would go to the site.
  std::function<SentAs(const std::string& site, const std::string& sender, const std::string& fields)> sent_as;
  /// Device authorization: calls `prompt`, now and again while it waits; waits for the person, stores the result.
  /// Failure invalid: nothing of the kind is configured for this site; the text says what is missing. After success the
  /// caller checks.
  std::function<Task<Result<void>>(std::string site, Prompt prompt)> login;
  /// Of send-test, aliases applied, and names completed; without a sender it is root's, as cron's mail is.
  std::function<mail::Envelope(const std::string& sender, const std::string& recipient, const net::Peer& peer)>
      test_envelope;
  std::function<std::string(const mail::Envelope&)> test_message;  ///< its text, LF lines

  /// The page of metrics in this format. Failure: invalid (unknown format).
  std::function<Task<Result<std::string>>(std::string format)> metrics{};
  /// Reads the settings file again. Failure: invalid (those of before stay in force; the text says why).
  std::function<Task<Result<void>>()> reload{};
  /// Sentences on what is wrong with the daemon itself: its settings file, addresses where nobody can connect. The file
  /// need not be everybody's to read, so its words are for administrators.
  std::function<std::vector<std::string>(bool administrator)> complaints = [](bool) {
    return std::vector<std::string>();
  };
  /// Reads the file of aliases anew and says what it found, in lines for people. Failure: corrupt; then
  /// the aliases of before stay in force.
  std::function<Task<Result<std::string>>()> new_aliases{};
  /// In force now.
  std::function<mail::LocalNames()> names = [] { return mail::LocalNames(); };

  /// What lies in the drop directory, and what was refused of it. Empty: there is none. Failures: denied, io.
  std::function<Task<Result<queue::DropState>>()> dropped{};

  /// By uid, 0 for all administrators: for the rate limit; the commands' own memory.
  std::map<std::uint32_t, SteadyTime> last_retry_all{};
  /// What clients have not read of their answers, those of administrators apart, and what was refused to whom.
  FairMemory unread{kUnread};
  FairMemory unread_of_administrators{kUnread};
  RefusalLog refusals{};
};

/// uid 0 and the daemon's own.
[[nodiscard]] bool is_administrator(const net::Peer& peer);

/// One client, whose answers count as those of `party`. Administrators may do everything; others see and handle only
/// their own messages.
Task<void> serve(std::unique_ptr<net::Stream> stream, net::Peer peer, std::uint32_t party,
                 std::shared_ptr<Context> context);
/// One client that is told why it is not served.
Task<void> turn_away(std::unique_ptr<net::Stream> stream, Error why);

}  // namespace postern::control
