// What is noted of a message: that it was taken, what an attempt said of it, what became of each of its recipients, or
// that it was refused at a door. A record is texts, one a field; on disk it is a line of them. Pure.
//
// The first line of a file names the fields that its lines have, in their order, so that a later version may have more
// of them and each version reads what the other wrote. What stands in a line is printable (base/text.h), and so holds
// neither the tab between two fields nor the end of the line; times are in UTC and of one width, so that their order is
// that of their texts.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::history {

/// What a record is about, its field `kind`.
enum class Kind {
  accepted,   ///< the message is on stable storage here
  delivered,  ///< a smarthost took it for this recipient
  deferred,   ///< an attempt that said something new, after which these recipients wait on
  failed,     ///< given up for good
  bounced,    ///< an operator gave it up
  deleted,    ///< an operator removed the message, for whoever was still waited for
  corrupt,    ///< its file is damaged: it was set aside, and nobody who was still waited for gets it
  gathered,   ///< it went on in a storm digest, with others like it
  refused,    ///< not taken at a door
  left_out,   ///< a mark, and no result of a search: `count` records of `owner`, or nobody, found no room (shares.h)
};
inline constexpr std::size_t kKindCount = static_cast<std::size_t>(Kind::left_out) + 1;
[[nodiscard]] std::string_view name(Kind kind);
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name);

enum class Field : std::uint8_t {
  at,          ///< when this happened, RFC 3339
  kind,        ///< name(Kind)
  id,          ///< queue id; empty where the message was refused
  uid,         ///< of the local user who handed it in, by whatever door; empty: not known, or a report of ours
  owner,       ///< whose message it is: likewise, but nobody's where it came by TCP
  accepted,    ///< when it was taken; of a mark, when the first came of which it tells
  size,        ///< bytes, as SIZE of SMTP counts them
  client,      ///< of `accepted` and `refused`: who handed it in, "uid 1000 pid 4242", an address and port
  from,        ///< "<>" is the null sender; empty: not known
  to,          ///< the recipients that this is about, as a Row
  original,    ///< whom the sender named in place of each, as a Row of as many; empty: the same
  count,       ///< how many they are, where that is not one
  subject,     ///< decoded; empty if it is switched off
  message_id,  ///< with its brackets
  site,        ///< the smarthost's name in the settings
  host,        ///< its name, address and port
  remote_id,   ///< under which the smarthost has the message, as far as its words tell
  attempts,    ///< which attempt this was, as far as that is known and not the first
  digest,      ///< of `gathered`: the queue id of the storm digest
  reply,       ///< its words with their codes, or ours
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::reply) + 1;

[[nodiscard]] std::string_view name(Field field);

struct Record {
  std::array<std::string, kFields> texts;

  std::string& operator[](Field field) { return texts[static_cast<std::size_t>(field)]; }
  const std::string& operator[](Field field) const { return texts[static_cast<std::size_t>(field)]; }
  friend bool operator==(const Record&, const Record&) = default;
};

/// A line is at most so long: of a field that is longer the front stays.
inline constexpr std::size_t kLongestLine = 8192;

/// Texts in one field: with a blank between two, blanks inside of them escaped, "-" for an empty one.
class Row {
 public:
  /// No more of them than have room in this field, each as a whole; false: this one had none.
  explicit Row(Field field);
  bool add(std::string_view text);
  [[nodiscard]] bool has_room(std::string_view text) const;
  /// Empty where all of them are.
  [[nodiscard]] std::string text() const { return any_ ? text_ : std::string(); }

 private:
  std::size_t longest_;
  std::string text_;
  bool any_ = false;
};
/// As they were added, printable.
[[nodiscard]] std::vector<std::string> texts_in_row(std::string_view row);
/// What is to be looked for in a row: a printable text as it stands there.
[[nodiscard]] std::string with_escaped_blanks(std::string_view text);

/// With its LF.
[[nodiscard]] std::string line_of(const Record& record);
/// The first line of a file, with its LF.
[[nodiscard]] std::string first_line();

/// The fields of a line, without copies; valid as long as the line.
struct View {
  std::array<std::string_view, kFields> texts;

  std::string_view operator[](Field field) const { return texts[static_cast<std::size_t>(field)]; }
  [[nodiscard]] static View of(const Record& record);
  [[nodiscard]] Record record() const;
};

/// Of a mark (Kind::left_out): when the first record came that it tells of.
[[nodiscard]] std::string_view first_left_out(const View& mark);

/// Reads the lines of one file.
class LineReader {
 public:
  /// Nothing: these are no records, or of a version that cannot be read.
  [[nodiscard]] static std::optional<LineReader> of(std::string_view first_line);
  /// Each field of the first version is there, as in the files of all versions: no name of one is damaged.
  [[nodiscard]] bool has_all() const;
  /// A line without its LF. Nothing: it is torn, or none of ours.
  [[nodiscard]] std::optional<View> read(std::string_view line) const;

 private:
  std::vector<std::optional<Field>> columns_;  ///< nothing: a field that this version does not know
};

}  // namespace postern::history
