#include "mail/expansion.h"

#include "mail/address.h"
#include "mail/idn.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace postern::mail {
namespace {

// Circles are found by themselves: this only keeps the stack small.
constexpr std::size_t kDepth = 100;

}  // namespace

std::vector<std::string> Expansion::add(std::string_view address) {
  if (!expand(address)) keep(address);
  // The alias of the address itself was followed from the beginning.
  if (std::exchange(cut_, false)) {
    for (std::size_t i = 1; i < fresh_.size(); ++i) leads_to_somebody_.erase(fresh_[i]);
  }
  fresh_.clear();
  return std::exchange(found_, {});
}

bool Expansion::on_path(std::string_view key) const { return std::ranges::find(path_, key) != path_.end(); }

Expansion::Alias Expansion::alias_of(std::string_view address) {
  const AddressParts parts = split_address(address);
  const LocalNames::Kind kind = names_.kind_of(parts.domain);
  if (kind == LocalNames::Kind::foreign) return {};
  std::string key = alias_key(parts.local);
  const bool whole = kind != LocalNames::Kind::machine;
  if (const auto* own = names_.own_alias(key, parts.domain)) return {std::move(key), own, whole};
  // Who writes an address of the domain out as a target means it, so nothing else catches it.
  const bool caught = kind == LocalNames::Kind::machine || (kind == LocalNames::Kind::domain && path_.empty());
  if (!caught) return {};
  if (on_path(kCatchAll)) {
    cut_ = true;
    return {};
  }
  return {std::string(kCatchAll), names_.own_alias(std::string(kCatchAll), parts.domain), whole};
}

bool Expansion::keep(std::string_view address) {
  const AddressParts parts = split_address(address);
  std::string whole(address);
  if (!address.empty() && names_.kind_of(parts.domain) == LocalNames::Kind::machine) {
    whole = complete_address(parts.local, names_.domain);
  }
  if (kept_.insert(mailbox_key(with_ascii_domain(whole))).second) found_.push_back(std::move(whole));
  return true;
}

/// False: it leads back to where it comes from, and so to nobody.
bool Expansion::expand(std::string_view address) {
  if (address.empty()) return keep(address);
  if (address.starts_with('\\') && !path_.empty()) return keep(address.substr(1));
  const Alias alias = alias_of(address);
  if (alias.targets == nullptr || path_.size() == kDepth) return keep(address);
  // root: [root, admin@example.com], or root: root@example.com where that is the domain.
  const bool itself = !path_.empty() && alias.key == path_.back();
  if (itself) return (alias.whole || alias.targets->size() > 1) && keep(address);
  if (on_path(alias.key)) {
    cut_ = true;
    return false;
  }
  if (follow(alias)) return true;
  // The catch-all is what a name has that has nothing else, so it takes nothing from it: with `root: joe` and
  // "*": root it is joe who gets root's mail.
  return alias.key == kCatchAll && keep(address);
}

bool Expansion::follow(const Alias& alias) {
  // Behind the catch-all a name without an alias is a mailbox, elsewhere it is caught.
  const std::string state = (on_path(kCatchAll) ? "caught " : "") + alias.key;
  const auto [known, is_new] = leads_to_somebody_.try_emplace(state, false);
  if (!is_new) return known->second;
  fresh_.push_back(state);
  path_.push_back(alias.key);
  bool somebody = false;
  for (const std::string& target : *alias.targets) somebody = expand(target) || somebody;
  path_.pop_back();
  leads_to_somebody_[state] = somebody;
  return somebody;
}

}  // namespace postern::mail
