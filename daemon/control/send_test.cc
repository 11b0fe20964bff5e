// `send-test`: queues a message like any other and tells what becomes of it.
#include "base/text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/members.h"
#include "control/notice.h"
#include "control/requests.h"
#include "control/values.h"
#include "mail/accepted_log.h"
#include "mail/address.h"
#include "mail/headers.h"

#include <fmt/format.h>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

namespace postern::control {
namespace {

using boost::json::object;
using queue::Event;

constexpr std::uint64_t kDefaultSeconds = 60;

/// Events on their way from the queue's callback to the coroutine. The callback may come after the command has
/// ended, so both share this.
struct Inbox {
  explicit Inbox(const Executor& executor) : timer(executor) {}

  std::deque<Event> events;
  boost::asio::steady_timer timer;
};

// False when the time is over.
Task<bool> wait_for_event(Inbox& inbox) {
  while (inbox.events.empty()) {
    if (inbox.timer.expiry() <= std::chrono::steady_clock::now()) co_return false;
    boost::system::error_code ignored;
    co_await inbox.timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  co_return true;
}

/// What is known of each recipient so far.
class Progress {
 public:
  explicit Progress(const mail::Envelope& envelope) {
    for (const mail::Recipient& recipient : envelope.recipients) verdicts_[recipient.address] = std::nullopt;
  }

  /// The exit code once there is nothing more to wait for.
  std::optional<int> on(const Event& event) {
    switch (event.kind) {
      case Event::Kind::attempt:
      case Event::Kind::site_trouble: return std::nullopt;
      case Event::Kind::delivered: verdicts_[event.recipient] = mail::Verdict::delivered; break;
      case Event::Kind::deferred: verdicts_[event.recipient] = mail::Verdict::deferred; break;
      case Event::Kind::failed: verdicts_[event.recipient] = mail::Verdict::failed; break;
      case Event::Kind::removed: return known() ? exit() : exits::kTrouble;
    }
    if (!known()) return std::nullopt;
    return exit();
  }

 private:
  [[nodiscard]] bool known() const {
    return std::all_of(verdicts_.begin(), verdicts_.end(), [](const auto& one) { return one.second.has_value(); });
  }
  [[nodiscard]] bool any(mail::Verdict verdict) const {
    return std::any_of(verdicts_.begin(), verdicts_.end(), [&](const auto& one) { return one.second == verdict; });
  }
  [[nodiscard]] int exit() const {
    if (any(mail::Verdict::failed)) return exits::kTrouble;
    return any(mail::Verdict::deferred) ? exits::kLater : exits::kWell;
  }

  std::map<std::string, std::optional<mail::Verdict>> verdicts_;
};

std::uint64_t wire_size_of(const std::string& text) {
  return text.size() + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

Task<Result<void>> store(queue::Intake& intake, const std::string& text) {
  const Result<void> appended = co_await intake.append(text);
  if (!appended) co_return appended.error();
  co_return co_await intake.commit(wire_size_of(text),
                                   is_ascii(text) ? mail::BodyType::seven_bit : mail::BodyType::eight_bit);
}

Task<Result<void>> tell(Call& call, const object& line) {
  const Result<void> added = co_await call.answer.line(line);
  if (!added) co_return added.error();
  co_return co_await call.answer.flush();
}

/// After trouble at a smarthost the message goes on to the next one, unless it waits.
Task<bool> waits_now(Call& call, QueueId id) {
  const Result<queue::Entry> entry = co_await call.context.queue.find(id);
  if (!entry || entry->state != queue::State::waiting) co_return false;
  co_return entry->trouble.has_value() || (entry->next && *entry->next > call.context.clock.wall());
}

Task<Result<int>> end_later(Call& call, std::string words) {
  const object line = notice(words);
  const Result<void> told = co_await tell(call, line);
  if (!told) co_return told.error();
  co_return exits::kLater;
}

Task<Result<int>> follow(Call& call, Inbox& inbox, Progress progress, QueueId id) {
  while (co_await wait_for_event(inbox)) {
    const Event event = std::move(inbox.events.front());
    inbox.events.pop_front();
    const object line = to_json(event);
    const Result<void> told = co_await tell(call, line);
    if (!told) co_return told.error();
    if (const std::optional<int> exit = progress.on(event)) co_return *exit;
    if (event.kind != Event::Kind::site_trouble || !inbox.events.empty()) continue;
    const bool ends = co_await waits_now(call, id);
    if (ends) co_return co_await end_later(call, "the message stays in the queue and will be tried again");
  }
  const Result<queue::Entry> entry = co_await call.context.queue.find(id);
  const std::string reason = entry && !entry->reason.empty() ? entry->reason : "the smarthost did not answer in time";
  co_return co_await end_later(
      call, "not delivered yet: " + reason + "; the message stays in the queue: postern queue show " + id.str());
}

/// Empty: none is named.
Result<std::string> sender_of(const object& request) {
  const Result<std::string> wanted = text_of(request, members::kFrom, "");
  if (!wanted || wanted->empty()) return wanted;
  const Result<std::string> address = mail::parse_address(*wanted, mail::Utf8::allow);
  if (!address) return Error{Failure::invalid, *wanted + " is no address: " + address.error().text};
  return *address;
}

Result<mail::Envelope> make_envelope(Call& call) {
  const Result<std::string> wanted = text_of(call.request, members::kRecipient, "");
  if (!wanted) return wanted.error();
  if (wanted->empty()) return Error{Failure::invalid, "\"recipient\" is missing"};
  const Result<std::string> address = mail::parse_address(*wanted, mail::Utf8::allow);
  if (!address) return Error{Failure::invalid, *wanted + " is no address: " + address.error().text};
  const Result<std::string> sender = sender_of(call.request);
  if (!sender) return sender.error();
  mail::Envelope envelope = call.context.test_envelope(*sender, *address, call.caller.peer);
  if (envelope.recipients.empty()) return Error{Failure::invalid, *wanted + " is an alias without a recipient"};
  return envelope;
}

}  // namespace

Task<Result<int>> run_send_test(Call& call) {
  queue::Queue& queue = call.context.queue;
  const Result<std::uint64_t> seconds = number_of(call.request, members::kTimeout, kDefaultSeconds);
  if (!seconds) co_return seconds.error();
  if (*seconds > members::kLongestTest) {
    co_return Error{Failure::invalid, fmt::format("\"timeout\" must be {} at most", members::kLongestTest)};
  }
  Result<mail::Envelope> envelope = make_envelope(call);
  if (!envelope) co_return envelope.error();
  if (call.context.smarthosts.names().empty()) co_return no_smarthost(call);
  if (const Result<void> room = queue.room_for(0, 0); !room) co_return room.error();

  const std::unique_ptr<queue::Intake> intake = queue.begin(*envelope);
  const QueueId id = intake->id();
  envelope->id = id;
  envelope->accepted = intake->accepted();
  const std::string text = call.context.test_message(*envelope);
  const auto inbox = std::make_shared<Inbox>(co_await boost::asio::this_coro::executor);
  inbox->timer.expires_after(Seconds(*seconds));
  // Watching begins before the message is stored, so no event is missed.
  const queue::Watch on_event = [inbox](const Event& event) {
    inbox->events.push_back(event);
    inbox->timer.cancel();
  };
  const std::shared_ptr<void> watching = queue.watch(id, on_event);
  const Result<void> stored = co_await store(*intake, text);
  if (!stored) co_return stored.error();
  mail::Accepted accepted{id, envelope->recipients.size(), wire_size_of(text)};
  accepted.message_id = mail::message_id_of(mail::parse_headers(text));
  accepted.client = mail::client_text(envelope->source);
  mail::log_accepted(*envelope, accepted);
  // A smarthost in its back-off is probed now: who asks wants to know how it is at this moment. Busy means that
  // the message is on its way already.
  static_cast<void>(queue.retry(id, queue::Probe::forced));

  object line;
  line["kind"] = "event";
  line["event"] = "queued";
  line["id"] = id.text();
  const Result<void> told = co_await tell(call, line);
  if (!told) co_return told.error();
  co_return co_await follow(call, *inbox, Progress(*envelope), id);
}

}  // namespace postern::control
