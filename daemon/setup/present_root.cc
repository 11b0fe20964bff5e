#include "setup/present_root.h"

#include "base/durable_file.h"
#include "mail/aliases_file.h"

namespace postern::setup {
namespace {

std::string first_target(const mail::Aliases& aliases) {
  const auto found = aliases.find("root");
  return found == aliases.end() || found->second.empty() ? std::string() : found->second.front();
}

}  // namespace

PresentRoot present_root(const settings::Settings& settings) {
  PresentRoot present;
  present.target = first_target(settings.names.aliases);
  if (settings.names.aliases_file.empty()) return present;
  const auto text = read_file(settings.names.aliases_file, mail::kLargestAliasesFile);
  if (!text) return present;
  std::string target = first_target(mail::parse_aliases_file(*text).aliases);
  if (target.empty()) return present;
  present.file = settings.names.aliases_file;
  if (!present.target.empty()) return present;
  present.target = std::move(target);
  present.of_file = true;
  return present;
}

}  // namespace postern::setup
