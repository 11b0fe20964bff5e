// Recipients, one after the other, and who gets mail for them by the aliases of a machine. What LocalNames says of one
// address, for the envelope of a message: an alias is followed once, however often and in whatever spelling it is
// named, so that sixty thousand recipients of one alias cost what they are, and not its targets sixty thousand times.
#pragma once

#include "mail/local_names.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace postern::mail {

class Expansion {
 public:
  /// The names outlive it.
  explicit Expansion(const LocalNames& names) : names_(names) {}

  /// The addresses that get mail for this one, as of LocalNames::recipients_of(), less those that were found before.
  std::vector<std::string> add(std::string_view address);

 private:
  struct Named;  // an address, and what is known of it
  struct Alias {
    std::string key;
    const std::vector<std::string>* targets = nullptr;
    bool whole = false;  ///< the address has a domain that may have mailboxes
  };

  [[nodiscard]] bool on_path(std::string_view key) const;
  [[nodiscard]] Alias alias_of(const Named& named);
  bool keep(const Named& named);
  bool expand(std::string_view address);
  bool follow(const Alias& alias);

  const LocalNames& names_;
  std::vector<std::string> path_;  ///< the aliases being followed, outermost first
  /// All that were followed: a second way to one adds nothing.
  std::unordered_map<std::string, bool> leads_to_somebody_;
  /// Of these, the ones of this address. If a way of it was cut, because it came back to itself, they have not been
  /// followed as far as they would be by themselves.
  std::vector<std::string> fresh_;
  bool cut_ = false;
  std::unordered_set<std::string> kept_;  ///< mailboxes that were found
  std::vector<std::string> found_;        ///< for this address
};

}  // namespace postern::mail
