// `postern send-test`, `login`, `reload` and `metrics`: what is told as it happens.
#include "console/screens.h"

#include "base/text.h"
#include "console/fields.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>

namespace postern::console {
namespace {

std::string transport_text(const boost::json::object& line) {
  std::string text = text_in(line, "host");
  if (const std::string tls = text_in(line, "tls"); !tls.empty()) text += ", " + tls;
  if (const std::string mechanism = text_in(line, "mechanism"); !mechanism.empty()) text += ", AUTH " + mechanism;
  return text;
}

}  // namespace

std::string event(const boost::json::object& line, const View& view) {
  const std::string what = text_in(line, "event");
  if (what == "queued") return "queued as " + text_in(line, "id") + "\n";
  if (what == "attempt") return "an attempt begins\n";
  if (what == "removed") return "the message has left the queue\n";
  const bool trouble = what == "site_trouble";
  const std::string advice = text_in(trouble ? object_in(line, "trouble") : line, "advice");
  std::string text = folded(trouble ? "not sent: " + text_in(object_in(line, "trouble"), "text")
                                    : text_in(line, "recipient") + ": " + status_text(object_in(line, "status")),
                            view.width, "  ");
  if (const std::string transport = transport_text(line); !transport.empty()) {
    text += folded("  through " + transport, view.width, "    ");
  }
  if (!advice.empty()) text += folded("  what to do: " + advice, view.width, "    ");
  return text;
}

std::string device(const boost::json::object& line, const View&) {
  const std::string complete = text_in(line, "complete_url");
  std::string text = fmt::format(
      "To let posternd log in at {}, open this page in any browser, on any device:\n\n    {}\n\nand enter the code\n\n"
      "    {}\n\n",
      text_in(line, "site"), text_in(line, "url"), text_in(line, "code"));
  if (!complete.empty()) text += fmt::format("The page with the code in it: {}\n", complete);
  if (const std::int64_t left = number_in(line, "expires"); left > 0) {
    text += fmt::format("The code is good for {}.\n", to_words(Seconds(left)));
  }
  return text;
}

std::string browser(const boost::json::object& line, const View& view) {
  std::string text = fmt::format("To let posternd log in at {}, open this page in a browser:\n\n    {}\n\n",
                                 text_in(line, "site"), text_in(line, "url"));
  text += folded(
      "If that browser is on this machine, there is no more to do. One on another machine ends at a page that it "
      "cannot open: copy the whole address of that page, paste it into this window and press Enter. It begins with " +
          text_in(line, "redirect"),
      view.width, "");
  if (const std::int64_t left = number_in(line, "expires"); left > 0) {
    text += fmt::format("\nWaiting for up to {}.\n", to_words(Seconds(left)));
  }
  return text;
}

std::string metrics_page(const boost::json::object& line, const View&) { return lines_in(line, "text"); }

std::string notice(const boost::json::object& line, const View& view) {
  return folded(text_in(line, "text"), view.width, "  ");
}

}  // namespace postern::console
