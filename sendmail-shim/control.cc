#include "sendmail-shim/control.h"

#include "base/text.h"
#include "sendmail-shim/channel.h"

namespace postern::shim {
namespace {

Exit refusal(std::string_view line) {
  constexpr std::string_view kError = "error ";
  const std::string_view rest = line.substr(kError.size());
  const std::size_t blank = rest.find(' ');
  const auto code = parse_number(rest.substr(0, blank));
  if (!code || *code == 0 || *code > 255) return Exit{EX_PROTOCOL, "the mail daemon answered: " + printable(line)};
  return Exit{static_cast<int>(*code), printable(blank == std::string_view::npos ? rest : rest.substr(blank + 1))};
}

}  // namespace

Outcome<std::string> ask(Channel& channel, std::string_view word) {
  if (auto exit = channel.write(std::string(word) + "\n")) return std::move(*exit);
  std::string answer;
  while (true) {
    auto bytes = channel.read();
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    answer += *bytes;
  }
  const std::size_t lf = answer.find('\n');
  const std::string_view line = std::string_view(answer).substr(0, lf);
  if (line.starts_with("error ")) return refusal(line);
  if (line != "ok" || lf == std::string::npos) {
    return Exit{EX_TEMPFAIL, answer.empty() ? "the mail daemon closed the connection without an answer"
                                            : "the mail daemon answered: " + printable(line.substr(0, 200))};
  }
  return answer.substr(lf + 1);
}

}  // namespace postern::shim
