#include "console/watching.h"

#include "base/json_text.h"
#include "console/client.h"
#include "console/render.h"
#include "console/view.h"
#include "control/exits.h"
#include "control/members.h"

#include <unistd.h>
#include <cstdio>
#include <string>
#include <thread>

namespace postern::console {
namespace {

bool put_out(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

}  // namespace

int watch(const Session& session, const boost::json::object& request, Seconds pause) {
  const bool json = session.json;
  const bool terminal = !json && ::isatty(STDOUT_FILENO) == 1;
  const std::string command(request.at(control::members::kCommand).as_string());
  if (terminal && !put_out("\033[2J")) return control::exits::kIo;
  while (true) {
    const View view = terminal ? view_of(STDOUT_FILENO, system_clock().wall()) : View{system_clock().wall()};
    Renderer renderer(command, view);
    std::string text;
    Exchange exchange;
    exchange.socket = session.socket;
    exchange.request = request;
    exchange.on_line = [&](const boost::json::object& line) { text += json ? to_line(line) : renderer.line(line); };
    exchange.on_wait = [](Seconds) {};
    const Ending ending = talk(exchange);
    const std::string problem = ending.error.empty() ? "" : folded("postern: " + ending.error, view.width, "  ");
    if (json) {
      std::fputs(problem.c_str(), stderr);
    } else {
      text += problem + (terminal ? "" : "\n");
      if (terminal) text = in_place(text, view);
    }
    if (!put_out(text)) return control::exits::kIo;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace postern::console
