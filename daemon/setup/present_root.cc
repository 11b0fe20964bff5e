#include "setup/present_root.h"

#include "mail/address.h"
#include "settings/local_names.h"

#include <algorithm>

namespace postern::setup {
namespace {

constexpr const char* kRoot = "root";

/// To whom an alias for root leads in the end. A local user has no mailbox here (`root: joe`, as Debian writes it where
/// somebody said so), and is nobody to send mail to; empty: such alone.
std::string mailbox_of_root(const mail::LocalNames& names) {
  if (!names.has_alias(kRoot)) return {};
  const std::vector<std::string> recipients = names.recipients_of(kRoot);
  const auto found = std::ranges::find_if(recipients, [&names](const std::string& one) {
    return names.kind_of(mail::split_address(one).domain) != mail::LocalNames::Kind::machine;
  });
  return found == recipients.end() ? std::string() : *found;
}

}  // namespace

PresentRoot present_root(const settings::Settings& settings, const settings::User& reader) {
  const mail::LocalNames names = settings::completed(settings.names, reader);
  PresentRoot present;
  present.target = mailbox_of_root(names);
  const bool of_its_own = names.of_file.contains(kRoot);
  const bool said = names.aliases.contains(kRoot) || (!of_its_own && names.aliases.contains("*"));
  present.of_file = !present.target.empty() && !said;
  if (present.of_file || of_its_own) present.file = names.aliases_file;
  return present;
}

}  // namespace postern::setup
