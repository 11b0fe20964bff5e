#include "control/commands.h"

#include "base/log.h"
#include "control/exits.h"
#include "control/requests.h"
#include "control/values.h"
#include "control/verdict.h"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::size_t kDefaultLimit = 1'000'000'000;  // a listing without "limit" is whole
constexpr Seconds kRetryAllPause{1};

Task<Result<int>> run_status(Call& call) {
  Context& context = call.context;
  const queue::Totals totals = context.queue.totals();
  const std::vector<queue::SiteStatus> sites = context.queue.sites();
  Verdict verdict = judge(totals, sites, context.config_file, context.clock.wall());
  boost::json::array smarthosts;
  for (const queue::SiteStatus& site : sites) {
    object line = to_json(site);
    const std::vector<std::string> weaker = context.explain(site.name).weaker;
    if (!weaker.empty()) line["weaker"] = json_texts(weaker);
    smarthosts.emplace_back(std::move(line));
    if (!site.trouble) add_weaker(verdict, site.name, weaker);
  }

  object status;
  status["kind"] = "status";
  status["verdict"] = json_text(verdict.text);
  status["version"] = json_text(context.version);
  status["started"] = to_rfc3339(context.started);
  status["hostname"] = json_text(context.hostname);
  status["config"] = json_text(context.config_file);
  status["spool"] = json_text(context.spool);
  status["queue"] = to_json(totals);
  status["smarthosts"] = std::move(smarthosts);
  const Result<void> sent = co_await call.answer.line(status);
  if (!sent) co_return sent.error();
  co_return verdict.exit;
}

Task<Result<int>> run_list(Call& call) {
  const Result<std::uint64_t> limit = number_of(call.request, "limit", kDefaultLimit);
  if (!limit) co_return limit.error();
  std::optional<QueueId> after;
  if (call.request.contains("after")) {
    const Result<QueueId> id = id_of(call.request, "after");
    if (!id) co_return id.error();
    after = *id;
  }
  std::uint64_t left = *limit;
  while (true) {
    const std::vector<queue::Entry> page = co_await call.context.queue.list(after, kPage);
    if (page.empty()) co_return exits::kWell;
    for (const queue::Entry& entry : page) {
      if (!call.caller.owns(entry)) continue;
      if (left == 0) {
        object more;
        more["kind"] = "more";
        if (after) more["after"] = after->text();
        const Result<void> told = co_await call.answer.line(more);
        if (!told) co_return told.error();
        co_return exits::kWell;
      }
      const object line = to_json(entry);
      const Result<void> sent = co_await call.answer.line(line);
      if (!sent) co_return sent.error();
      --left;
      after = entry.id;
    }
    after = page.back().id;
  }
}

queue::Probe probe_for(const Caller& caller) {
  return caller.administrator ? queue::Probe::forced : queue::Probe::polite;
}

/// What is not in the queue may still be set aside: then it is no use to say that it does not exist.
Task<Error> explain_missing(Call& call, QueueId id, Error otherwise) {
  const Result<queue::Entry> entry = co_await call.context.queue.find(id);
  if (!entry) co_return otherwise;
  switch (entry->state) {
    case queue::State::failed:
      otherwise.text = fmt::format(
          "{0} failed for good ({1}) and is kept for reading only: `postern queue show {0} --body` shows it; send it "
          "anew "
          "if it is still wanted, then `postern queue delete {0}`",
          id.str(), entry->reason);
      break;
    case queue::State::corrupt:
      otherwise.text = fmt::format(
          "{0} is damaged and cannot be sent: `postern queue show {0} --body` shows what is left of it, "
          "`postern queue delete {0}` removes it",
          id.str());
      break;
    default: break;
  }
  co_return otherwise;
}

