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

/// A domain in letters takes a while to be read, so it is made ASCII once; whatever asks for it then has it at hand.
struct Expansion::Named {
  Named(const LocalNames& names, std::string_view given)
      : address(given),
        ascii(with_ascii_domain(given)),
        parts(split_address(ascii)),
        kind(names.kind_of(parts.domain)) {}
  ~Named() = default;
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;

  std::string_view address;
  std::string ascii;
  AddressParts parts;  ///< of `ascii`
  LocalNames::Kind kind;
};

std::vector<std::string> Expansion::add(std::string_view address) {
  if (!expand(address)) keep(Named(names_, address));
  // The alias of the address itself was followed from the beginning.
  if (std::exchange(cut_, false)) {
    for (std::size_t i = 1; i < fresh_.size(); ++i) leads_to_somebody_.erase(fresh_[i]);
  }
  fresh_.clear();
  return std::exchange(found_, {});
}

bool Expansion::on_path(std::string_view key) const { return std::ranges::find(path_, key) != path_.end(); }

Expansion::Alias Expansion::alias_of(const Named& named) {
  const auto& [local, domain] = named.parts;
  const LocalNames::Kind kind = named.kind;
  if (kind == LocalNames::Kind::foreign) return {};
  std::string key = alias_key(local);
  const bool whole = kind != LocalNames::Kind::machine;
  if (const auto* own = names_.own_alias(key, domain)) return {std::move(key), own, whole};
  // Who writes an address of the domain out as a target means it, so nothing else catches it.
  const bool caught = kind == LocalNames::Kind::machine || (kind == LocalNames::Kind::domain && path_.empty());
  if (!caught) return {};
  if (on_path(kCatchAll)) {
    cut_ = true;
    return {};
  }
  return {std::string(kCatchAll), names_.own_alias(std::string(kCatchAll), domain), whole};
}

bool Expansion::keep(const Named& named) {
  const bool bare = !named.address.empty() && named.kind == LocalNames::Kind::machine;
  std::string whole = bare ? complete_address(named.parts.local, names_.domain) : std::string(named.address);
  const bool is_new = kept_.insert(mailbox_key(bare ? with_ascii_domain(whole) : named.ascii)).second;
  if (is_new) found_.push_back(std::move(whole));
  return true;
}

/// False: it leads back to where it comes from, and so to nobody.
bool Expansion::expand(std::string_view address) {
  const bool final = address.starts_with('\\') && !path_.empty();
  const Named named(names_, final ? address.substr(1) : address);
  if (final || address.empty()) return keep(named);
  const Alias alias = alias_of(named);
  if (alias.targets == nullptr || path_.size() == kDepth) return keep(named);
  // root: [root, admin@example.com], or root: root@example.com where that is the domain.
  const bool itself = !path_.empty() && alias.key == path_.back();
  if (itself) return (alias.whole || alias.targets->size() > 1) && keep(named);
  if (on_path(alias.key)) {
    cut_ = true;
    return false;
  }
  if (follow(alias)) return true;
  // The catch-all is what a name has that has nothing else, so it takes nothing from it: with `root: joe` and
  // "*": root it is joe who gets root's mail.
  return alias.key == kCatchAll && keep(named);
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
