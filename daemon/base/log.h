// The log: one line per fact, `id=` first where a message is meant, every foreign byte escaped.
//
//   log(Level::info, "delivered", {{"id", id}, {"to", rcpt}, {"reply", reply_text}});
//   -> info: id=... delivered to=<b@example.net> reply="250 2.0.0 Ok"
//
// Logging never fails and never blocks mail: a write error is ignored. Secret has no conversion to
// text, so it cannot be given as a field.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

enum class Level { debug, info, notice, warning, error };

struct LogField {
  template <class Text>
    requires std::convertible_to<Text, std::string_view>
  LogField(std::string_view key_name, const Text& text) : key(key_name), value(std::string_view(text)) {}
  template <std::integral Number>
    requires(!std::same_as<Number, char>)
  LogField(std::string_view key_name, Number number) : key(key_name), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

/// A finished fact as a sink receives it; the fields are raw, not yet escaped.
struct LogRecord {
  Level level;
  std::string_view event;
  const std::vector<LogField>& fields;
};

using LogSink = std::function<void(const LogRecord&)>;

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