Task<Result<int>> retry_one(Call& call, QueueId id) {
  if (const Result<void> allowed = co_await may_touch(call, id); !allowed) co_return allowed.error();
  const Result<void> done = call.context.queue.retry(id, probe_for(call.caller));
  if (!done && done.error().failure == Failure::not_found) {
    Error error = co_await explain_missing(call, id, done.error());
    co_return error;
  }
  if (!done) co_return done.error();
  log(Level::info, "retry asked for", {{"id", id.text()}, {"uid", uid_text(call.caller)}});
  object line;
  line["kind"] = "retried";
  line["id"] = id.text();
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

// For an ordinary user "all" are all of his own.
Task<Result<std::size_t>> retry_own(Call& call) {
  std::size_t count = 0;
  std::optional<QueueId> after;
  while (true) {
    const std::vector<queue::Entry> page = co_await call.context.queue.list(after, kPage);
    if (page.empty()) co_return count;
    for (const queue::Entry& entry : page) {
      if (call.caller.owns(entry) && call.context.queue.retry(entry.id, probe_for(call.caller))) ++count;
    }
    after = page.back().id;
  }
}

Task<Result<std::size_t>> retry_all(Call& call) {
  if (!call.caller.administrator) co_return co_await retry_own(call);
  const SteadyTime now = call.context.clock.steady();
  const std::optional<SteadyTime> last = call.context.last_retry_all;
  if (last && now - *last < kRetryAllPause) {
    co_return Error{Failure::limit, "all messages were made due less than a second ago; nothing more is needed"};
  }
  call.context.last_retry_all = now;
  const std::size_t count = call.context.queue.retry_all(probe_for(call.caller));
  log(Level::info, "retry of all messages asked for", {{"messages", count}, {"uid", uid_text(call.caller)}});
  co_return count;
}

Task<Result<int>> run_retry(Call& call) {
  if (call.request.contains("id")) {
    const Result<QueueId> id = id_of(call.request, "id");
    if (!id) co_return id.error();
    co_return co_await retry_one(call, *id);
  }
  const Result<std::size_t> count = co_await retry_all(call);
  if (!count) co_return count.error();
  object line;
  line["kind"] = "retried";
  line["count"] = static_cast<std::int64_t>(*count);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

Task<Result<int>> run_flush(Call& call) {
  const Result<std::size_t> count = co_await retry_all(call);
  if (!count && count.error().failure != Failure::limit) co_return count.error();
  co_return exits::kWell;
}

Task<Result<int>> run_delete(Call& call) {
  const Result<QueueId> id = id_of(call.request, "id");
  if (!id) co_return id.error();
  if (const Result<void> allowed = co_await may_touch(call, *id); !allowed) co_return allowed.error();
  const Result<void> removed = co_await call.context.queue.remove(*id);
  if (!removed) co_return removed.error();
  log(Level::notice, "deleted by command", {{"id", id->text()}, {"uid", uid_text(call.caller)}});
  object line;
  line["kind"] = "deleted";
  line["id"] = id->text();
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

constexpr std::array kCommands{
    Command{"status", Form::json, Who::anybody, run_status},
    Command{"queue list", Form::json, Who::anybody, run_list},
    Command{"queue show", Form::json, Who::anybody, run_show},
    Command{"queue retry", Form::json, Who::anybody, run_retry},
    Command{"queue delete", Form::json, Who::anybody, run_delete},
    Command{"check", Form::json, Who::administrators, run_check},
    Command{"explain", Form::json, Who::anybody, run_explain},
    Command{"login", Form::json, Who::administrators, run_login},
    Command{"send-test", Form::json, Who::administrators, run_send_test},
    Command{"mailq", Form::plain, Who::anybody, run_mailq},
    Command{"flush", Form::plain, Who::anybody, run_flush},
};

}  // namespace

bool Caller::owns(const queue::Entry& entry) const {
  if (administrator) return true;
  return peer.uid && entry.source.uid && *peer.uid == *entry.source.uid;
}

const Command* find_command(std::string_view name, Form form) {
  const auto* const found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return command.name == name && command.form == form;
  });
  return found == kCommands.end() ? nullptr : found;
}

}  // namespace postern::control
