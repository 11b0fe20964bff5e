// Hands one message to the daemon: one SMTP transaction on its submit socket. Only the daemon's 250 to the end of data
// is success.
#pragma once

#include "sendmail-shim/compose.h"
#include "sendmail-shim/exit.h"

#include <chrono>
#include <functional>
#include <string>

namespace postern::shim {

class Channel;

struct Delivery {
  std::string helo;           ///< our host's name
  std::string submission_id;  ///< 32 hex digits, fresh for every message
  std::string notify;         ///< NOTIFY= of every recipient (RFC 3461), empty: none
  std::string ret;            ///< RET=
  std::string envid;          ///< ENVID=, raw
  /// Without the parameters that a daemon from before this sendmail does not know and can do without.
  bool for_older_daemon = false;
  /// For a sign of life before the message is sent: nothing is lost by going another way.
  std::chrono::milliseconds patience{10'000};
  /// How long a daemon that turns us away at the greeting is asked again. None: the message goes another way at once.
  std::chrono::milliseconds asking{0};
};

/// How long a daemon that is not there is waited for.
enum class Wait { none, restart };
/// Opens a new connection each time it is called.
using Connect = std::function<Outcome<Channel>(Wait wait)>;

/// What came of handing it in.
struct HandedIn {
  Exit exit;
  /// nobody: no daemon gave an answer that settles it, and the message may go another way with the same submission id.
  enum class By { daemon, nobody };
  By by = By::daemon;
  /// The end of data was sent, and the answer is missing: the message may be stored already.
  bool unknown = false;
};

/// EX_OK with the daemon's last words in `text`, or why not:
/// 4yz, or no connection: EX_TEMPFAIL, and nothing was stored, unless the text says that it is not known. 5yz: by the
/// reply, see exit_code_for(). If some recipients are refused for good, the others get the message and the Exit names
/// the refused; if they are no addresses (5.1.3), which the daemon tells the sender of, it is a warning of EX_OK. A
/// connection that is lost is opened again, twice. If that was after the end of data was sent, the daemon, or the one
/// started after it, recognises the submission id; until one has taken the message nothing that is said of another
/// attempt tells what became of that one.
/// 421 is no verdict on the message: who says it does not serve us, and is nobody. Any other 4yz is one, such as a
/// limit of what a user may have in the queue, and no other way goes around it. A daemon that does not know a parameter
/// of MAIL (555) is older than this program, as between an upgrade and the restart: it is asked again without those
/// that its log alone would show; what a sender has to be told of waits for the restart (EX_TEMPFAIL).
[[nodiscard]] HandedIn submit(const Submission& submission, const Delivery& delivery, const Connect& connect);

/// MAIL, RCPT and DATA for a message, each with `line_end`.
[[nodiscard]] std::string commands(const Submission& submission, const Delivery& delivery, std::string_view line_end);

/// What a refusal means in sysexits.h: 4yz EX_TEMPFAIL; else by enhanced code (RFC 3463), else by reply code.
[[nodiscard]] int exit_code_for(int reply_code, std::string_view enhanced);

}  // namespace postern::shim
