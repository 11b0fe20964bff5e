// How the log is written, as the settings say it.
#pragma once

namespace postern {

enum class LogFormat {
  postern,  ///< "id=... delivered to=b@example.net": for people and grep
  postfix,  ///< as Postfix writes it, for the programs that read its log
  json,     ///< one object a line
};

struct LogOptions {
  LogFormat format = LogFormat::postern;

  bool operator==(const LogOptions&) const = default;
};

}  // namespace postern
