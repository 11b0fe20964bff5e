#include "console/preview.h"

#include "console/fields.h"
#include "console/render.h"
#include "console/requests.h"
#include "control/members.h"
#include "mail/list_text.h"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <unistd.h>
#include <cstdio>
#include <iostream>

namespace postern::console {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::size_t kIdsInARequest = 2000;

}  // namespace

Preview preview(const std::string& socket, const boost::json::object& filter,
                const std::function<bool(const std::string& state)>& fits, const View& view) {
  Preview result;
  Renderer renderer("queue list", view);
  Exchange exchange;
  exchange.socket = socket;
  exchange.request = plain_request("queue list");
  exchange.request[control::members::kFilter] = filter;
  exchange.on_line = [&](const boost::json::object& line) {
    if (text_in(line, "kind") != "entry" || !fits(text_in(line, "state"))) return;
    result.ids.push_back(text_in(line, "id"));
    if (result.ids.size() <= kShown) result.shown += renderer.line(line);
  };
  exchange.on_wait = [](Seconds) {};
  result.ending = talk(exchange);
  if (result.ids.size() > kShown) result.shown += fmt::format("... and {} more\n", result.ids.size() - kShown);
  return result;
}

std::vector<boost::json::object> for_these(const boost::json::object& request, const std::vector<std::string>& ids) {
  std::vector<boost::json::object> requests;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % kIdsInARequest == 0) requests.emplace_back(request)[control::members::kIds] = boost::json::array();
    requests.back().at(control::members::kIds).as_array().emplace_back(ids[i]);
  }
  return requests;
}

Consent agree(const Preview& preview, const std::string& what) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return Consent::nobody_to_ask;
  const std::string question = fmt::format("{}{} {}? [y/N] ", preview.shown, what, mail::messages(preview.ids.size()));
  std::fputs(question.c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" ? Consent::given : Consent::refused;
}

}  // namespace postern::console
