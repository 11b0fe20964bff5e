#include "mail/aliases.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/idn.h"

#include <algorithm>
#include <unordered_set>

namespace postern::mail {
namespace {

constexpr std::size_t kDepth = 10;

struct Expansion {
  const Aliases& aliases;
  const std::vector<std::string>& local_domains;
  std::vector<std::string> path;         ///< the names being expanded, outermost first
  std::vector<std::string> seen;         ///< every name that was expanded: a second way to it adds nothing
  std::unordered_set<std::string> kept;  ///< mailboxes that were found
  std::vector<std::string> found;

  [[nodiscard]] Aliases::const_iterator lookup(std::string_view address) const {
    const std::string ascii = with_ascii_domain(address);  // names of hosts are compared as the settings have them
    const AddressParts parts = split_address(ascii);
    const bool local = parts.domain.empty() || std::ranges::any_of(local_domains, [&](const std::string& domain) {
                         return iequals(domain, parts.domain);
                       });
    if (!local) return aliases.end();
    const auto own = aliases.find(to_lower(parts.local));
    return own != aliases.end() ? own : aliases.find("*");
  }

  void keep(std::string_view address) {
    if (kept.insert(mailbox_key(with_ascii_domain(address))).second) found.emplace_back(address);
  }

  void expand(std::string_view address) {
    const auto alias = lookup(address);
    const bool loops = alias != aliases.end() && std::ranges::find(path, alias->first) != path.end();
    if (alias == aliases.end() || alias->second.empty() || loops || path.size() == kDepth) {
      keep(address);
      return;
    }
    if (std::ranges::find(seen, alias->first) != seen.end()) return;
    seen.push_back(alias->first);
    path.push_back(alias->first);
    for (const std::string& target : alias->second) expand(target);
    path.pop_back();
  }
};

}  // namespace

std::vector<std::string> expand_alias(std::string_view address, const Aliases& aliases,
                                      const std::vector<std::string>& local_domains) {
  Expansion expansion{aliases, local_domains, {}, {}, {}, {}};
  expansion.expand(address);
  return std::move(expansion.found);
}

std::vector<std::string> recipients_for(std::string_view address, const Aliases& aliases, const std::string& hostname,
                                        const std::string& domain) {
  std::vector<std::string> recipients = expand_alias(address, aliases, {hostname, domain, "localhost"});
  for (std::string& recipient : recipients) recipient = complete_address(recipient, domain);
  return recipients;
}

}  // namespace postern::mail
