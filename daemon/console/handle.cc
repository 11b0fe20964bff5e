#include "console/handle.h"

#include "base/clock.h"
#include "base/text.h"
#include "console/preview.h"
#include "console/view.h"
#include "control/exits.h"

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace postern::console {

namespace exits = control::exits;

namespace {

/// "held or in a storm"; empty: they are many.
std::string few_states(std::string_view states) {
  std::string few;
  std::size_t count = 0;
  for (const std::string_view state : split_words(states)) {
    few += (few.empty() ? "" : " or ") + std::string(state == "storm" ? "in a storm" : state);
    ++count;
  }
  return count > 2 ? std::string() : few;
}

}  // namespace

int handle(const Session& session, const HandlingRequest& request) {
  const std::vector<boost::json::object> asked = request.to_json();
  if (!request.asks()) return ask_each(session, asked);
  const auto fits = [&request](const std::string& state) {
    return !request.filter.empty() || request.command->fits(state);
  };
  const Preview preview =
      console::preview(session.socket, request.filter, fits, view_of(STDERR_FILENO, system_clock().wall()));
  if (!preview.ending.error.empty()) {
    std::fputs(error_text(preview.ending.error).c_str(), stderr);
    return preview.ending.exit;
  }
  if (preview.ids.empty()) {
    const std::string states = request.filter.empty() ? few_states(request.command->states) : std::string();
    fmt::print(stderr, "no message is meant by that{}\n", states.empty() ? states : ": none is " + states);
    return exits::kWell;
  }
  const Consent consent =
      preview.ids.size() == 1 ? Consent::given : agree(preview, std::string(request.command->question));
  switch (consent) {
    case Consent::given: return ask_each(session, for_these(asked.front(), preview.ids));
    case Consent::refused: fmt::print(stderr, "nothing was done\n"); return exits::kWell;
    case Consent::nobody_to_ask: break;
  }
  fmt::print(stderr, "{}postern: that is {} messages: say --yes if all of them are meant; nothing was done\n",
             preview.shown, preview.ids.size());
  return exits::kUsage;
}

}  // namespace postern::console
