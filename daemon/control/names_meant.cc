#include "control/names_meant.h"

#include "base/nearest.h"
#include "base/text.h"
#include "queue/queue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace postern::control {
namespace {

constexpr std::size_t kShownOfName = 64;

Result<void> check_route(const Call& call, const std::string& word) {
  if (site_named(call, word)) return {};  // that of messages that are rerouted to it
  queue::Route unknown;
  unknown.unknown = true;
  for (const queue::Route& always : {queue::Route(), unknown}) {
    if (queue::is_same_route(queue::to_text(always), word)) return {};
  }
  std::vector<std::string> known;
  for (const queue::RouteStatus& route : call.context.queue.routes()) known.push_back(route.text);
  if (std::ranges::any_of(known, [&](const std::string& one) { return queue::is_same_route(one, word); })) return {};
  if (known.empty()) {
    return Error{Failure::invalid, fmt::format("no route is called {}: {} has no routes", word.substr(0, kShownOfName),
                                               call.context.config_file)};
  }
  return nothing_called("route", word, known, " | ");
}

}  // namespace

Error nothing_called(std::string_view kind, const std::string& word, const std::vector<std::string>& known,
                     std::string_view separator) {
  const std::optional<std::string> near = nearest(to_lower(word), known);
  const std::string guess = near ? fmt::format("did you mean {}? ", *near) : std::string();
  return {Failure::invalid, fmt::format("no {} is called {}; {}there is: {}", kind,
                                        printable(word.substr(0, kShownOfName)), guess, fmt::join(known, separator))};
}

Result<std::string> site_named(const Call& call, const std::string& word) {
  const std::vector<std::string> sites = call.context.smarthosts.names();
  if (sites.empty()) return no_smarthost(call);
  auto found = std::ranges::find(sites, word);
  if (found == sites.end()) {
    found = std::ranges::find_if(sites, [&](const std::string& one) { return iequals(one, word); });
  }
  if (found == sites.end()) return nothing_called("smarthost", word, sites, ", ");
  return *found;
}

Result<void> check_names(const Call& call, const queue::Selection& selection) {
  if (selection.site) {
    const Result<std::string> site = site_named(call, *selection.site);
    if (!site) return site.error();
  }
  return selection.route ? check_route(call, *selection.route) : Result<void>();
}

}  // namespace postern::control
