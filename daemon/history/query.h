// Which records somebody asks for. Pure.
#pragma once

#include "base/clock.h"
#include "history/record.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace postern::history {

/// What is set must fit. Texts are parts of what is looked for, letters of either case.
struct Query {
  std::set<Kind> kinds{};             ///< empty: all
  std::optional<std::string> from{};  ///< "<>" is the null sender alone
  std::optional<std::string> to{};    ///< of the recipient, or of whom the sender named
  std::optional<std::string> subject{};
  std::optional<std::string> message_id{};  ///< with or without its brackets
  std::optional<std::string> id{};          ///< a queue id, or its beginning
  std::optional<std::string> site{};        ///< the whole name
  std::optional<std::uint32_t> uid{};       ///< whose mail
  std::optional<std::uint32_t> owner{};     ///< who asks, and sees the own mail alone
  std::optional<WallTime> since{};          ///< at this time or later
  std::optional<WallTime> until{};          ///< earlier than this
  /// What is so early need not be looked for in files that have nothing later; it is found where it stands.
  std::optional<WallTime> files_since{};
};

/// A query made ready for very many records.
class Matcher {
 public:
  explicit Matcher(Query query);
  /// Both of the next two.
  [[nodiscard]] bool matches(const View& view) const;
  [[nodiscard]] bool is_in_time(const View& view) const;
  [[nodiscard]] bool matches_but_for_time(const View& view) const;
  /// Whoever asks may know of it.
  [[nodiscard]] bool may_see(const View& view) const;
  /// Of a mark (Kind::left_out): what is asked for may be among what it tells of.
  [[nodiscard]] bool may_lack(const View& view) const;
  [[nodiscard]] static bool is_left_out(std::string_view line);
  /// Of a whole line, before it is taken apart: false means that matches() is false.
  [[nodiscard]] bool may_match(std::string_view line) const;

  [[nodiscard]] const Query& query() const { return query_; }

 private:
  Query query_;
  std::string since_;  ///< as in a record; empty: none
  std::string until_;
  std::string files_since_;
  std::string uid_;
  std::string owner_;
};

}  // namespace postern::history
