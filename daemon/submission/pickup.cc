#include "submission/pickup.h"

#include "base/log.h"
#include "base/text.h"
#include "smtp/dialogue.h"
#include "smtp/drop_frame.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace postern::submission {
namespace {

bool is_bad_recipient(std::string_view command, std::string_view reply) {
  constexpr std::string_view kCode = "501 ";
  return istarts_with(command, "RCPT") && reply.starts_with(kCode) &&
         reply.substr(kCode.size()).starts_with(smtp::kBadRecipient);
}

}  // namespace

Result<Transaction> dropped_transaction(const std::vector<std::string>& commands, const Config& config,
                                        std::uint32_t uid) {
  smtp::DialogueConfig dialogue_config;
  dialogue_config.hostname = config.hostname;
  dialogue_config.message_size = 2 * smtp::kDropMessage;  // on the wire every LF is a CR LF
  dialogue_config.recipients = 0;
  dialogue_config.submission_id = true;
  smtp::Dialogue dialogue(std::move(dialogue_config));
  static_cast<void>(dialogue.on_line("EHLO localhost"));
  for (const std::string& command : commands) {
    const smtp::Reaction reaction = dialogue.on_line(command);
    const bool last = &command == &commands.back();
    const bool good = last ? reaction.next == smtp::Next::data
                           : reaction.next == smtp::Next::command && reaction.reply.starts_with('2');
    // One address that is none costs itself alone: the sender is told of it, as on the submit socket.
    if (good || is_bad_recipient(command, reaction.reply)) continue;
    return Error{Failure::invalid, "its envelope: " + std::string(trim(std::string_view(reaction.reply)))};
  }
  Transaction transaction;
  transaction.envelope = dialogue.envelope();
  transaction.submission_id = dialogue.submission_id();
  transaction.mended = dialogue.mended();
  transaction.unread_sender = dialogue.unread_sender();
  // Without it a message that cannot be removed would be taken again and again.
  if (transaction.submission_id.empty()) return Error{Failure::invalid, "its envelope has no submission id"};
  transaction.against = SubmissionRecord::Against::power_failure;
  transaction.envelope.source.kind = mail::Source::Kind::local;
  transaction.envelope.source.uid = uid;
  transaction.envelope.source.helo = "dropped";
  return transaction;
}

Pickup::Pickup(queue::DropBox& box, queue::Queue& queue, const Clock& clock, SubmissionMemory& memory,
               CurrentConfig config)
    : box_(box), queue_(queue), clock_(clock), memory_(memory), config_(std::move(config)) {}

Task<void> Pickup::run() {
  while (!stopping_) {
    troubles_ = 0;
    co_await scan();
    if (!stopping_) co_await box_.wait(troubles_ > 0 ? kRetry : kRescan);
  }
}

void Pickup::stop() {
  stopping_ = true;
  box_.stop();
}

void Pickup::start(const Executor& loop) {
  ended_.emplace(loop, boost::asio::steady_timer::time_point::max());
  spawn(loop, run(), "pick up dropped mail", [this] { ended_.reset(); });
}

Task<void> Pickup::shutdown() {
  stop();
  if (ended_) co_await ended_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

Task<void> Pickup::scan() {
  auto names = co_await box_.list();
  if (!names) {
    // Whoever runs the daemon as an ordinary user has none.
    if (names.error().failure != Failure::not_found) trouble(names.error().text);
    co_return;
  }
  std::ranges::sort(*names);
  std::erase_if(stored_, [&](const std::string& name) { return !std::ranges::binary_search(*names, name); });
  std::ranges::rotate(*names, std::ranges::upper_bound(*names, std::exchange(last_, {})));
  for (const std::string& name : *names) {
    if (stopping_) co_return;
    co_await take(name);
    if (troubles_ < kTroubles) continue;
    last_ = name;
    co_return;
  }
  if (troubles_ == 0) trouble_.clear();
}

Task<void> Pickup::take(std::string name) {
  if (stored_.contains(name)) {
    co_await discard(name);
    co_return;
  }
  const auto file = co_await box_.open(name, smtp::kDropFrame);
  if (!file) {
    const Error& error = file.error();
    if (error.failure == Failure::not_found) co_return;
    if (error.failure == Failure::invalid || error.failure == Failure::denied) {
      co_await refuse(name, error.text);
    } else {
      trouble(error.text);
    }
    co_return;
  }
  if (const auto room = queue_.room_for((*file)->size(), config_()->parties.of((*file)->uid())); !room) {
    // Who is at a limit waits with what is dropped, and nobody else.
    if (room.error().failure != Failure::limit) trouble(room.error().text);
    co_return;
  }
  const auto outcome = co_await copy(*file);
  if (!outcome && outcome.error().failure == Failure::invalid) {
    co_await refuse(name, outcome.error().text);
  } else if (!outcome) {
    trouble(outcome.error().text);
  } else if (!outcome->refusal) {
    co_await discard(name);
  } else if (outcome->refusal->code >= 500) {
    co_await refuse(name, outcome->refusal->text);
  } else {
    trouble(outcome->refusal->text);
  }
}

/// Reads once: what is checked is what is stored, whatever the owner does to the file meanwhile.
Task<Result<Acceptor::Outcome>> Pickup::copy(std::shared_ptr<queue::DropBox::File> file) {
  const std::shared_ptr<const Config> config = config_();
  smtp::DropFrameReader reader;
  std::unique_ptr<Acceptor> acceptor;
  mail::BodyType seen = mail::BodyType::seven_bit;
  std::string text;
  for (;;) {
    const auto bytes = co_await file->read();
    if (!bytes) co_return bytes.error();
    if (bytes->empty()) break;
    text.clear();
    if (auto fed = reader.feed(*bytes, text); !fed) co_return fed.error();
    if (!acceptor && reader.has_commands()) {
      auto transaction = dropped_transaction(reader.commands(), *config, file->uid());
      if (!transaction) co_return transaction.error();
      acceptor = std::make_unique<Acceptor>(*config, queue_, clock_, &memory_, std::move(*transaction));
    }
    if (!is_ascii(text)) seen = mail::BodyType::eight_bit;
    if (acceptor) co_await acceptor->take(text);
  }
  if (auto whole = reader.finish(); !whole) co_return whole.error();
  acceptor->note_mended(reader.mended());
  Acceptor::Outcome outcome = co_await acceptor->finish(seen);
  co_return outcome;
}

Task<void> Pickup::discard(std::string name) {
  const auto removed = co_await box_.remove(name);
  if (removed || removed.error().failure == Failure::not_found) {
    stored_.erase(name);
    co_return;
  }
  stored_.insert(name);
  trouble(removed.error().text);
}

Task<void> Pickup::refuse(std::string name, std::string reason) {
  const auto aside = co_await box_.set_aside(name);
  if (!aside && aside.error().failure == Failure::not_found) co_return;
  if (!aside) {
    trouble(aside.error().text);
    co_return;
  }
  if (!aside->kept.empty()) queue_.drop_refused();
  if (!refusals_.may_log("uid " + std::to_string(aside->uid), clock_.steady())) co_return;
  const std::string now = aside->kept.empty() ? "removed" : aside->kept;
  log(Level::error, "dropped file refused", {{"uid", aside->uid}, {"reason", reason}, {"file", name}, {"now", now}});
}

/// Told when it begins or changes; the files stay where they are and are looked at again.
void Pickup::trouble(const std::string& text) {
  ++troubles_;
  if (std::exchange(trouble_, text) == text) return;
  log(Level::error, "dropped mail cannot be taken now", {{"reason", text}});
}

}  // namespace postern::submission
