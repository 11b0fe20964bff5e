#include "history/endings.h"

#include "base/letters.h"
#include "base/text.h"
#include "mail/wanted_address.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace postern::history {
namespace {

constexpr std::size_t kMostNames = 100;  // of a message

std::size_t recipients_of(const Record& record) {
  return static_cast<std::size_t>(parse_number(record[Field::count]).value_or(1));
}

}  // namespace

Endings::Endings(std::string to) : to_(lowered(printable(to))) {}

bool Endings::is_told(const Shown& shown, const Record& acceptance) const {
  const std::size_t all = recipients_of(acceptance);
  const std::vector<std::string> names = texts_in_row(acceptance[Field::to]);
  // Where not all are named, some that are looked for may not be.
  const bool by_names = names.size() == all && shown.names.size() < kMostNames;
  if (shown.all || (!by_names && shown.ended >= all)) return true;
  // Of more names than are remembered the count alone tells whether anybody is missing.
  if (names.size() < all || (!by_names && to_.empty())) return false;
  const std::vector<std::string> originals = texts_in_row(acceptance[Field::original]);
  bool any = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool wanted = to_.empty() || mail::has_address(names[i], to_) ||
                        (i < originals.size() && mail::has_address(originals[i], to_));
    if (!wanted) continue;
    if (!shown.names.contains(names[i])) return false;
    any = true;
  }
  return any;
}

bool Endings::shows(const Record& record) {
  const std::optional<Kind> kind = kind_named(record[Field::kind]);
  if (!kind || *kind == Kind::refused || record[Field::id].empty()) return true;
  if (*kind == Kind::accepted) {
    if (std::exchange(accepted_, record[Field::id]) != record[Field::id]) {
      auto known = messages_.extract(accepted_);
      of_accepted_ = known ? std::move(known.mapped()) : Shown();
    }
    const bool told = is_told(of_accepted_, record);
    of_accepted_.ended -= std::min(of_accepted_.ended, recipients_of(record));
    return !told;
  }
  if (messages_.size() >= kMost && !messages_.contains(record[Field::id])) messages_.clear();
  Shown& shown = messages_[record[Field::id]];
  if (*kind == Kind::deleted || *kind == Kind::corrupt) shown.all = true;
  const std::vector<std::string> names = texts_in_row(record[Field::to]);
  const auto told = static_cast<std::size_t>(
      std::ranges::count_if(names, [&](const std::string& one) { return shown.names.contains(one); }));
  const bool again = shown.all || (!names.empty() && told == names.size());
  if (*kind == Kind::deferred && again) return false;
  for (const std::string& one : names) {
    if (shown.names.size() < kMostNames) shown.names.insert(one);
  }
  shown.ended += recipients_of(record) - (*kind == Kind::deferred ? told : 0);
  return true;
}

void Ended::add(const Record& record) {
  const std::optional<Kind> kind = kind_named(record[Field::kind]);
  const bool shown = kind == Kind::deferred || endings_.shows(record);
  any_ = any_ || (kind != Kind::deferred && kind != Kind::accepted);
  if (kind == Kind::accepted) told_ = told_ && !shown;
  ended_ = kind == Kind::accepted ? told_ : any_;
}

}  // namespace postern::history
