// The frame in which a message lies in the drop directory: what the shim gives to postern-drop, and what the daemon
// picks up.
//
//   postern-drop 1 0000000123 0000012345      sizes of the two parts that follow, ten digits each
//   MAIL FROM:<me@example.net> SIZE=... XSUBMISSION=...
//   RCPT TO:<bob@example.com>                 one line or more
//   DATA
//   Subject: hi                               the message, not dot-stuffed; as a rule with LF line ends
//   ...
//   end 1a2b3c4d                              CRC-32 (ISO 3309) of all before this line
//
// The commands are those of the submit socket, so that one parser judges both ways in. Sizes and checksum show whether
// the frame is whole; the text is mended as that of the socket is. Pure: no I/O.
#pragma once

#include "base/result.h"
#include "mail/envelope.h"
#include "mail/text_mender.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::smtp {

// The same limits stand in postern_drop.c, which shares no code with anything.
inline constexpr std::uint64_t kDropMessage = 50ULL << 20U;
inline constexpr std::size_t kDropCommands = 2 * mail::kLongestEnvelope;
inline constexpr std::size_t kDropRecipients = mail::kLongestEnvelope / mail::kLeastRecipient;
/// No whole frame is larger.
inline constexpr std::uint64_t kDropFrame = kDropMessage + kDropCommands + 64;

/// What stands before and behind the message.
struct DropFrame {
  std::string head;
  std::string tail;
};

/// `commands`: each line with its LF, DATA the last.
[[nodiscard]] DropFrame drop_frame(std::string_view commands, std::string_view message);

/// Reads a frame in pieces of any size.
class DropFrameReader {
 public:
  /// Takes all of `bytes` and appends to `text` what belongs to the message, mended. Failure: invalid (it is no frame,
  /// or too large); the reader is of no further use then.
  Result<void> feed(std::string_view bytes, std::string& text);
  /// The file has ended. Only now is the message known to be whole. Failure: invalid.
  [[nodiscard]] Result<void> finish() const;

  /// MAIL, RCPT... and DATA are known.
  [[nodiscard]] bool has_commands() const { return part_ > Part::commands; }
  [[nodiscard]] const std::vector<std::string>& commands() const { return commands_; }  ///< without LF
  [[nodiscard]] std::uint64_t message_size() const { return message_size_; }            ///< as it is in the frame
  [[nodiscard]] const mail::Mended& mended() const { return mender_.mended(); }

 private:
  enum class Part { head, commands, message, tail, end };

  Result<void> take_head();
  Result<void> take_commands();
  Result<void> take_tail();
  Result<void> end_part(std::string& text);

  Part part_ = Part::head;
  std::string held_;         ///< of a part that is taken as a whole
  std::uint64_t left_ = 37;  ///< bytes of the part that are still to come
  std::uint32_t crc_ = 0;
  std::uint64_t message_size_ = 0;
  mail::TextMender mender_;
  std::vector<std::string> commands_;
};

}  // namespace postern::smtp
