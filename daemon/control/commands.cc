#include "control/commands.h"

#include "base/log.h"
#include "control/exits.h"
#include "control/handling.h"
#include "control/requests.h"
#include "control/selections.h"
#include "control/summary.h"
#include "control/values.h"
#include "control/veil.h"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::size_t kListedRecipients = 100;
constexpr std::size_t kDefaultLimit = 1'000'000'000;  // a listing without "limit" is whole

/// Where an alias leads stands in the settings, which are not everybody's to read.
object root_object(const mail::LocalNames& names, bool administrator) {
  const bool alias = names.has_alias("root");
  object told;
  told["alias"] = alias;
  if (!alias && !names.aliases_file.empty()) told["file"] = json_text(names.aliases_file);
  if (!administrator && alias) return told;
  told["recipients"] = json_texts(names.recipients_of("root"));
  if (alias && !mail::roots_mail(names).empty()) told["local"] = true;
  return told;
}

/// Who else has something there is for administrators.
void leave_own(queue::DropState& state, std::optional<std::uint32_t> uid) {
  if (state.oldest_uid != uid) state.oldest_uid.reset();
  std::erase_if(state.refused, [&](const queue::DropState::Refused& one) { return one.uid != uid; });
}

Task<Result<int>> run_status(Call& call) {
  Context& context = call.context;
  const queue::Totals totals = context.queue.totals();
  std::vector<queue::SiteStatus> sites = context.queue.sites();
  if (!call.caller.administrator) veil(sites);
  Summary summary = sum_up(totals, sites, context.config_file, context.clock.wall());
  const std::optional<queue::Refusal> refusal = co_await context.queue.refusing();
  if (refusal) add_refusal(summary, *refusal, context.spool, context.clock.wall());
  std::optional<Result<queue::DropState>> dropped;
  if (context.dropped) dropped = co_await context.dropped();
  if (dropped && *dropped && !call.caller.administrator) leave_own(**dropped, call.caller.peer.uid);
  if (dropped && *dropped) add_dropped(summary, **dropped, context.spool, context.clock.wall());
  const std::vector<std::string> complaints = context.complaints(call.caller.administrator);
  add_complaints(summary, complaints);
  boost::json::array smarthosts;
  for (const queue::SiteStatus& site : sites) {
    object line = to_json(site);
    const std::vector<std::string> weaker = context.explain(site.name).weaker;
    if (!weaker.empty()) line["weaker"] = json_texts(weaker);
    smarthosts.emplace_back(std::move(line));
    if (!site.trouble) add_weaker(summary, site.name, weaker);
  }

  object status;
  status["kind"] = "status";
  status["verdict"] = json_text(first_line(summary));
  status["version"] = json_text(context.version);
  status["started"] = to_rfc3339(context.started);
  status["hostname"] = json_text(context.hostname);
  status["config"] = json_text(context.config_file);
  status["spool"] = json_text(context.spool);
  status["root"] = root_object(context.names(), call.caller.administrator);
  status["queue"] = to_json(totals);
  if (dropped && *dropped) status["dropped"] = to_json(**dropped, context.spool);
  if (dropped && !*dropped) status["dropped"] = object{{"error", json_text(dropped->error().text)}};
  status["smarthosts"] = std::move(smarthosts);
  if (!complaints.empty()) status["complaints"] = json_texts(complaints);
  const Result<void> sent = co_await call.answer.line(status);
  if (!sent) co_return sent.error();
  co_return summary.exit;
}

/// A listing shows of a message with very many recipients how many they are; `queue show` has them all.
void shorten(object& entry) {
  boost::json::array& recipients = entry["recipients"].as_array();
  if (recipients.size() <= kListedRecipients) return;
  entry["recipient_count"] = static_cast<std::int64_t>(recipients.size());
  recipients.resize(kListedRecipients);
}

Task<Result<int>> run_list(Call& call) {
  const Result<std::uint64_t> limit = number_of(call.request, "limit", kDefaultLimit);
  if (!limit) co_return limit.error();
  Result<queue::Selection> selection = selection_of(call.request, call.context.clock.wall());
  if (!selection) co_return selection.error();
  const bool by_id = selection->order == queue::Order::oldest || selection->order == queue::Order::newest;
  queue::Selection own = call.caller.own(std::move(*selection));
  const std::unique_ptr<queue::Listing> listing = call.context.queue.list(std::move(own));
  std::uint64_t left = *limit;
  std::string last;
  while (true) {
    std::vector<queue::Entry> page = co_await listing->next();
    if (page.empty()) co_return exits::kWell;
    for (queue::Entry& entry : page) {
      if (left == 0) {
        object more;
        more["kind"] = "more";
        if (by_id && !last.empty()) more["after"] = last;
        const Result<void> told = co_await call.answer.line(more);
        if (!told) co_return told.error();
        co_return exits::kWell;
      }
      if (!call.caller.administrator) veil(entry);
      object line = to_json(entry);
      shorten(line);
      const Result<void> sent = co_await call.answer.line(line);
      if (!sent) co_return sent.error();
      --left;
      last = entry.id.text();
    }
  }
}

Task<Result<int>> run_reload(Call& call) {
  const Result<void> done = co_await call.context.reload();
  if (!done) co_return done.error();
  object line;
  line["kind"] = "notice";
  line["text"] = json_text("the settings of " + call.context.config_file + " are in force");
  line["file"] = json_text(call.context.config_file);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

/// For the shim; programs that install others run it as root.
Task<Result<int>> run_newaliases(Call& call) {
  const Result<std::string> words = co_await call.context.new_aliases();
  if (!words) co_return words.error();
  const Result<void> sent = co_await call.answer.text(*words);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

constexpr std::array kCommands{
    Command{"status", Form::json, Who::anybody, run_status},
    Command{"queue list", Form::json, Who::anybody, run_list},
    Command{"queue show", Form::json, Who::anybody, run_show},
    Command{"check", Form::json, Who::administrators, run_check},
    Command{"explain", Form::json, Who::anybody, run_explain},
    Command{"login", Form::json, Who::administrators, run_login},
    Command{"reload", Form::json, Who::administrators, run_reload},
    Command{"metrics", Form::json, Who::anybody, run_metrics},
    Command{"send-test", Form::json, Who::administrators, run_send_test},
    Command{"mailq", Form::plain, Who::anybody, run_mailq},
    Command{"flush", Form::plain, Who::anybody, run_flush},
    Command{"verify", Form::plain, Who::anybody, run_verify},
    Command{"newaliases", Form::plain, Who::administrators, run_newaliases},
};

}  // namespace

bool Caller::owns(const queue::Entry& entry) const {
  if (administrator) return true;
  return peer.uid && entry.source.uid && *peer.uid == *entry.source.uid;
}

queue::Selection Caller::own(queue::Selection selection) const {
  if (!administrator) selection.owner = peer.uid.value_or(mail::kNoUid);
  return selection;
}

const Command* find_command(std::string_view name, Form form) {
  const auto meant = [&](const Command& command) { return command.name == name && command.form == form; };
  for (const std::span<const Command> table : {std::span<const Command>(kCommands), handling_commands()}) {
    const auto found = std::ranges::find_if(table, meant);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

}  // namespace postern::control
