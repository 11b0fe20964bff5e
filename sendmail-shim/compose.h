// From what a program wrote on standard input to a message and its envelope: pure, no file, no clock, no host.
#pragma once

#include "mail/address.h"
#include "mail/text_mender.h"
#include "sendmail-shim/exit.h"
#include "sendmail-shim/options.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::shim {

inline constexpr std::size_t kMessageBytes = 256UL << 20U;  ///< held in memory; the daemon's own limit is lower

/// Standard input as it comes, in pieces of any size, mended as every text is (mail/text_mender.h): lines end in LF in
/// take(). A lone dot that ends the text is judged on the bytes as they came: "." with LF or CR LF. Refused while
/// reading (EX_DATAERR): a message over kMessageBytes, and nothing else.
class InputReader {
 public:
  explicit InputReader(DotLine dot) : dot_(dot) {}

  /// Nothing: go on. After an Exit the reader is of no further use.
  std::optional<Exit> feed(std::string_view bytes);
  /// End of file: closes an open last line.
  std::optional<Exit> finish();
  /// A lone dot was read; what follows is not looked at.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::string take() { return std::move(text_); }
  [[nodiscard]] const mail::Mended& mended() const { return mender_.mended(); }

 private:
  enum class State { line_start, line, dot, dot_cr };

  void step(std::string_view& bytes);

  DotLine dot_;
  State state_ = State::line_start;
  mail::TextMender mender_;
  std::string text_;
  bool ended_ = false;
};

/// What the composer is told about the world.
struct Surroundings {
  std::string login;      ///< of the calling user
  std::string full_name;  ///< of the calling user; may be empty
  std::string date;       ///< RFC 5322
};

struct Submission {
  std::string sender;                   ///< reverse-path; empty: null; may be bare
  std::vector<std::string> recipients;  ///< valid addresses, may be bare; each mailbox once; at least one
  std::string text;                     ///< LF lines, header completed
  mail::Mended mended{};                ///< while it was read
  std::vector<std::string> unread{};    ///< what was given as a recipient and is no address, printable
  std::size_t more_unread = 0;          ///< so many more were
  std::string unread_sender{};          ///< what was given as the sender and is no address; empty: nothing of the kind
};

/// The recipients in one argument. A TAB in it is a blank, and a line end a comma, as in `sendmail "$(cat list)"`.
/// Beside a colon, quote or bracket a line end is an attack (CVE-2016-10033 and kin), and nobody is in the argument.
[[nodiscard]] mail::AddressList read_argument(std::string_view given);

/// Recipients from the arguments and with -t from the header; lines of a mailbox file before it are dropped, and it is
/// completed by the daemon's own rule (mail/header_completion.h) with what only the caller's side knows: sender, full
/// name and date. Bare addresses and a missing Message-ID are left to the daemon, which has the settings. Ends with
/// EX_USAGE (no recipient was given) or EX_DATAERR (none of what was given is an address): only what nobody can get is
/// refused.
Outcome<Submission> compose(std::string input, const Options& options, const Surroundings& surroundings);

/// What a person is to know of a message that was taken all the same, one line each.
[[nodiscard]] std::vector<std::string> warnings(const Submission& submission);

}  // namespace postern::shim
