#include "setup/present_root.h"

#include "base/durable_file.h"
#include "mail/address.h"
#include "mail/aliases_file.h"

#include <algorithm>

namespace postern::setup {
namespace {

/// To whom the file's alias for root leads in the end, with those of the settings. A local user has no mailbox here
/// (`root: joe`, as Debian writes it where somebody said so), and is nobody to send mail to; empty: such alone.
std::string mailbox_of_root(mail::LocalNames names, mail::Aliases of_file) {
  names.of_file = std::move(of_file);
  const std::vector<std::string> recipients = names.recipients_of("root");
  const auto found = std::ranges::find_if(recipients, [&names](const std::string& one) {
    return names.kind_of(mail::split_address(one).domain) != mail::LocalNames::Kind::machine;
  });
  return found == recipients.end() ? std::string() : *found;
}

}  // namespace

PresentRoot present_root(const settings::Settings& settings) {
  PresentRoot present;
  const mail::LocalNames& names = settings.names;
  const auto own = names.aliases.find("root");
  if (own != names.aliases.end() && !own->second.empty()) present.target = own->second.front();
  if (names.aliases_file.empty()) return present;
  const auto text = read_file(names.aliases_file, mail::kLargestAliasesFile);
  if (!text) return present;
  mail::Aliases of_file = mail::parse_aliases_file(*text).aliases;
  if (!of_file.contains("root")) return present;
  present.file = names.aliases_file;
  if (!present.target.empty()) return present;
  present.target = mailbox_of_root(names, std::move(of_file));
  present.of_file = !present.target.empty();
  return present;
}

}  // namespace postern::setup
