// Queue ids. An id is the name of the message's file and what every log line carries: 16 characters
// of a-z and 0-9 without i, l, o and u, the first 10 of them the time of acceptance in microseconds
// (so names sort by age and a start-up scan need not open files), the rest random.
#pragma once

#include "base/clock.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class QueueId {
 public:
  static constexpr std::size_t kLength = 16;
  static constexpr std::size_t kTimeLength = 10;

  QueueId() { text_.fill('0'); }

  /// `random` is used in its low 30 bits.
  [[nodiscard]] static QueueId make(std::chrono::sys_time<std::chrono::microseconds> accepted, std::uint64_t random);
  /// Nothing unless the text is exactly an id; so a parsed id is always a safe file name.
  [[nodiscard]] static std::optional<QueueId> parse(std::string_view text);
  /// The same of what a person gives, who may have it in capitals: from the log in the words of Postfix.
  [[nodiscard]] static std::optional<QueueId> read(std::string_view text);

  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }
  [[nodiscard]] std::string str() const { return std::string(text()); }
  [[nodiscard]] WallTime accepted() const;

  friend auto operator<=>(const QueueId&, const QueueId&) = default;

 private:
  std::array<char, kLength> text_{};
};

}  // namespace postern

template <>
struct std::hash<postern::QueueId> {
  std::size_t operator()(const postern::QueueId& id) const noexcept { return hash<string_view>()(id.text()); }
};
