#include "control/message_named.h"

#include "base/text.h"
#include "control/members.h"
#include "control/readable.h"
#include "control/requests.h"
#include "queue/queue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::control {
namespace {

constexpr std::size_t kNamed = 5;  // of those that begin alike

/// Of the caller's own alone, so that nothing is told of others' messages; one more than are named.
Task<std::vector<QueueId>> beginning_with(Call& call, std::string_view beginning, QueueId first, QueueId last) {
  queue::Selection selection;
  selection.since = first.accepted();
  selection.through = last;
  const std::unique_ptr<queue::Listing> listing = readable(call, std::move(selection));
  std::vector<QueueId> found;
  while (found.size() <= kNamed) {
    const std::vector<queue::Entry> page = co_await listing->next();
    if (page.empty()) break;
    for (const queue::Entry& entry : page) {
      const bool fits = call.caller.owns(entry) && entry.id.text().starts_with(beginning);
      if (fits && found.size() <= kNamed) found.push_back(entry.id);
    }
  }
  co_return found;
}

Error ambiguous(std::string_view beginning, const std::vector<QueueId>& found) {
  std::vector<std::string_view> names;
  for (const QueueId& id : found) {
    if (names.size() < kNamed) names.push_back(id.text());
  }
  return {Failure::invalid, fmt::format("several messages begin with {}: {}{}", beginning, fmt::join(names, ", "),
                                        found.size() > kNamed ? " and more" : "")};
}

}  // namespace

std::optional<QueueId> outermost(std::string_view beginning, char filled_with) {
  if (beginning.size() < kShortestBeginning || beginning.size() >= QueueId::kLength) return std::nullopt;
  std::string whole(beginning);
  whole.resize(QueueId::kLength, filled_with);
  return QueueId::read(whole);
}

Task<Result<QueueId>> message_named(Call& call, std::size_t shortest) {
  const Result<std::string> given = text_of(call.request, members::kId, "");
  if (!given) co_return given.error();
  const std::string text = to_lower(*given);
  const std::optional<QueueId> first = outermost(text, '0');
  const std::optional<QueueId> last = outermost(text, 'z');
  if (!first || !last) co_return id_of(call.request, members::kId);
  if (text.size() < shortest) {
    co_return Error{Failure::invalid,
                    fmt::format("\"{}\" may by now be the beginning of another message: what cannot be undone needs "
                                "{} characters of the id, or all {}",
                                text, shortest, QueueId::kLength)};
  }
  const std::vector<QueueId> found = co_await beginning_with(call, text, *first, *last);
  if (found.size() == 1) co_return found.front();
  if (!found.empty()) co_return ambiguous(text, found);
  co_return Error{Failure::not_found,
                  fmt::format("no message{} begins with {}", call.caller.administrator ? "" : " of yours", text)};
}

std::string in_the_log(std::string_view id) {
  return fmt::format("`journalctl POSTERN_QUEUE_ID={0}`, or `grep {0}` where the log is a file", id);
}

Error not_here(Error error, QueueId id) {
  if (error.failure != Failure::not_found) return error;
  error.text = fmt::format(
      "no message {0} is in the queue: `postern history show {0}` may tell what became of it, or the log ({1})",
      id.text(), in_the_log(id.text()));
  return error;
}

Error not_known(Error error, QueueId id) {
  if (error.failure != Failure::not_found) return error;
  error.text = fmt::format("no message {} is in the queue: if there was one, the log tells what became of it ({})",
                           id.text(), in_the_log(id.text()));
  return error;
}

}  // namespace postern::control
