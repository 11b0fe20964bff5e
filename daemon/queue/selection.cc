#include "queue/selection.h"

#include "base/letters.h"
#include "mail/wanted_address.h"
#include "queue/entry.h"

#include <algorithm>

namespace postern::queue {
namespace {

bool is_address(const std::string& address, const std::string& wanted) {
  return wanted == "<>" ? address.empty() : mail::has_address(address, lowered(wanted));
}

bool is_sender(const Entry& entry, const std::string& wanted) {
  return entry.is_read() && is_address(entry.sender, wanted);
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

bool goes_by(const Entry& entry, const std::string& route) {
  return std::ranges::any_of(entry.routes, [&](const std::string& one) { return is_same_route(one, route); });
}

}  // namespace

bool is_same_route(const std::string& a, const std::string& b) { return iequals(without_blanks(a), without_blanks(b)); }

bool may_match(const Selection& selection, const QueueId& id, State state) {
  if (selection.state && state != *selection.state) return false;
  if (selection.through && id > *selection.through) return false;
  if (selection.before && id.accepted() >= *selection.before) return false;
  return !selection.since || id.accepted() >= *selection.since;
}

bool matches(const Selection& selection, const Entry& entry) {
  if (!may_match(selection, entry.id, entry.state)) return false;
  if (selection.owner && entry.source.uid != selection.owner) return false;
  if (selection.site && !iequals(entry.site, *selection.site)) return false;
  if (selection.route && !goes_by(entry, *selection.route)) return false;
  if (selection.sender && !is_sender(entry, *selection.sender)) return false;
  if (selection.text && !has_part(entry.reason, lowered(*selection.text))) return false;
  if (!selection.recipient) return true;
  return std::ranges::any_of(entry.recipients,
                             [&](const Entry::Rcpt& one) { return is_address(one.address, *selection.recipient); });
}

}  // namespace postern::queue
