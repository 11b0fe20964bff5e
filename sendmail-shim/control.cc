#include "sendmail-shim/control.h"

#include "base/text.h"
#include "sendmail-shim/channel.h"

#include <optional>

namespace postern::shim {
namespace {

constexpr std::string_view kError = "error ";
constexpr std::string_view kEnd = "end ";

/// "error EXIT TEXT" or "end EXIT"; nothing: neither.
std::optional<Exit> ending(std::string_view line) {
  const bool error = line.starts_with(kError);
  if (!error && !line.starts_with(kEnd)) return std::nullopt;
  const std::string_view rest = line.substr(error ? kError.size() : kEnd.size());
  const std::size_t blank = rest.find(' ');
  const auto code = parse_number(rest.substr(0, blank));
  const bool good = code && *code <= 255 && (error ? *code > 0 : blank == std::string_view::npos);
  if (!good) return Exit{EX_PROTOCOL, "the mail daemon answered: " + printable(line.substr(0, 200))};
  if (!error) return Exit{static_cast<int>(*code), ""};
  return Exit{static_cast<int>(*code), printable(blank == std::string_view::npos ? rest : rest.substr(blank + 1))};
}

/// Keeps the last line back, because only the end of the connection shows that it is the last.
class Text {
 public:
  explicit Text(const Print& print) : print_(print) {}

  /// False: it cannot be printed.
  bool feed(std::string_view bytes) {
    held_ += bytes;
    const std::size_t last = held_.rfind('\n');
    if (last == std::string::npos || last == 0) return true;
    const std::size_t before = held_.rfind('\n', last - 1);
    if (before == std::string::npos) return true;
    const bool printed = print_(std::string_view(held_).substr(0, before + 1));
    held_.erase(0, before + 1);
    return printed;
  }

  Exit end() {
    if (held_.ends_with('\n')) {
      if (auto exit = ending(std::string_view(held_).substr(0, held_.size() - 1))) return *exit;
    }
    if (!print_(held_)) return unwritten();
    return Exit{EX_TEMPFAIL, "the mail daemon went away before its answer was whole"};
  }

  static Exit unwritten() { return Exit{EX_IOERR, "the answer cannot be written to standard output"}; }

 private:
  const Print& print_;
  std::string held_;
};

Exit without_beginning(std::string_view answer) {
  const std::string_view line = answer.substr(0, answer.find('\n'));
  return Exit{EX_TEMPFAIL, answer.empty() ? "the mail daemon closed the connection without an answer"
                                          : "the mail daemon answered: " + printable(line.substr(0, 200))};
}

}  // namespace

Exit ask(Channel& channel, std::string_view request, const Print& print) {
  if (auto exit = channel.write(std::string(request) + "\n")) return std::move(*exit);
  constexpr std::string_view kBegin = "ok\n";
  std::string front;  // until its first line is whole
  Text text(print);
  bool begun = false;
  while (true) {
    auto bytes = channel.read();
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    std::string_view piece = *bytes;
    if (!begun) {
      front += piece;
      const std::size_t end = front.find('\n');
      if (end == std::string::npos) continue;
      const std::string_view line = std::string_view(front).substr(0, end);
      if (line.starts_with(kError)) return *ending(line);
      if (!front.starts_with(kBegin)) return without_beginning(front);
      begun = true;
      piece = std::string_view(front).substr(kBegin.size());
    }
    if (!text.feed(piece)) return Text::unwritten();
  }
  return begun ? text.end() : without_beginning(front);
}

}  // namespace postern::shim
