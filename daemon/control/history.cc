#include "control/history.h"

#include "control/history_lines.h"
#include "mail/parties.h"
#include "queue/queue.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::control {
namespace {

/// Where the disk does not tell, it is taken for one that is.
Task<bool> is_in_queue(queue::Queue* queue, std::string id) {
  const std::optional<QueueId> known = QueueId::read(id);
  if (!known) co_return false;
  const Result<queue::Entry> entry = co_await queue->find(*known);
  co_return entry || entry.error().failure != Failure::not_found;
}

AskedHistory asked_by(Call& call) {
  const Caller& caller = call.caller;
  const auto owner = caller.administrator ? std::nullopt : std::optional(caller.uid().value_or(mail::kNoUid));
  InQueue in_queue = [queue = &call.context.queue](std::string id) { return is_in_queue(queue, std::move(id)); };
  std::vector<std::string> sites;
  for (const queue::SiteStatus& site : call.context.queue.sites()) sites.push_back(site.name);
  return {*call.context.history, call.context.clock, call.request, owner, std::move(in_queue), std::move(sites)};
}

Error none_kept() { return {Failure::not_found, "no history is kept"}; }

}  // namespace

Task<Result<int>> run_history(Call& call) {
  if (call.context.history == nullptr) co_return none_kept();
  const AskedHistory asked = asked_by(call);
  co_return co_await list_history(asked, call.answer);
}

Task<Result<int>> show_story(Call& call, std::string id, Error unknown) {
  if (call.context.history == nullptr) co_return unknown;
  const AskedHistory asked = asked_by(call);
  const Result<Told> told = co_await tell_story(asked, std::move(id), call.answer);
  if (told) co_return outcome_of(*told, std::move(unknown));
  const Failure failure = told.error().failure;
  if (failure == Failure::not_found) co_return unknown;  // none is kept
  if (failure == Failure::invalid) co_return told.error();
  if (failure == Failure::busy) co_return Error{failure, unknown.text + "; " + told.error().text};
  co_return Error{Failure::io, unknown.text + "; the history cannot be read: " + told.error().text};
}

Task<Result<int>> run_history_show(Call& call) {
  if (call.context.history == nullptr) co_return none_kept();
  const AskedHistory asked = asked_by(call);
  co_return co_await show_history(asked, call.answer);
}

}  // namespace postern::control
