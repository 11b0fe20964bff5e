#include "control/handling.h"

#include "base/json_text.h"
#include "base/log.h"
#include "base/together.h"
#include "control/agreed.h"
#include "control/exit_code.h"
#include "control/exits.h"
#include "control/members.h"
#include "control/message_named.h"
#include "control/names_meant.h"
#include "control/readable.h"
#include "control/requests.h"
#include "control/selections.h"
#include "mail/parties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::size_t kToldProblems = 20;

Acted acted(const Result<void>& done) {
  if (!done) return done.error();
  return std::optional<queue::Told>();
}

Task<Acted> retry(Call& call, QueueId id) {
  const queue::Probe probe = call.caller.administrator ? queue::Probe::forced : queue::Probe::polite;
  co_return acted(call.context.queue.retry(id, probe));
}
Task<Acted> hold(Call& call, QueueId id) { co_return acted(co_await call.context.queue.hold(id)); }
Task<Acted> release(Call& call, QueueId id) { co_return acted(co_await call.context.queue.release(id)); }
Task<Acted> remove(Call& call, QueueId id) { co_return acted(co_await call.context.queue.remove(id)); }

Task<Acted> bounce(Call& call, QueueId id) {
  const Result<queue::Told> told = co_await call.context.queue.bounce(id);
  if (!told) co_return told.error();
  co_return std::optional(*told);
}

/// Empty: whichever is well.
Result<std::string> target_of(const Call& call) {
  const Result<std::string> word = text_of(call.request, members::kTo, "");
  if (!word || word->empty()) return word;
  return site_named(call, *word);
}

Task<Acted> reroute(Call& call, QueueId id) {
  const Result<std::string> site = target_of(call);
  if (!site) co_return site.error();
  co_return acted(co_await call.context.queue.reroute(id, *site));
}

std::string_view told_name(queue::Told told) {
  switch (told) {
    case queue::Told::now: return "now";
    case queue::Told::later: return "later";
    case queue::Told::never: return "never";
  }
  return "never";
}

/// What to do with it, where a state forbids what was asked for.
std::string way_out(const queue::Entry& entry) {
  const std::string id = entry.id.str();
  switch (entry.state) {
    case queue::State::failed:
      return fmt::format(
          "{0} failed for good ({1}) and is kept for reading only: `postern queue show {0} --body` shows it; send it "
          "anew if it is still wanted, then `postern queue delete {0}`",
          id, entry.reason);
    case queue::State::corrupt:
      return fmt::format(
          "{0} is damaged and cannot be sent: `postern queue show {0} --body` shows what is left of it, "
          "`postern queue delete {0}` removes it",
          id);
    case queue::State::held: return fmt::format("{0} is on hold: `postern queue release {0}` lets it go", id);
    case queue::State::storm:
    case queue::State::active:
    case queue::State::waiting: break;
  }
  return {};
}

/// What is not there for this command may be there in another state: then it is no use to say that it does not exist.
/// Nothing: it does not.
Task<std::optional<Error>> explained(Call& call, QueueId id, Error error) {
  if (error.failure != Failure::not_found) co_return error;
  const Result<queue::Entry> entry = co_await call.context.queue.find(id);
  if (!entry && entry.error().failure == Failure::not_found) co_return std::nullopt;
  if (std::string text = entry ? way_out(*entry) : std::string(); !text.empty()) error.text = std::move(text);
  co_return error;
}

/// To try a message is what its owner may ask for ever and ever.
void note(const Call& call, const Handling& how, QueueId id) {
  const bool by_owner = how.words->harmless && !call.caller.administrator;
  if (by_owner && !call.context.refusals.may_log(mail::party_text(call.caller.party), call.context.clock.steady()))
    return;
  log(Level::notice, "handled by command",
      {{"id", id.text()}, {"command", how.words->command}, {"uid", call.caller.peer.uid}});
}

