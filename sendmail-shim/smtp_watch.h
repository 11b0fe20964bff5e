// What becomes of the messages of one SMTP session, seen by who stands between client and daemon: whether a message was
// begun and not stored when the session ended. A client that writes all it has and reads no answer, such as a shell
// script, learns it from the exit status alone. So does one that speaks no SMTP at all.
#pragma once

#include "sendmail-shim/exit.h"
#include "smtp/data_codec.h"
#include "smtp/reply.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace postern::shim {

class SmtpWatch {
 public:
  /// How many bytes from the front of `bytes` may go to the daemon. What follows a DATA command waits for the answer,
  /// which says whether it is text or commands; call it again then.
  std::size_t client(std::string_view bytes);
  void daemon(std::string_view bytes);

  /// The client has said all it has to say.
  void client_ended() { client_ended_ = true; }
  /// The daemon has still to answer something, the greeting among it.
  [[nodiscard]] bool owed() const { return !asked_.empty(); }
  /// Nobody waits for it any longer.
  void daemon_is_silent() { silent_ = true; }
  /// The connection has ended: EX_OK, perhaps with a warning, or why something that the client wanted is not stored.
  [[nodiscard]] Exit outcome() const;
  [[nodiscard]] bool stored_any() const { return stored_; }

 private:
  enum class Verb { greeting, hello, mail, rcpt, data, text, rset, quit, empty, other };
  enum class Place { commands, data_asked, text };

  static Verb verb_of(std::string_view line);
  static bool begins(Verb verb) { return verb == Verb::mail || verb == Verb::rcpt || verb == Verb::data; }
  std::size_t take_command(std::string_view bytes);
  void answered(Verb verb, const smtp::Reply& reply);
  void refuse(Verb verb, const smtp::Reply& reply);
  void note_stray(const std::string& why);
  void settle();
  [[nodiscard]] std::optional<Exit> unfinished_line() const;

  Place place_ = Place::commands;
  std::deque<Verb> asked_ = {Verb::greeting};  ///< what the daemon has still to answer, in order
  std::string line_;                           ///< the front of a command that is not all there
  smtp::DataDecoder text_;
  smtp::ReplyParser parser_;
  bool begun_ = false;           ///< a message, neither stored nor given up by the client
  bool reachable_ = false;       ///< the daemon took a recipient of it
  bool client_ended_ = false;    ///< or it said QUIT
  bool silent_ = false;          ///< the daemon, which is there
  bool foreign_ = false;         ///< the client speaks another protocol, and the daemon closes
  bool garbled_ = false;         ///< the daemon's answers are no SMTP: nothing is known
  bool stored_ = false;          ///< any message
  std::optional<Exit> refusal_;  ///< that the message met
  Verb refused_ = Verb::other;   ///< what met it
  std::optional<Exit> lost_;     ///< the first message that was refused as a whole
  std::optional<Exit> stray_;    ///< the first line behind the last stored message that is no SMTP
};

}  // namespace postern::shim
