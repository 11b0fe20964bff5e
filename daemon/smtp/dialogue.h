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
  /// Announce and take what our sendmail alone says: XSUBMISSION, XMENDED, XUNREAD, XSENDER and XREFUSED (unix socket
  /// only).
  bool submission_id = false;
  /// Asked before a recipient is taken: whether what is known of the transaction may take so many bytes of memory.
  /// Empty: it may.
  std::function<std::optional<Refusal>(std::size_t bytes)> memory{};

  // Only the practice smarthost sets these. Postern's own listeners offer neither TLS nor AUTH, and take an address in
  // UTF-8 from whoever writes one: callers on this machine know nothing of the parameter that RFC 6531 3.4 asks for,
  // and what the smarthost needs to be told is found in the addresses.
  bool utf8_needs_parameter = false;
  /// Scripts and small devices say MAIL at once, or no name behind HELO. There is nothing that a name would be good
  /// for.
  bool needs_hello = false;
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

  struct Refused {
    int status = 0;     ///< of sysexits.h
    std::string words;  ///< printable
  };
  std::optional<Refused> refused;  ///< sendmail refused a message by itself, for the log
};

class Dialogue {
 public:
  explicit Dialogue(DialogueConfig config);

  [[nodiscard]] std::string greeting() const;
  /// One line without its line end. `space` answers at MAIL whether a message of the declared size (0: unknown)
  /// can be stored now. A request of HTTP or a TLS hello ends the session.
  using SpaceCheck = std::function<std::optional<Refusal>(std::uint64_t declared_size)>;
  Reaction on_line(std::string_view line, const SpaceCheck& space = {});
  /// A line longer than limits::kCommandLine: 500 and close.
  Reaction on_line_too_long();

  /// The transaction as it stands at Next::data; addresses are as the client gave them.
  [[nodiscard]] const mail::Envelope& envelope() const { return envelope_; }
  /// The same, which the dialogue then holds no longer: at Next::data, once.
  [[nodiscard]] mail::Envelope take_envelope();
  /// A transaction is under way.
  [[nodiscard]] bool in_transaction() const { return have_mail_; }
  /// Bytes of memory that its recipients take, about.
  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] const std::string& helo() const { return helo_; }
  [[nodiscard]] bool extended() const { return extended_; }  ///< EHLO, not HELO
  [[nodiscard]] const std::string& submission_id() const { return submission_id_; }
  /// What sendmail mended before it sent the text.
  [[nodiscard]] const mail::Mended& mended() const { return mended_; }
  [[nodiscard]] const std::string& unread_sender() const { return unread_sender_; }

  Reaction on_stored(const QueueId& id);
  Reaction on_refused(const Refusal& refusal);
  /// The refusal of a message whose end does not come, and the end of the session.
  Reaction on_endless(const Refusal& refusal);
  /// The pump's own fault-to-reply: what a DataDecoder found wrong, or too large.
  [[nodiscard]] static Refusal refusal_for(DataDecoder::Fault fault);
  [[nodiscard]] Refusal too_large() const;

  void on_tls();  ///< after a successful STARTTLS or at once under implicit TLS: all state is forgotten (RFC 3207 4.2)
  Reaction on_auth(bool succeeded);                              ///< 235 or 535
  [[nodiscard]] Reaction shutting_down() const;                  ///< 421
  [[nodiscard]] Reaction closing(std::string_view words) const;  ///< 421 with the host's name and these

 private:
  friend struct Commands;

  /// Forgets the transaction, whatever stage it is in: the only place that does.
  void reset();
  Reaction another_protocol(std::string_view name);
  Reaction limit_misuse(Reaction reaction, unsigned charges);

  DialogueConfig config_;
  mail::Envelope envelope_;
  std::string helo_;
  std::string submission_id_;
  mail::Mended mended_;
  std::string unread_sender_;
  std::size_t envelope_size_ = 0;  ///< what its recipients will take in the spool, at most
  std::size_t held_ = 0;
  std::optional<Refusal> short_of_memory_;  ///< a recipient of this transaction was refused for it
  bool extended_ = false;
  bool have_mail_ = false;
  bool secure_ = false;
  bool authenticated_ = false;
  std::size_t bad_commands_ = 0;        // since the last stored message
  std::size_t idle_commands_ = 0;       // the same, well-formed or not, that brought no message nearer
  std::size_t refused_recipients_ = 0;  // the same
};

}  // namespace postern::smtp