Task<Result<int>> handle_one(Call& call, const Handling& how, QueueId id) {
  if (const Result<void> allowed = co_await may_touch(call, id); !allowed) {
    co_return not_here(allowed.error(), id);
  }
  const Acted done = co_await how.act(call, id);
  if (!done) {
    Error error = done.error();
    const std::optional<Error> why = co_await explained(call, id, std::move(error));
    co_return why ? *why : not_here(done.error(), id);
  }
  note(call, how, id);
  object line;
  line["kind"] = how.words->kind;
  line["id"] = id.text();
  if (*done) line["told"] = told_name(**done);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

/// One message of a selection and how it went.
struct Handled {
  QueueId id;
  Acted result = std::optional<queue::Told>();
  bool gone = false;  ///< before its turn came
};

Task<void> handle(Call& call, const Handling& how, Handled& handled) {
  handled.result = co_await how.act(call, handled.id);
  if (handled.result) {
    note(call, how, handled.id);
    co_return;
  }
  Error error = handled.result.error();
  if (how.wants_attempt && error.failure == Failure::busy) {
    handled.result = std::optional<queue::Told>();
    co_return;
  }
  const std::optional<Error> why = co_await explained(call, handled.id, std::move(error));
  handled.gone = !why;
  if (why) handled.result = *why;
}

/// A page at once: their files are brought to stable storage together.
Task<void> handle_page(Call& call, const Handling& how, std::vector<Handled>& page) {
  std::vector<Task<void>> tasks;
  tasks.reserve(page.size());
  for (Handled& one : page) tasks.push_back(handle(call, how, one));
  co_await together(std::move(tasks), std::string(how.words->command));
}

struct Tally {
  std::size_t done = 0;
  std::size_t left = 0;
  std::size_t told_later = 0;  ///< of those that are done
  std::size_t told_never = 0;
  int exit = exits::kWell;
};

Task<Result<void>> count(Call& call, const std::vector<Handled>& page, Tally& tally) {
  for (const Handled& one : page) {
    if (one.gone) continue;
    if (one.result) {
      ++tally.done;
      if (*one.result == queue::Told::later) ++tally.told_later;
      if (*one.result == queue::Told::never) ++tally.told_never;
      continue;
    }
    const Error& error = one.result.error();
    tally.exit = std::max(tally.exit, exits::code_for(error.failure));
    if (++tally.left > kToldProblems) continue;
    object line;
    line["kind"] = "problem";
    line["id"] = one.id.text();
    line["text"] = json_text(error.text);
    const Result<void> sent = co_await call.answer.line(line);
    if (!sent) co_return sent.error();
  }
  co_return Result<void>();
}

/// The youngest there is: what comes while a command is at work is not meant, such as the reports that it makes.
Task<QueueId> youngest(Call& call) {
  queue::Selection newest;
  newest.order = queue::Order::newest;
  const std::unique_ptr<queue::Listing> listing = call.context.queue.list(newest);
  const std::vector<queue::Entry> page = co_await listing->next();
  co_return page.empty() ? QueueId() : page.front().id;
}

Task<std::unique_ptr<queue::Listing>> meant(Call& call, queue::Selection selection) {
  const QueueId last = co_await youngest(call);
  selection.through = std::min(selection.through.value_or(last), last);
  co_return readable(call, std::move(selection));
}

/// "All" means all that it can be done to; where conditions say which messages are meant, each that is left is worth a
/// word. What cannot be looked at now has no time of acceptance: the command will fail at it and say so.
bool is_meant(const Call& call, const Handling& how, const queue::Entry& entry) {
  if (!call.caller.owns(entry)) return false;
  return !has_no_condition(call.request) || entry.accepted == WallTime() || how.words->fits(queue::name(entry.state));
}

Task<Result<int>> handle_selected(Call& call, const Handling& how, queue::Listing& listing, queue::Selection asked) {
  log(Level::notice, "command for a selection", {{"command", how.words->command}, {"uid", call.caller.peer.uid}});
  Tally tally;
  while (true) {
    const std::vector<queue::Entry> entries = co_await listing.next();
    if (entries.empty()) break;
    std::vector<Handled> page;
    for (const queue::Entry& entry : entries) {
      if (is_meant(call, how, entry)) page.emplace_back().id = entry.id;
    }
    co_await handle_page(call, how, page);
    const Result<void> counted = co_await count(call, page, tally);
    if (!counted) co_return counted.error();
  }
  if (tally.done + tally.left == 0) {
    if (const Result<void> known = check_names(call, asked); !known) co_return known.error();
  }
  object line;
  line["kind"] = how.words->kind;
  line["count"] = static_cast<std::int64_t>(tally.done);
  line["left"] = static_cast<std::int64_t>(tally.left);
  if (tally.told_later > 0) line["told_later"] = static_cast<std::int64_t>(tally.told_later);
  if (tally.told_never > 0) line["told_never"] = static_cast<std::int64_t>(tally.told_never);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return tally.exit;
}

Result<void> check_target(const Call& call) {
  const Result<std::string> site = text_of(call.request, members::kTo, "");
  if (!site) return site.error();
  const Result<bool> any = flag_of(call.request, members::kAny);
  if (!any) return any.error();
  if (site->empty() != *any) return Error{Failure::invalid, "say either the smarthost (--to NAME) or --any"};
  const Result<std::string> target = target_of(call);
  return target ? Result<void>() : target.error();
}

Task<Result<int>> run_reroute(Call& call) {
  if (const Result<void> checked = check_target(call); !checked) co_return checked.error();
  co_return co_await run_handling(call);
}

constexpr std::array kHandlings{
    Handling{.words = queue_command("queue retry"), .act = retry, .wants_attempt = true, .run = run_retry},
    Handling{.words = queue_command("queue hold"), .act = hold},
    Handling{.words = queue_command("queue release"), .act = release},
    Handling{.words = queue_command("queue delete"), .act = remove},
    Handling{.words = queue_command("queue bounce"), .act = bounce},
    Handling{.words = queue_command("queue reroute"), .act = reroute, .run = run_reroute},
};
static_assert(kHandlings.size() == kQueueCommands.size());

}  // namespace

