// `queue retry`, and flush, which is `sendmail -q`.
#include "base/log.h"
#include "control/exits.h"
#include "control/handling.h"
#include "control/members.h"
#include "control/readable.h"
#include "control/requests.h"
#include "control/selections.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace postern::control {
namespace {

using boost::json::object;

constexpr Seconds kRetryAllPause{1};

/// To try everything is much work, and more often than that no use. Failure: limit.
Result<void> begin_retry_all(Call& call) {
  const SteadyTime now = call.context.clock.steady();
  std::erase_if(call.context.last_retry_all, [now](const auto& one) { return now - one.second >= kRetryAllPause; });
  const std::uint32_t who = call.caller.administrator ? 0 : call.caller.party;
  if (call.context.last_retry_all.try_emplace(who, now).second) return {};
  return Error{Failure::limit, "all messages were made due less than a second ago; nothing more is needed"};
}

// For an ordinary user "all" are all of his own. What waits for a storm digest waits for no server.
Task<std::size_t> retry_own(Call& call) {
  std::size_t count = 0;
  const std::unique_ptr<queue::Listing> listing = readable(call, queue::Selection());
  while (true) {
    const std::vector<queue::Entry> page = co_await listing->next();
    if (page.empty()) co_return count;
    for (const queue::Entry& entry : page) {
      if (entry.state == queue::State::storm) continue;
      if (call.context.queue.retry(entry.id, queue::Probe::polite)) ++count;
    }
  }
}

Task<std::size_t> retry_all(Call& call) {
  if (!call.caller.administrator) co_return co_await retry_own(call);
  const std::size_t count = call.context.queue.retry_all(queue::Probe::forced);
  log(Level::info, "retry of all messages asked for", {{"messages", count}, {"uid", call.caller.peer.uid}});
  co_return count;
}

}  // namespace

Task<Result<int>> run_retry(Call& call) {
  if (means_all(call.request)) {
    if (const Result<void> begun = begin_retry_all(call); !begun) co_return begun.error();
  }
  const auto has = [&call](std::string_view key) { return call.request.contains(key); };
  if (has(members::kId) || has(members::kIds) || has(members::kFilter)) co_return co_await run_handling(call);
  const std::size_t count = co_await retry_all(call);
  object line;
  line["kind"] = "retried";
  line["count"] = static_cast<std::int64_t>(count);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

Task<Result<int>> run_flush(Call& call) {
  if (begin_retry_all(call)) (void)co_await retry_all(call);
  co_return exits::kWell;
}

}  // namespace postern::control
