#include "control/watching.h"

#include "control/exits.h"
#include "control/render.h"
#include "control/values.h"

#include <unistd.h>
#include <cstdio>
#include <thread>

namespace postern::control {
namespace {

// Home, then the text with each line's rest wiped, then what is below it: no flicker, as a whole clear would make.
std::string in_place(const std::string& text) {
  std::string drawn = "\033[H";
  for (const char c : text) {
    if (c == '\n') drawn += "\033[K";
    drawn += c;
  }
  return drawn + "\033[J";
}

bool show(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

}  // namespace

int watch(const std::string& socket, const boost::json::object& request, Seconds pause, bool json) {
  const bool terminal = !json && ::isatty(STDOUT_FILENO) == 1;
  const std::string command(request.at("command").as_string());
  if (terminal && !show("\033[2J")) return exits::kIo;
  while (true) {
    Renderer renderer(command, system_clock().wall());
    std::string text;
    Exchange exchange;
    exchange.socket = socket;
    exchange.request = request;
    exchange.on_line = [&](const boost::json::object& line) { text += json ? to_line(line) : renderer.line(line); };
    exchange.on_wait = [](Seconds) {};
    const Ending ending = talk(exchange);
    const std::string problem = ending.error.empty() ? "" : "postern: " + ending.error + "\n";
    if (json) {
      std::fputs(problem.c_str(), stderr);
    } else {
      text += problem + (terminal ? "" : "\n");
      if (terminal) text = in_place(text);
    }
    if (!show(text)) return exits::kIo;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace postern::control
