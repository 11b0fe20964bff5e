// Whether a message would be taken, by which routes it would go, whether it is gathered when much like it comes, and
// which rows of the settings say so.
#include "base/json_text.h"
#include "control/commands.h"
#include "control/members.h"
#include "control/notice.h"
#include "control/requests.h"
#include "queue/queue.h"

#include <fmt/format.h>

#include <utility>

namespace postern::control {
namespace {

using boost::json::object;

// Those of a message to more are the same ones again.
constexpr std::size_t kMostExplained = 100;

/// Whoever asks sends it, or whom the request names.
Result<mail::Envelope> envelope_of(const Call& call, const std::string& sender) {
  mail::Envelope envelope = call.context.test_envelope(sender, "postmaster", call.caller.peer);
  if (call.request.contains(members::kUser)) {
    const Result<std::uint64_t> user = number_of(call.request, members::kUser, mail::kNoUid);
    if (!user) return user.error();
    envelope.source.uid = static_cast<std::uint32_t>(*user);
  }
  if (sender.empty()) envelope.sender.clear();
  return envelope;
}

object line_of(const Call& call, const std::string& recipient, const queue::RouteChoice& choice) {
  object line;
  line["kind"] = "route";
  if (!recipient.empty()) line["recipient"] = json_text(recipient);
  line["route"] = json_text(queue::to_text(choice.route));
  std::string why = "no row of routes fits, and so it goes by all";
  if (choice.row) {
    line["row"] = static_cast<std::int64_t>(*choice.row);
    line["file"] = json_text(call.context.config_file);
    line["line"] = static_cast<std::int64_t>(choice.line);
    why = fmt::format("routes[{}] in {}, line {}", *choice.row, call.context.config_file, choice.line);
  }
  line["why"] = json_text(why);
  return line;
}

object line_of(const Call& call, const queue::StormChoice& choice) {
  object line;
  line["kind"] = "storm";
  std::string why = "no row of storms fits, and so it goes as it comes";
  if (choice.row) {
    line["row"] = static_cast<std::int64_t>(*choice.row);
    line["file"] = json_text(call.context.config_file);
    line["line"] = static_cast<std::int64_t>(choice.rule.line);
    line["window"] = choice.rule.window.count();
    line["after"] = choice.rule.after;
    why = fmt::format("storms[{}] in {}, line {}", *choice.row, call.context.config_file, choice.rule.line);
  } else if (!choice.unanswered.empty()) {
    why = "nobody says who sends it, and so it goes as it comes: " + choice.unanswered;
  }
  line["why"] = json_text(why);
  return line;
}

}  // namespace

Task<Result<void>> explain_routes(Call& call, std::string sender, std::vector<std::string> recipients) {
  const Result<mail::Envelope> envelope = envelope_of(call, sender);
  if (!envelope) co_return envelope.error();
  if (recipients.empty()) recipients.emplace_back();
  if (recipients.size() > kMostExplained) recipients.resize(kMostExplained);
  for (const std::string& recipient : recipients) {
    const Result<std::optional<queue::RouteChoice>> choice =
        co_await call.context.queue.route_for(*envelope, recipient);
    if (!choice) co_return choice.error();
    if (!*choice) co_return Result<void>();
    const object line = line_of(call, recipient, **choice);
    const Result<void> sent = co_await call.answer.line(line);
    if (!sent) co_return sent.error();
  }
  co_return Result<void>();
}

Task<Result<bool>> explain_senders(Call& call, std::string sender, std::string fields) {
  const Result<mail::Envelope> envelope = envelope_of(call, sender);
  if (!envelope) co_return envelope.error();
  if (!call.context.refused_by_senders) co_return false;
  const Result<std::string> refusal = co_await call.context.refused_by_senders(*envelope, std::move(fields));
  if (!refusal) co_return refusal.error();
  if (refusal->empty()) co_return false;
  const object line = notice("refused when it is handed in: " + *refusal);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return true;
}

Task<Result<void>> explain_storms(Call& call, std::string sender) {
  const Result<mail::Envelope> envelope = envelope_of(call, sender);
  if (!envelope) co_return envelope.error();
  const std::optional<queue::StormChoice> choice = co_await call.context.queue.storm_for(*envelope);
  if (!choice) co_return Result<void>();
  const object line = line_of(call, *choice);
  co_return co_await call.answer.line(line);
}

}  // namespace postern::control
