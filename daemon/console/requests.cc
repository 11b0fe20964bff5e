#include "console/requests.h"

#include "control/members.h"

#include <algorithm>
#include <utility>

namespace postern::console {

using boost::json::object;
namespace members = control::members;

object plain_request(std::string_view command) {
  object request;
  request[members::kCommand] = command;
  return request;
}

object ListRequest::to_json() const {
  object request = plain_request("queue list");
  if (limit) request[members::kLimit] = *limit;
  if (after) request[members::kAfter] = *after;
  if (order) request[members::kOrder] = *order;
  if (!filter.empty()) request[members::kFilter] = filter;
  return request;
}

std::vector<object> ShowRequest::to_json() const {
  std::vector<object> requests;
  for (const std::string& id : ids) {
    object& request = requests.emplace_back(plain_request("queue show"));
    request[members::kId] = id;
    if (body) request[members::kBody] = true;
  }
  return requests;
}

object HistoryRequest::to_json() const {
  object request = plain_request("history");
  if (limit) request[members::kLimit] = *limit;
  if (!filter.empty()) request[members::kFilter] = filter;
  return request;
}

std::vector<object> HistoryShowRequest::to_json() const {
  std::vector<object> requests;
  for (const std::string& id : ids) requests.emplace_back(plain_request("history show"))[members::kId] = id;
  return requests;
}

void HandlingRequest::read_all() {
  if (ids != std::vector<std::string>{"all"}) return;
  all = true;
  ids.clear();
}

std::string HandlingRequest::lacks() const {
  if (ids.empty() != selects() || std::ranges::count(ids, "all") > 0) {
    return ids.empty() ? "which messages? Give their ids, options that select them, or --all"
                       : "give either ids, or options that select, or all, and not both";
  }
  return {};
}

std::vector<object> HandlingRequest::to_json() const {
  object common = plain_request(command->command);
  if (!target.empty()) common[members::kTo] = target;
  if (any) common[members::kAny] = true;
  if (selects()) {
    // Without a filter it means everything where that harms nothing.
    if (!command->harmless || !filter.empty()) common[members::kFilter] = filter;
    return {std::move(common)};
  }
  std::vector<object> requests;
  for (const std::string& id : ids) requests.emplace_back(common)[members::kId] = id;
  return requests;
}

object CheckRequest::to_json() const {
  object request = plain_request("check");
  if (!site.empty()) request[members::kSite] = site;
  if (verbose) request[members::kVerbose] = true;
  if (accept_weaker) request[members::kAcceptWeaker] = true;
  return request;
}

object LoginRequest::to_json() const {
  object request = plain_request("login");
  if (!site.empty()) request[members::kSite] = site;
  if (!flow.empty()) request[members::kFlow] = flow;
  return request;
}

object SendTestRequest::to_json() const {
  object request = plain_request("send-test");
  if (!from.empty()) request[members::kFrom] = from;
  request[members::kRecipient] = recipient;
  request[members::kTimeout] = timeout;
  return request;
}

object MetricsRequest::to_json() const {
  object request = plain_request("metrics");
  request[members::kFormat] = format;
  return request;
}

}  // namespace postern::console
