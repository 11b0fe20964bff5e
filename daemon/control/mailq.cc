#include "control/mailq.h"

#include "base/text.h"
#include "base/zone.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/listed.h"
#include "control/readable.h"
#include "control/requests.h"
#include "mail/list_text.h"
#include "mail/tally.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::control {
namespace {

constexpr std::uint64_t kTallyLines = 256;  // sent at once
constexpr std::size_t kReasonColumn = 76;   // where a reason ends, as Postfix has it

std::string_view mark(queue::State state) {
  if (state == queue::State::active) return "*";
  if (state == queue::State::held) return "!";
  return " ";
}

bool settled(const queue::Entry::Rcpt& recipient) {
  return recipient.last && recipient.last->verdict != mail::Verdict::deferred;
}

std::string reason_for(const queue::Entry& entry, const queue::Entry::Rcpt* recipient) {
  std::string reason;
  if (recipient != nullptr && recipient->last) reason = mail::to_text(*recipient->last);
  if (reason.empty()) reason = entry.reason;
  const bool failed = recipient != nullptr && recipient->last && recipient->last->verdict == mail::Verdict::failed;
  if (failed || entry.state == queue::State::failed) return reason.empty() ? "failed" : "failed: " + reason;
  if (entry.state == queue::State::corrupt) return reason.empty() ? "the file is damaged" : "damaged: " + reason;
  return reason;
}

std::string reason_line(const std::string& reason) {
  return fmt::format("{:>{}}\n", "(" + mail::cut(reason, mail::kListedWords) + ")", kReasonColumn);
}

std::string recipient_line(const std::string& address) { return fmt::format("{:>46} {}\n", "", printable(address)); }

}  // namespace

std::string mailq_entry(const queue::Entry& entry, std::size_t recipients) {
  const std::string sender = !entry.is_read() ? "?" : entry.sender.empty() ? "MAILER-DAEMON" : printable(entry.sender);
  std::string text = fmt::format("{}{} {:>8} {} {}\n", entry.id.text(), mark(entry.state), entry.size,
                                 local_text(entry.accepted, "%a %b %e %H:%M:%S"), sender);
  std::string shown;
  // Where nobody is waited for, those that failed are what there is to see: in failed/, or their sender is to be told.
  const bool ended = std::ranges::all_of(entry.recipients, settled);
  bool named = false;
  for (const queue::Entry::Rcpt& recipient : entry.recipients) {
    const bool delivered = recipient.last && recipient.last->verdict == mail::Verdict::delivered;
    if (delivered || (settled(recipient) && !ended)) continue;
    if (const std::string reason = printable(reason_for(entry, &recipient)); !reason.empty() && reason != shown) {
      text += reason_line(reason);
      shown = reason;
    }
    text += recipient_line(recipient.address);
    named = true;
  }
  if (!named) {
    if (const std::string reason = printable(reason_for(entry, nullptr)); !reason.empty()) text += reason_line(reason);
  }
  if (ended && !entry.unread.empty()) {
    text += reason_line("failed: this cannot be read as an address");
    for (const std::string& one : entry.unread) text += recipient_line(one);
  }
  if (recipients > entry.recipients.size()) {
    text += recipient_line(fmt::format("and {} more recipients", recipients - entry.recipients.size()));
  }
  return text + "\n";
}

std::string mailq_footer(std::uint64_t bytes, std::uint64_t requests) {
  return fmt::format("-- {} Kbytes in {} Request{}.\n", bytes / 1024, requests, requests == 1 ? "" : "s");
}

std::string mailq_unlisted(std::uint64_t listed, const Unlisted& unlisted, const std::string& spool) {
  std::string text;
  if (unlisted.others > 0) {
    text += fmt::format("{}{}.\n", mail::all_and_own(listed + unlisted.others, listed),
                        listed == 0 ? "" : "; the Kbytes are of yours alone");
  }
  if (unlisted.dropped > 0) {
    text += fmt::format("{} {} in {}/drop, not taken up yet.\n", mail::messages(unlisted.dropped),
                        unlisted.dropped == 1 ? "lies" : "lie", printable(spool));
  }
  if (!unlisted.unseen.empty()) {
    text +=
        fmt::format("Whether mail lies in {}/drop cannot be seen: {}.\n", printable(spool), printable(unlisted.unseen));
  }
  return text;
}

namespace {

/// For programs that count lines.
Task<Result<void>> say_tally(Answer& answer, std::uint64_t count, WallTime now) {
  if (count == 0) co_return Result<void>();
  std::string text = mail::tally_heading();
  for (std::uint64_t number = 1; number <= count; ++number) {
    text += mail::tally_line(number, now);
    if (number % kTallyLines != 0) continue;
    const Result<void> sent = co_await answer.text(text);
    if (!sent) co_return sent;
    text.clear();
  }
  text += mail::tally_total(count);
  co_return co_await answer.text(text);
}

}  // namespace

/// With the argument "tally" it is for a program rather than a person.
Task<Result<int>> run_mailq(Call& call) {
  std::uint64_t bytes = 0;
  std::uint64_t listed = 0;
  const std::unique_ptr<queue::Listing> listing = readable(call, queue::Selection());
  while (true) {
    const std::vector<Listed> page = co_await next_page(*listing);
    if (page.empty()) break;
    for (const auto& [entry, recipients] : page) {
      std::string text = listed == 0 ? std::string(kMailqHeader) : std::string();
      text += mailq_entry(entry, recipients);
      const Result<void> sent = co_await call.answer.text(text);
      if (!sent) co_return sent.error();
      bytes += entry.size;
      ++listed;
    }
  }
  Unlisted unlisted;
  unlisted.others = others(call.context.queue.totals(), listed, call.caller);
  if (call.context.dropped) {
    const Result<queue::DropState> dropped = co_await call.context.dropped();
    if (dropped) unlisted.dropped = dropped->waiting;
    if (!dropped) unlisted.unseen = dropped.error().text;
  }
  const std::uint64_t all = listed + unlisted.others + unlisted.dropped + (unlisted.unseen.empty() ? 0 : 1);

  const std::string counts = mailq_unlisted(listed, unlisted, call.context.spool);
  const Result<void> counted = co_await call.answer.text(counts);
  if (!counted) co_return counted.error();
  const std::vector<std::string> arguments = arguments_of(call.request);
  if (!arguments.empty() && arguments.front() == "tally") {
    const Result<void> sent = co_await say_tally(call.answer, all, call.context.clock.wall());
    if (!sent) co_return sent.error();
  }
  const std::string last = all == 0 ? std::string(kMailqEmpty) : mailq_footer(bytes, all);
  const Result<void> sent = co_await call.answer.text(last);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

}  // namespace postern::control
