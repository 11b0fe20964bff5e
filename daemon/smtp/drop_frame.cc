#include "smtp/drop_frame.h"

#include "base/text.h"
#include "smtp/limits.h"

#include <algorithm>
#include <array>

namespace postern::smtp {
namespace {

constexpr std::string_view kMagic = "postern-drop 1 ";
constexpr std::size_t kDigits = 10;
constexpr std::size_t kTail = 13;

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
    table.at(i) = value;
  }
  return table;
}
constexpr auto kTable = crc_table();

/// Continues the checksum `crc` (0 at the beginning).
std::uint32_t crc32(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8U);
  return ~crc;
}

std::string tail_of(std::uint32_t crc) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string tail = "end ";
  for (int shift = 28; shift >= 0; shift -= 4) tail += kHex[(crc >> static_cast<unsigned>(shift)) & 15U];
  return tail + "\n";
}

std::string ten_digits(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

Error invalid(const char* text) { return Error{Failure::invalid, text}; }

}  // namespace

DropFrame drop_frame(std::string_view commands, std::string_view message) {
  DropFrame frame;
  frame.head = std::string(kMagic) + ten_digits(commands.size()) + " " + ten_digits(message.size()) + "\n";
  frame.head += commands;
  frame.tail = tail_of(crc32(crc32(0, frame.head), message));
  return frame;
}

Result<void> DropFrameReader::feed(std::string_view bytes, std::string& text) {
  while (!bytes.empty()) {
    if (part_ == Part::end) return invalid("something follows the end of the message");
    const std::string_view taken = bytes.substr(0, left_);
    bytes.remove_prefix(taken.size());
    left_ -= taken.size();
    if (part_ != Part::tail) crc_ = crc32(crc_, taken);
    if (part_ == Part::message) {
      mender_.feed(taken, text);
    } else {
      held_ += taken;
    }
    while (left_ == 0 && part_ != Part::end) {  // a message may have no bytes
      if (auto ended = end_part(text); !ended) return ended;
    }
  }
  return {};
}

Result<void> DropFrameReader::finish() const {
  if (part_ != Part::end) return invalid("the file is cut short");
  return {};
}

Result<void> DropFrameReader::end_part(std::string& text) {
  switch (part_) {
    case Part::head: return take_head();
    case Part::commands: return take_commands();
    case Part::message:
      mender_.finish(text);
      part_ = Part::tail;
      left_ = kTail;
      return {};
    case Part::tail: return take_tail();
    case Part::end: break;
  }
  return {};
}

Result<void> DropFrameReader::take_head() {
  const std::string_view line = held_;
  const auto size = [&](std::size_t at) { return parse_number(line.substr(at, kDigits)); };
  const auto command_bytes = size(kMagic.size());
  const auto message_bytes = size(kMagic.size() + kDigits + 1);
  if (!line.starts_with(kMagic) || !command_bytes || !message_bytes || line[kMagic.size() + kDigits] != ' ' ||
      line.back() != '\n') {
    return invalid("the first line is not \"postern-drop 1\" and two sizes");
  }
  if (*command_bytes == 0 || *command_bytes > kDropCommands) return invalid("the envelope is empty or too large");
  if (*message_bytes > kDropMessage) return invalid("the message is larger than 50 MiB");
  message_size_ = *message_bytes;
  part_ = Part::commands;
  left_ = *command_bytes;
  held_.clear();
  return {};
}

Result<void> DropFrameReader::take_commands() {
  for (std::string_view rest = held_; !rest.empty();) {
    const std::size_t lf = rest.find('\n');
    if (lf == std::string_view::npos) return invalid("a line of the envelope has no end");
    if (lf > limits::kCommandLine) return invalid("a line of the envelope is too long");
    if (commands_.size() == kDropRecipients + 2) return invalid("there are too many recipients");
    commands_.emplace_back(rest.substr(0, lf));
    rest.remove_prefix(lf + 1);
  }
  if (commands_.back() != "DATA") return invalid("the envelope does not end with DATA");
  part_ = Part::message;
  left_ = message_size_;
  held_.clear();
  return {};
}

Result<void> DropFrameReader::take_tail() {
  if (held_ != tail_of(crc_)) return invalid("the checksum is not that of the message");
  part_ = Part::end;
  return {};
}

}  // namespace postern::smtp
