#include "control/mailq.h"

#include "base/text.h"
#include "base/zone.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/summary.h"
#include "control/veil.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::control {
namespace {

constexpr std::size_t kReasonColumn = 76;  // where a reason ends, as Postfix has it

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
  return fmt::format("{:>{}}\n", "(" + mail::cut(reason, kListedWords) + ")", kReasonColumn);
}

}  // namespace

std::string mailq_entry(const queue::Entry& entry) {
  const std::string sender = entry.sender.empty() ? "MAILER-DAEMON" : printable(entry.sender);
  std::string text = fmt::format("{}{} {:>8} {} {}\n", entry.id.text(), mark(entry.state), entry.size,
                                 local_text(entry.accepted, "%a %b %e %H:%M:%S"), sender);
  std::string shown;
  // Where nobody is waited for, those that failed are what there is to see: in failed/, or their sender is to be told.
  const bool ended = std::ranges::all_of(entry.recipients, settled);
  for (const queue::Entry::Rcpt& recipient : entry.recipients) {
    const bool delivered = recipient.last && recipient.last->verdict == mail::Verdict::delivered;
    if (delivered || (settled(recipient) && !ended)) continue;
    if (const std::string reason = printable(reason_for(entry, &recipient)); !reason.empty() && reason != shown) {
      text += reason_line(reason);
      shown = reason;
    }
    text += fmt::format("{:>46} {}\n", "", printable(recipient.address));
  }
  if (entry.recipients.empty()) {
    if (const std::string reason = printable(reason_for(entry, nullptr)); !reason.empty()) text += reason_line(reason);
  }
  return text + "\n";
}

std::string mailq_footer(std::uint64_t bytes, std::uint64_t requests) {
  return fmt::format("-- {} Kbytes in {} Request{}.\n", bytes / 1024, requests, requests == 1 ? "" : "s");
}

Task<Result<int>> run_mailq(Call& call) {
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
  queue::Selection own = call.caller.own(queue::Selection());
  const std::unique_ptr<queue::Listing> listing = call.context.queue.list(std::move(own));
  while (true) {
    std::vector<queue::Entry> page = co_await listing->next();
    if (page.empty()) break;
    for (queue::Entry& entry : page) {
      if (!call.caller.administrator) veil(entry);
      std::string text = requests == 0 ? std::string(kMailqHeader) : std::string();
      text += mailq_entry(entry);
      const Result<void> sent = co_await call.answer.text(text);
      if (!sent) co_return sent.error();
      bytes += entry.size;
      ++requests;
    }
  }
  const std::string last = requests == 0 ? std::string(kMailqEmpty) : mailq_footer(bytes, requests);
  const Result<void> sent = co_await call.answer.text(last);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

}  // namespace postern::control
