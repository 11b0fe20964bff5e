#include "control/commands.h"

#include "base/json_members.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/user_range.h"
#include "control/exits.h"
#include "control/handling.h"
#include "control/history.h"
#include "control/listed.h"
#include "control/members.h"
#include "control/names_meant.h"
#include "control/notice.h"
#include "control/readable.h"
#include "control/requests.h"
#include "control/selections.h"
#include "control/status.h"
#include "control/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::size_t kDefaultLimit = 1'000'000'000;  // a listing without "limit" is whole

Task<Result<int>> run_status(Call& call) {
  const Reader reader{call.caller.administrator, call.caller.uid(), call.caller.party};
  const object status = co_await status_of(call.context, reader);
  const Result<void> sent = co_await call.answer.line(status);
  if (!sent) co_return sent.error();
  co_return static_cast<int>(number_in(status, "level"));
}

Task<Result<int>> run_list(Call& call) {
  const Result<std::uint64_t> limit = number_of(call.request, members::kLimit, kDefaultLimit);
  if (!limit) co_return limit.error();
  Result<queue::Selection> selection = selection_of(call.request, call.context.clock.wall());
  if (!selection) co_return selection.error();
  const bool by_id = selection->order == queue::Order::oldest || selection->order == queue::Order::newest;
  const std::unique_ptr<queue::Listing> listing = readable(call, *selection);
  std::uint64_t left = *limit;
  std::string last;
  while (true) {
    const std::vector<Listed> page = co_await next_page(*listing);
    if (page.empty()) break;
    for (const auto& [entry, recipients] : page) {
      if (left == 0) {
        object more;
        more["kind"] = "more";
        if (by_id && !last.empty()) more["after"] = last;
        const Result<void> told = co_await call.answer.line(more);
        if (!told) co_return told.error();
        co_return exits::kWell;
      }
      object line = to_json(entry);
      if (recipients > entry.recipients.size()) line["recipient_count"] = static_cast<std::int64_t>(recipients);
      const Result<void> sent = co_await call.answer.line(line);
      if (!sent) co_return sent.error();
      --left;
      last = entry.id.text();
    }
  }
  if (last.empty()) {
    if (const Result<void> known = check_names(call, *selection); !known) co_return known.error();
  }
  // Where conditions or a beginning say what is listed, others' messages are not what was asked about.
  if (!means_all(call.request) || call.request.contains(members::kAfter)) co_return exits::kWell;
  const std::uint64_t listed = *limit - left;
  const std::uint64_t unlisted = others(call.context.queue.totals(), listed, call.caller);
  if (unlisted == 0) co_return exits::kWell;
  object line;
  line["kind"] = "others";
  line["count"] = static_cast<std::int64_t>(unlisted);
  line["own"] = static_cast<std::int64_t>(listed);
  const Result<void> told = co_await call.answer.line(line);
  if (!told) co_return told.error();
  co_return exits::kWell;
}

Task<Result<int>> run_reload(Call& call) {
  const Result<Reloaded> done = co_await call.context.reload();
  if (!done) co_return done.error();
  for (const auto* sentences : {&done->warnings, &done->after_restart}) {
    for (const std::string& sentence : *sentences) {
      const object line = notice(sentence);
      const Result<void> sent = co_await call.answer.line(line);
      if (!sent) co_return sent.error();
    }
  }
  const std::string_view rest = done->after_restart.empty() ? "" : ", but for what needs a restart";
  object line = notice(fmt::format("the settings of {} are in force{}", call.context.config_file, rest));
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
    Command{"history", Form::json, Who::anybody, run_history},
    Command{"history show", Form::json, Who::anybody, run_history_show},
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

std::optional<std::uint32_t> Caller::uid() const {
  return peer.uid == overflow_uid() ? std::nullopt : std::optional<std::uint32_t>(peer.uid);
}

bool Caller::owns(const queue::Entry& entry) const {
  if (administrator) return true;
  return uid() && entry.source.uid == uid();
}

Error no_smarthost(const Call& call) {
  const std::string wrong = call.context.wrong_at_start(call.caller.administrator);
  if (!wrong.empty()) return {Failure::invalid, wrong};
  return {Failure::invalid, "no smarthost is configured: run postern setup, or add one to " + call.context.config_file};
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