const Handling* find_handling(std::string_view command) {
  const auto* const found = std::find_if(kHandlings.begin(), kHandlings.end(),
                                         [&](const Handling& one) { return one.words->command == command; });
  return found == kHandlings.end() ? nullptr : found;
}

Task<Result<int>> run_handling(Call& call) {
  const Handling& how = *find_handling(call.request.at(members::kCommand).as_string());
  if (call.request.contains(members::kId)) {
    const Result<QueueId> id =
        co_await message_named(call, how.words->lasting ? kLastingBeginning : kShortestBeginning);
    if (!id) co_return id.error();
    co_return co_await handle_one(call, how, *id);
  }
  // Everything is a filter without conditions; no filter at all is a mistake that would cost the whole queue.
  if (!call.request.contains(members::kFilter))
    co_return Error{Failure::invalid, "an \"id\" or a \"filter\" is missing"};
  Result<queue::Selection> filter = filter_of(call.request, call.context.clock.wall());
  if (!filter) co_return filter.error();
  const queue::Selection asked = *filter;
  if (call.request.contains(members::kIds)) {
    Result<std::vector<QueueId>> ids = ids_of(call.request, members::kIds);
    if (!ids) co_return ids.error();
    const Lister list = [&](queue::Selection selection) {
      return std::make_unique<Agreed>(call.context.queue, std::move(selection), std::move(*ids));
    };
    const std::unique_ptr<queue::Listing> agreed = readable(call.caller, std::move(*filter), list);
    co_return co_await handle_selected(call, how, *agreed, asked);
  }
  const std::unique_ptr<queue::Listing> listing = co_await meant(call, std::move(*filter));
  co_return co_await handle_selected(call, how, *listing, asked);
}

std::span<const Command> handling_commands() {
  static constexpr auto kRows = [] {
    std::array<Command, kHandlings.size()> rows{};
    std::ranges::transform(kHandlings, rows.begin(), [](const Handling& one) {
      const Who who = one.words->administrators ? Who::administrators : Who::anybody;
      return Command{one.words->command, Form::json, who, one.run};
    });
    return rows;
  }();
  return kRows;
}

}  // namespace postern::control
