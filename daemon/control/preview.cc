#include "control/preview.h"

#include "control/fields.h"
#include "control/render.h"
#include "control/verdict.h"

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <iostream>

namespace postern::control {
namespace {

constexpr std::size_t kShown = 10;

}  // namespace

Preview preview(const std::string& socket, const boost::json::object& filter, WallTime now) {
  Preview result;
  Renderer renderer("queue list", now);
  Exchange exchange;
  exchange.socket = socket;
  exchange.request["command"] = "queue list";
  exchange.request["filter"] = filter;
  exchange.on_line = [&](const boost::json::object& line) {
    if (text_in(line, "kind") != "entry") return;
    if (++result.count <= kShown) result.shown += renderer.line(line);
    result.last = text_in(line, "id");
  };
  exchange.on_wait = [](Seconds) {};
  result.ending = talk(exchange);
  if (result.count > kShown) result.shown += fmt::format("... and {} more\n", result.count - kShown);
  return result;
}

Consent ask(const Preview& preview, const std::string& what) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return Consent::nobody_to_ask;
  const std::string question = fmt::format("{}{} {}? [y/N] ", preview.shown, what, messages(preview.count));
  std::fputs(question.c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" ? Consent::given : Consent::refused;
}

}  // namespace postern::control
