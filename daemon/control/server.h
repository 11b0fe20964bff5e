// The administrator's socket. A client sends one request line and reads until the end.
//
// Programs that want data send a JSON object: {"command":"queue list","limit":50} (members.h); the answer is one JSON
// object per line, each with a "kind" (console/render.cc lists them), the last of them {"done":true,"exit":0} or
// {"error":"...","exit":64}; "exit" is the exit code for the client (exits.h). The sendmail shim sends a bare
// word, such as `mailq`, behind which words with a TAB before each may follow; the answer is a first line "ok", plain
// text to show and a last line "end EXIT"; or in place of the first or the last line "error EXIT TEXT".
//
// While a login waits for what a person copies out of a browser (kind "browser"), its client may send lines
// {"pasted":"..."}; nobody else's are read.
//
// Limits: a request has 64 KiB and 10 seconds to arrive; a client that does not read its answer for a minute is
// left. Answers are made piece by piece, so their length does not matter; what is large in one piece counts against
// what its user may leave unread.
#pragma once

#include "base/clock.h"
#include "base/fair_memory.h"
#include "base/refusal_log.h"
#include "base/result.h"
#include "base/task.h"
#include "control/smarthosts.h"
#include "mail/local_names.h"
#include "net/connection.h"
#include "queue/drop_state.h"
#include "queue/queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::history {
class Answers;
}

namespace postern::control {

/// Of all answers: bytes that were made and not yet read. The longest one has room in half of it, where nobody else
/// holds much.
inline constexpr MemoryLimits kUnread{
    .all = std::size_t{96} << 20U, .little = std::size_t{256} << 10U, .kept = std::size_t{16} << 20U};

/// What there is to say of a settings file that is in force now, in sentences.
struct Reloaded {
  std::vector<std::string> warnings;
  std::vector<std::string> after_restart;  ///< what of it is in force only after a restart
};

/// What the commands need of the program around them. app fills it in.
struct Context {
  queue::Queue& queue;
  Smarthosts& smarthosts;
  Clock& clock;
  std::string version;
  WallTime started;
  std::string hostname;
  std::string config_file;
  std::string spool;
  /// Of send-test, aliases applied, and names completed; without a sender it is root's, as cron's mail is.
  std::function<mail::Envelope(const std::string& sender, const std::string& recipient, const net::Peer& peer)>
      test_envelope;
  std::function<std::string(const mail::Envelope&)> test_message;  ///< its text, LF lines

  /// The page of metrics in this format. Failure: invalid (unknown format).
  std::function<Task<Result<std::string>>(std::string format)> metrics{};
  /// Reads the settings file again. Failure: invalid (those of before stay in force; the text says why).
  std::function<Task<Result<Reloaded>>()> reload{};
  /// The settings file was wrong at the start and is not mended yet, so that its smarthosts are not known: a sentence
  /// on what is wrong, with the file's words for administrators alone. Empty: that is not so.
  std::function<std::string(bool administrator)> wrong_at_start = [](bool) { return std::string(); };
  /// Sentences on what is wrong with the daemon itself: its settings file, whose words belong to administrators alone,
  /// and addresses where nobody can connect.
  std::function<std::vector<std::string>(queue::Asker asker)> complaints = [](queue::Asker) {
    return std::vector<std::string>();
  };
  /// Reads the file of aliases anew and says what it found, in lines for people. Failure: corrupt; then
  /// the aliases of before stay in force.
  std::function<Task<Result<std::string>>()> new_aliases{};
  /// Why the rows of `senders` refuse this mail when it is handed in by the user of its source, with this header (LF
  /// lines); empty: they do not. Failures: what the name service says.
  std::function<Task<Result<std::string>>(mail::Envelope envelope, std::string header)> refused_by_senders{};
  /// What became of messages; null: nothing is known. Outlives the context.
  const history::Answers* history = nullptr;
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
