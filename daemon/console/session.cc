#include "console/session.h"

#include "base/json_text.h"
#include "console/fields.h"
#include "console/render.h"
#include "control/exits.h"
#include "control/members.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <utility>

namespace postern::console {
namespace {

using boost::json::object;
namespace exits = control::exits;

/// The answer on its way to standard output.
class Display {
 public:
  Display(std::string command, bool json)
      : renderer_(std::move(command), view_of(STDOUT_FILENO, system_clock().wall())),
        json_(json),
        terminal_(::isatty(STDERR_FILENO) == 1) {}

  void narrow() { renderer_.narrow(); }

  void line(const object& object) {
    clear_progress();
    const std::string kind = text_in(object, "kind");
    pasting_ = kind == "browser" || (pasting_ && (kind == "waiting" || kind == "notice"));
    const std::string text = renderer_.line(object);
    print(json_ ? to_line(object) : text);
  }

  /// A person is at work on a line of the terminal, until the login is over.
  [[nodiscard]] bool pasting() const { return pasting_; }

  void wait(Seconds waited) {
    if (!terminal_ || pasting_) return;
    const std::string text = fmt::format("\r\033[Kwaiting for {} ... {}s", renderer_.waiting_for(), waited.count());
    std::fputs(text.c_str(), stderr);
    progress_shown_ = true;
  }

  void end() {
    clear_progress();
    if (!json_) print(renderer_.end());
  }

  void clear_progress() {
    if (progress_shown_) std::fputs("\r\033[K", stderr);
    progress_shown_ = false;
  }

 private:
  static void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  Renderer renderer_;
  bool json_;
  bool terminal_;
  bool progress_shown_ = false;
  bool pasting_ = false;
};

/// What the requests of one command share.
struct Silence {
  std::optional<Ending> ending;  ///< of the first one that posternd did not answer
  bool told = false;
};

/// By posternd, or in its place. Where it was silent once, nobody waits for it again.
Ending answer_to(const Session& session, Exchange& exchange, Display& display, Silence& silence) {
  if (session.patience) exchange.patience = *session.patience;
  if (!silence.ending) {
    Ending ending = talk(exchange);
    if (!ending.unanswered) return ending;
    silence.ending = std::move(ending);
  }
  display.clear_progress();
  if (session.without_daemon) {
    if (std::optional<Ending> own = session.without_daemon(exchange.request, exchange.on_line)) return *std::move(own);
  }
  silence.told = true;
  return *silence.ending;
}

int ask(const Session& session, const object& request, const std::function<void(const object&)>& also,
        Silence& silence) {
  Display display(std::string(request.at(control::members::kCommand).as_string()), session.json);
  if (request.contains(control::members::kFilter) || request.contains(control::members::kAfter)) display.narrow();
  Exchange exchange;
  exchange.socket = session.socket;
  exchange.request = request;
  exchange.on_line = [&display, &also](const object& line) {
    display.line(line);
    if (also) also(line);
  };
  exchange.pasting = [&display] { return display.pasting(); };
  exchange.on_trouble = [](const std::string& words) { std::fputs((words + "\n").c_str(), stderr); };
  exchange.on_wait = [&display](Seconds waited) { display.wait(waited); };
  const Ending ending = answer_to(session, exchange, display, silence);
  if (ending.error.empty()) {
    display.end();
  } else {
    display.clear_progress();
    std::fputs(error_text(ending.error).c_str(), stderr);
  }
  if (std::ferror(stdout) != 0) return exits::kIo;
  return ending.exit;
}

}  // namespace

int ask(const Session& session, const object& request, const std::function<void(const object&)>& also) {
  Silence silence;
  return ask(session, request, also, silence);
}

int ask_each(const Session& session, const std::vector<object>& requests) {
  int worst = exits::kWell;
  Silence silence;
  for (const object& request : requests) {
    const int exit = ask(session, request, nullptr, silence);
    worst = std::max(worst, exit);
    if (silence.told || exit == exits::kUnreachable) break;  // it would be said once for each
  }
  return worst;
}

void show(const Session& session, const object& line) { Display("", session.json).line(line); }

}  // namespace postern::console
