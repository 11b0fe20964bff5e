#include "control/status.h"

#include "base/json_text.h"
#include "control/exits.h"
#include "control/summary.h"
#include "control/values.h"
#include "control/veil.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::size_t kRecipientsShown = 3;  // of a message in a short list

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

}  // namespace

Task<object> status_of(Context& context, Reader reader) {
  const queue::Totals totals = context.queue.totals();
  std::vector<queue::SiteStatus> sites = context.queue.sites();
  if (!reader.administrator) veil(sites);
  const Settings settings = context.wrong_at_start(reader.administrator).empty() ? Settings::read : Settings::wrong;
  Summary summary = sum_up(totals, sites, context.config_file, context.clock.wall(), settings);
  add_clock(summary, totals.latest, context.clock.wall());
  const mail::LocalNames names = context.names();
  // Where an alias leads is for administrators.
  if (reader.administrator || !names.has_alias("root")) {
    add_root(summary, mail::roots_mail(names), names.aliases_file);
  }
  std::optional<Result<queue::DropState>> dropped;
  if (context.dropped) dropped = co_await context.dropped();
  if (dropped && *dropped && !reader.administrator) leave_own(**dropped, reader.uid);
  if (dropped && *dropped) add_dropped(summary, **dropped, context.spool, context.clock.wall());
  if (dropped && !*dropped) add_drop_error(summary, dropped->error(), context.spool);
  const std::vector<std::string> complaints = context.complaints(queue::Asker{reader.administrator, reader.party});
  add_complaints(summary, complaints);
  const std::optional<queue::Refusal> refusal = co_await context.queue.refusing();
  if (refusal) add_refusal(summary, *refusal, context.spool, context.clock.wall());
  boost::json::array smarthosts;
  for (const queue::SiteStatus& site : sites) {
    object line = to_json(site);
    const mail::CheckReport known = context.smarthosts.explain(site.name);
    if (!known.weaker.empty()) line["weaker"] = json_texts(known.weaker);
    if (!known.certificate_expires.empty()) line["certificate_expires"] = json_text(known.certificate_expires);
    const std::optional<WallTime> silent = context.smarthosts.silent_since(site.name);
    if (!known.own_certificate_expires.empty()) {
      line["own_certificate_expires"] = json_text(known.own_certificate_expires);
    }
    if (known.login_ends) line["login_ends"] = to_rfc3339(*known.login_ends);
    if (silent) line["silent_since"] = to_rfc3339(*silent);
    smarthosts.emplace_back(std::move(line));
    add_weaker(summary, site.name, known.weaker);
    add_certificate(summary, site.name, known.certificate_expires, context.clock.wall());
    add_own_certificate(summary, site.name, known.own_certificate_expires, context.clock.wall());
    add_login_end(summary, site.name, known.login_ends, context.clock.wall());
    if (silent) add_silence(summary, site.name, *silent, context.clock.wall());
  }

  object status;
  status["kind"] = "status";
  put_summary(status, summary);
  status["version"] = json_text(context.version);
  status["started"] = to_rfc3339(context.started);
  status["hostname"] = json_text(context.hostname);
  status["config"] = json_text(context.config_file);
  status["spool"] = json_text(context.spool);
  status["root"] = root_object(names, reader.administrator);
  status["queue"] = to_json(totals);
  if (dropped && *dropped) status["dropped"] = to_json(**dropped, context.spool);
  if (dropped && !*dropped) status["dropped"] = object{{"error", json_text(dropped->error().text)}};
  status["smarthosts"] = std::move(smarthosts);
  if (const std::vector<queue::RouteStatus> routes = context.queue.routes(); !routes.empty()) {
    status["routes"] = to_json(routes);
  }
  if (!complaints.empty()) status["complaints"] = json_texts(complaints);
  co_return status;
}

Task<boost::json::array> oldest_waiting(std::shared_ptr<Context> context, std::size_t most) {
  queue::Selection waiting;
  waiting.state = queue::State::waiting;
  const std::unique_ptr<queue::Listing> listing = context->queue.list(std::move(waiting));
  std::vector<queue::Entry> entries = co_await listing->next();
  entries.resize(std::min(entries.size(), most));
  boost::json::array result;
  for (queue::Entry& entry : entries) {
    const std::size_t recipients = entry.recipients.size();
    entry.recipients.resize(std::min(recipients, kRecipientsShown));
    object line = to_json(entry);
    if (recipients > kRecipientsShown) line["recipient_count"] = static_cast<std::int64_t>(recipients);
    result.emplace_back(std::move(line));
  }
  co_return result;
}

}  // namespace postern::control
