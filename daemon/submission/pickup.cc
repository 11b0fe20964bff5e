#include "submission/pickup.h"

#include "base/log.h"
#include "base/text.h"
#include "mail/accepted_log.h"
#include "queue/drop_state.h"
#include "smtp/dialogue.h"
#include "smtp/drop_frame.h"
#include "submission/envelope_completion.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace postern::submission {
namespace {

using Waiting = queue::DropBox::Waiting;

bool is_bad_recipient(std::string_view command, std::string_view reply) {
  constexpr std::string_view kCode = "501 ";
  return istarts_with(command, "RCPT") && reply.starts_with(kCode) &&
         reply.substr(kCode.size()).starts_with(smtp::kBadRecipient);
}

/// As long as no more is known of it.
queue::AtDoor dropped_by(std::uint32_t uid) {
  queue::AtDoor message;
  message.source.kind = mail::Source::Kind::local;
  message.source.uid = uid;
  message.client = mail::client_text(message.source);
  message.has_sender = false;
  return message;
}

void tell_gone(Level level, std::string_view event, const queue::DropBox::Gone& gone) {
  log(level, event,
      {{"uid", gone.uid}, {"file", gone.file}, {"since", to_rfc3339(gone.since)}, {"begins", gone.begins}});
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
  transaction.user = uid;
  transaction.envelope.source.helo = queue::kDroppedHelo;
  return transaction;
}

Pickup::Pickup(queue::DropBox& box, queue::Queue& queue, const Clock& clock, SubmissionMemory& memory,
               CurrentConfig config)
    : box_(box), queue_(queue), clock_(clock), memory_(memory), config_(std::move(config)) {}

Task<void> Pickup::run() {
  while (!stopping_) {
    co_await tidy();
    const bool more = co_await look();
    tell_more_displaced();
    if (!stopping_ && !more) co_await box_.wait(troubles_.empty() && no_list_.empty() ? kRescan : kRetry);
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

/// True: more lies there that need not wait.
Task<bool> Pickup::look() {
  troubles_.clear();
  auto listed = co_await box_.list(turn_);
  if (!listed) {
    // Whoever runs the daemon as an ordinary user has none.
    const bool none = listed.error().failure == Failure::not_found;
    const std::string text = none ? std::string() : listed.error().text;
    if (std::exchange(no_list_, text) != text && !none)
      log(Level::error, "dropped mail cannot be taken now", {{"reason", text}});
    co_return false;
  }
  no_list_.clear();
  const queue::DropBox::Look look = std::move(*listed);
  const SteadyTime begun = clock_.steady();
  std::size_t well = 0;  // taken, or out of the way
  bool skipped = false;
  for (const Waiting& file : look.files) {
    if (stopping_) co_return false;
    // A look without success goes on to everybody, since there is a pause behind it.
    if (well > 0 && clock_.steady() - begun >= kLook) co_return true;
    const auto before = troubles_.find(file.party);
    const unsigned count = before == troubles_.end() ? 0 : before->second;
    if (count >= kTroubles) {
      skipped = true;
      continue;
    }
    turn_.last = file.party;
    co_await take(file);
    const auto after = troubles_.find(file.party);
    if (after == troubles_.end() || after->second == count) ++well;
  }
  if (look.left == 0 && !skipped) settle(look);
  co_return look.left > 0 && well > 0;
}

/// All was looked at: what is not there, or went well, is remembered no longer.
void Pickup::settle(const queue::DropBox::Look& look) {
  std::set<std::string_view> names;
  for (const Waiting& file : look.files) names.insert(file.at.name);
  std::erase_if(stored_, [&](const std::string& name) { return !names.contains(name); });
  std::erase_if(told_, [&](const auto& one) { return !troubles_.contains(one.first); });
  std::erase_if(turn_.behind, [&](const auto& one) { return !troubles_.contains(one.first); });
}

/// A frame that is over a limit stays: its sender was told that it is safe.
Task<void> Pickup::take(Waiting waiting) {
  if (stored_.contains(waiting.at.name)) {
    co_await discard(waiting);
    co_return;
  }
  known_ = dropped_by(waiting.uid);
  const auto file = co_await box_.open(waiting.at.name, smtp::kDropFrame);
  if (!file) {
    const Error& error = file.error();
    if (error.failure == Failure::not_found) co_return;
    if (error.failure == Failure::invalid || error.failure == Failure::denied) {
      co_await refuse(waiting, error.text);
    } else {
      trouble(waiting, error.text);
    }
    co_return;
  }
  known_ = dropped_by((*file)->uid());
  const std::uint32_t party = config_()->parties.of((*file)->uid());
  if (const auto room = queue_.room_for((*file)->size(), party); !room) {
    const bool over_limit = room.error().failure == Failure::limit;  // the owner's doing, and nothing is broken
    // Nothing can go that would make room for what is larger than all that its owner may have.
    if (!over_limit || queue_.usage(party).messages > 0) {
      trouble(waiting, room.error().text, over_limit ? Level::notice : Level::error);
      co_return;
    }
  }
  const auto outcome = co_await copy(*file);
  if (!outcome && outcome.error().failure == Failure::invalid) {
    co_await refuse(waiting, outcome.error().text);
  } else if (!outcome) {
    trouble(waiting, outcome.error().text);
  } else if (!outcome->refusal) {
    co_await discard(waiting);
  } else if (outcome->refusal->code >= 500) {
    co_await refuse(waiting, outcome->refusal->text);
  } else {
    trouble(waiting, outcome->refusal->text);
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
      EnvelopeCompletion completion(transaction->envelope, *config);
      while (completion.step()) co_await boost::asio::post(boost::asio::use_awaitable);
      acceptor = std::make_unique<Acceptor>(*config, queue_, clock_, &memory_, std::move(*transaction));
    }
    if (!is_ascii(text)) seen = mail::BodyType::eight_bit;
    if (acceptor) co_await acceptor->take(text);
  }
  if (auto whole = reader.finish(); !whole) co_return whole.error();
  acceptor->note_mended(reader.mended());
  Acceptor::Outcome outcome = co_await acceptor->finish(seen);
  if (outcome.refusal) known_ = acceptor->refused();
  co_return outcome;
}

Task<void> Pickup::discard(Waiting file) {
  const auto removed = co_await box_.remove(file.at.name);
  if (removed || removed.error().failure == Failure::not_found) {
    stored_.erase(file.at.name);
    co_return;
  }
  stored_.insert(file.at.name);
  trouble(file, removed.error().text);
}

Task<void> Pickup::refuse(Waiting file, std::string reason) {
  const auto aside = co_await box_.set_aside(file.at.name);
  if (!aside && aside.error().failure == Failure::not_found) co_return;
  if (!aside) {
    trouble(file, aside.error().text);
    co_return;
  }
  for (const queue::DropBox::Gone& gone : aside->displaced) tell_displaced(gone);
  if (!aside->kept.empty()) queue_.drop_refused();
  if (const auto config = config_(); config->recorder != nullptr) config->recorder->refused(known_, reason);
  if (!refusals_.may_log(mail::party_text(config_()->parties.of(aside->uid)), clock_.steady())) co_return;
  const std::string now = aside->kept.empty() ? "removed" : aside->kept;
  log(Level::warning, "dropped file refused",
      {{"uid", aside->uid}, {"reason", reason}, {"file", file.at.name}, {"now", now}});
}

/// It may have been mail, and this line all that is left of it: none goes unsaid, though many are said in one.
void Pickup::tell_displaced(const queue::DropBox::Gone& gone) {
  Displaced& all = displaced_.try_emplace(gone.uid, Displaced{0, gone.since, gone.since}).first->second;
  all.oldest = std::min(all.oldest, gone.since);
  all.newest = std::max(all.newest, gone.since);
  if (++all.files <= kTold) tell_gone(Level::warning, "refused file removed to make place", gone);
}

void Pickup::tell_more_displaced() {
  for (const auto& [uid, all] : std::exchange(displaced_, {})) {
    if (all.files <= kTold) continue;
    log(Level::warning, "refused files removed to make place",
        {{"uid", uid}, {"files", all.files}, {"oldest", to_rfc3339(all.oldest)}, {"newest", to_rfc3339(all.newest)}});
  }
}

/// A clock that was just set, or is wrong until the network comes, does not age what is kept.
Task<void> Pickup::tidy() {
  const Reading now{clock_.steady(), clock_.wall()};
  if (!even_since_) even_since_ = now;
  const auto by_steady = std::chrono::floor<Milliseconds>(now.steady - even_since_->steady);
  const bool even = std::chrono::abs(now.wall - even_since_->wall - by_steady) <= kUneven;
  if (even && by_steady < kTidy) co_return;
  even_since_ = now;
  if (!even) co_return;
  const auto forgotten = co_await box_.forget_refused(now.wall - queue::kRefusedKept);
  if (!forgotten) {
    log(Level::warning, "refused files cannot be looked at", {{"reason", forgotten.error().text}});
    co_return;
  }
  for (const queue::DropBox::Gone& gone : *forgotten) {
    tell_gone(Level::notice, "refused file removed, it was kept for 30 days", gone);
  }
}

/// Told when it begins or changes; the files stay where they are and are looked at again.
void Pickup::trouble(const Waiting& file, const std::string& text, Level level) {
  ++troubles_[file.party];
  turn_.behind[file.party] = file.at;
  std::set<std::string>& told = told_[file.party];
  if (told.size() >= kTold || !told.insert(text).second) return;
  log(level, "dropped mail cannot be taken now", {{"uid", file.uid}, {"reason", text}, {"file", file.at.name}});
}

}  // namespace postern::submission
