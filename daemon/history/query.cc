#include "history/query.h"

#include "base/letters.h"
#include "base/text.h"
#include "mail/wanted_address.h"

#include <algorithm>
#include <utility>

namespace postern::history {
namespace {

bool is_address(std::string_view address, std::string_view wanted) {
  return wanted == "<>" ? address == wanted : mail::has_address(address, wanted);
}

/// As it stands in a record, but for the case of its letters.
std::optional<std::string> as_recorded(const std::optional<std::string>& text) {
  return text ? std::optional(lowered(printable(*text))) : std::nullopt;
}

}  // namespace

Matcher::Matcher(Query query) : query_(std::move(query)) {
  for (auto* text : {&query_.from, &query_.to, &query_.subject, &query_.message_id, &query_.id})
    *text = as_recorded(*text);
  if (query_.since) since_ = to_rfc3339(*query_.since);
  if (query_.until) until_ = to_rfc3339(*query_.until);
  if (query_.files_since) files_since_ = to_rfc3339(*query_.files_since);
  if (query_.uid) uid_ = std::to_string(*query_.uid);
  if (query_.owner) owner_ = std::to_string(*query_.owner);
  // Those named in one record stand in a row.
  if (query_.to) query_.to = with_escaped_blanks(*query_.to);
}

bool Matcher::may_match(std::string_view line) const {
  return !query_.id || line.find(*query_.id) != std::string_view::npos || is_left_out(line);
}

/// Of `line_of()`: the kind stands behind the time.
bool Matcher::is_left_out(std::string_view line) {
  const std::size_t at = line.find('\t');
  return at != std::string_view::npos && line.substr(at + 1).starts_with("left_out\t");
}

/// A mark stands behind what it tells of, on a quiet machine by hours.
bool Matcher::may_lack(const View& view) const {
  if (view[Field::at] < std::max(since_, files_since_)) return false;
  if (!uid_.empty() && view[Field::uid] != uid_) return false;
  return until_.empty() || first_left_out(view) < until_;
}

bool Matcher::may_see(const View& view) const { return owner_.empty() || view[Field::owner] == owner_; }

bool Matcher::matches(const View& view) const { return is_in_time(view) && matches_but_for_time(view); }

bool Matcher::is_in_time(const View& view) const {
  return view[Field::at] >= since_ && (until_.empty() || view[Field::at] < until_);
}

bool Matcher::matches_but_for_time(const View& view) const {
  if (!may_see(view)) return false;
  if (!uid_.empty() && view[Field::uid] != uid_) return false;
  if (query_.id && !view[Field::id].starts_with(*query_.id)) return false;
  if (query_.site && view[Field::site] != *query_.site) return false;
  if (query_.from && !is_address(view[Field::from], *query_.from)) return false;
  const bool to = !query_.to || mail::has_address(view[Field::to], *query_.to) ||
                  mail::has_address(view[Field::original], *query_.to);
  if (!to) return false;
  if (query_.subject && !has_part(view[Field::subject], *query_.subject)) return false;
  if (query_.message_id && !has_part(view[Field::message_id], *query_.message_id)) return false;
  if (query_.kinds.empty()) return true;
  const auto kind = kind_named(view[Field::kind]);
  return kind && query_.kinds.contains(*kind);
}

}  // namespace postern::history
