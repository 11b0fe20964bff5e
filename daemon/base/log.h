// The log: one line per fact, `id=` first where a message is meant, every foreign byte escaped.
//
//   log(Level::info, "delivered", {{"id", id}, {"to", rcpt}, {"reply", reply_text}});
//   -> info: id=... delivered to=b@example.net reply="250 2.0.0 Ok"
//
// The words of the event are its kind: what programs look for (POSTERN_EVENT, MESSAGE_ID, see journal.h). What differs
// from one time to the next is a field, and of one name it is a number, a duration or a text in every event. The
// levels: `error` is what somebody must do something about, `warning` what went wrong by itself and may be looked at,
// `notice` what changed, `info` the rest.
//
// Logging never fails and never blocks mail: a write error is ignored. Secret has no conversion to
// text, so it cannot be given as a field.
#pragma once

#include "base/clock.h"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern {

enum class Level { debug, info, notice, warning, error };

struct LogField {
  template <class Text>
    requires std::convertible_to<Text, std::string_view>
  LogField(std::string_view key_name, const Text& text) : key(key_name), value(std::string_view(text)) {}
  template <std::integral Number>
    requires(!std::same_as<Number, char>)
  LogField(std::string_view key_name, Number given)
      : key(key_name), value(std::to_string(given)), number(std::to_string(given)) {}
  LogField(std::string_view key_name, Milliseconds duration);
  /// A list: as one text, and one by one for the journal, which takes a field several times.
  LogField(std::string_view key_name, std::string joined, std::vector<std::string> one_by_one)
      : key(key_name), value(std::move(joined)), each(std::move(one_by_one)) {}
  /// Of what may not be known.
  template <class Given>
  LogField(std::string_view key_name, const std::optional<Given>& given)
      : LogField(given ? LogField(key_name, *given) : LogField(key_name, std::string_view())) {}

  std::string_view key;
  std::string value;     ///< for people: a duration in words
  std::string number{};  ///< for programs, if it is one: decimal; a duration in seconds, "3.214"
  std::vector<std::string> each{};
};

/// A finished fact as a sink receives it; the fields are raw, not yet escaped.
struct LogRecord {
  Level level;
  std::string_view event;
  const std::vector<LogField>& fields;
};

using LogSink = std::function<void(const LogRecord&)>;

/// A field without a value is not known, and left out.
void log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

/// Facts below this level are dropped. Default: info.
void set_log_level(Level level);

/// Where facts go; default: standard error. Returns the sink that was in use.
LogSink set_log_sink(LogSink sink);

/// The line for a person: `id=... event key=value key="two words"`, no newline. Values are escaped
/// by printable() and cut to 512 bytes.
[[nodiscard]] std::string format(const LogRecord& record);

[[nodiscard]] std::string_view name(Level level);

}  // namespace postern
