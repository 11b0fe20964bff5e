// The queue commands: what became of messages.
#include "console/screens.h"

#include "console/fields.h"
#include "control/queue_commands.h"
#include "mail/list_text.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

constexpr std::string_view kToldLater = "given up; the sender will be told in a digest";
constexpr std::string_view kToldNever = "given up; the sender may not be told of it, and so it is kept in failed/";

}  // namespace

std::string handled(const boost::json::object& line, const control::QueueCommand& command) {
  if (line.contains("id")) {
    const std::string told = text_in(line, "told");
    const std::string_view words = told == "later" ? kToldLater : told == "never" ? kToldNever : command.done;
    return fmt::format("{}: {}\n", text_in(line, "id"), words);
  }
  const auto count_in = [&line](std::string_view key) {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, number_in(line, key)));
  };
  const std::size_t later = count_in("told_later");
  const std::size_t never = count_in("told_never");
  const std::size_t left = count_in("left");
  const std::size_t done = count_in("count");
  const std::size_t plainly = done - std::min(done, later + never);
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view words) {
    text += fmt::format("{}: {}\n", mail::messages(count), words);
  };
  if (plainly > 0 || done + left == 0) add(plainly, command.done);
  if (later > 0) add(later, kToldLater);
  if (never > 0) add(never, kToldNever);
  if (left > 0) add(left, left == 1 ? "left as it was" : "left as they were");
  return text;
}

std::string problem(const boost::json::object& line, const View& view) {
  return folded(fmt::format("{}: {}", text_in(line, "id"), text_in(line, "text")), view.width, "  ");
}

}  // namespace postern::console
