// The server side of SMTP as a pure object: a line goes in, a reply comes out. It knows the order of
// commands, the syntax and the limits; it knows no socket, no clock and no disk. The pump around it
// reads lines, asks the queue, and reports what the queue said.
//
//   220 <- greeting();  on_line("EHLO me") -> {"250-...", Next::command}
//   on_line("DATA") -> {"354 ...", Next::data}: feed a DataDecoder until the end, commit, then
//   on_stored(id) or on_refused(...) -> the final reply; the transaction is reset in either case.
#pragma once

#include "base/ids.h"
#include "mail/envelope.h"
#include "smtp/command.h"
#include "smtp/data_codec.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::smtp {

struct DialogueConfig {
  std::string hostname;
  std::uint64_t message_size = 50ULL << 20U;  ///< bytes on the wire, announced as SIZE
  /// More are refused for now, so that the client sends them in a transaction of their own (RFC 5321 4.5.3.1.10). 0: as
  /// many as an envelope may hold (mail::kLongestEnvelope), and more are refused for good: the client cannot split.
  std::size_t recipients = 1000;
  bool submission_id = false;  ///< announce and take our private XSUBMISSION, XUNREAD and XSENDER (unix socket only)

  // Only the practice smarthost sets these. Postern's own listeners offer neither TLS nor AUTH, and take an address in
  // UTF-8 from whoever writes one: callers on this machine know nothing of the parameter that RFC 6531 3.4 asks for,
  // and what the smarthost needs to be told is found in the addresses.
  bool utf8_needs_parameter = false;
  bool starttls = false;
  bool require_auth = false;
  std::vector<std::string> auth;  ///< mechanism names to announce
};

/// What the pump does after it has sent the reply.
enum class Next { command, data, start_tls, auth, close };

struct Reaction {
  std::string reply;  ///< complete, with CR LF; may be several lines
  Next next = Next::command;
  std::string mechanism;                        ///< for Next::auth: its name, upper case
  std::optional<std::string> initial_response;  ///< for Next::auth: base64 as given, "=" for empty
};

class Dialogue {
 public:
  explicit Dialogue(DialogueConfig config);

  [[nodiscard]] std::string greeting() const;
  /// One line without its line end. `space` answers at MAIL whether a message of the declared size (0: unknown)
  /// can be stored now.
  using SpaceCheck = std::function<std::optional<Refusal>(std::uint64_t declared_size)>;
  Reaction on_line(std::string_view line, const SpaceCheck& space = {});
  /// A line longer than limits::kCommandLine: 500 and close.
  Reaction on_line_too_long();

  /// The transaction as it stands at Next::data; addresses are as the client gave them.
  [[nodiscard]] const mail::Envelope& envelope() const { return envelope_; }
  [[nodiscard]] const std::string& helo() const { return helo_; }
  [[nodiscard]] bool extended() const { return extended_; }  ///< EHLO, not HELO
  [[nodiscard]] const std::string& submission_id() const { return submission_id_; }
  [[nodiscard]] const std::string& unread_sender() const { return unread_sender_; }

  Reaction on_stored(const QueueId& id);
  Reaction on_refused(const Refusal& refusal);
  /// The pump's own fault-to-reply: what a DataDecoder found wrong, or too large.
  [[nodiscard]] static Refusal refusal_for(DataDecoder::Fault fault);
  [[nodiscard]] Refusal too_large() const;

  void on_tls();  ///< after a successful STARTTLS or at once under implicit TLS: all state is forgotten (RFC 3207 4.2)
  Reaction on_auth(bool succeeded);              ///< 235 or 535
  [[nodiscard]] Reaction shutting_down() const;  ///< 421

 private:
  friend struct Commands;

  /// Forgets the transaction, whatever stage it is in: the only place that does.
  void reset();
  Reaction limit_misuse(Reaction reaction, unsigned charges);

  DialogueConfig config_;
  mail::Envelope envelope_;
  std::string helo_;
  std::string submission_id_;
  std::string unread_sender_;
  std::size_t envelope_size_ = 0;  ///< what its recipients will take in the spool, at most
  bool extended_ = false;
  bool have_mail_ = false;
  bool secure_ = false;
  bool authenticated_ = false;
  std::size_t bad_commands_ = 0;   // since the last stored message
  std::size_t idle_commands_ = 0;  // the same, well-formed or not, that brought no message nearer
};

}  // namespace postern::smtp
