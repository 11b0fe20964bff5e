#include "app/new_aliases.h"

#include "base/text.h"

namespace postern::app {

std::string no_aliases_file(const std::string& config_file) {
  return "no file of aliases is read, since 'aliases_file' is none: the aliases are those of " +
         printable(config_file) + ", and a change there needs: postern reload\n";
}

std::string words_of(const mail::LocalNames& names, const settings::FreshAliases& fresh) {
  const std::size_t aliases = fresh.of_file.size();
  std::string words =
      printable(names.aliases_file) + ": " + std::to_string(aliases) + (aliases == 1 ? " alias" : " aliases");
  if (fresh.passed_over > 0) words += ", " + std::to_string(fresh.passed_over) + " passed over";
  words += '\n';
  for (const auto& [name, targets] : names.aliases) {
    const auto found = fresh.of_file.find(name);
    if (found == fresh.of_file.end() || found->second == targets) continue;
    words += '\'' + printable(name) + "' has no effect there: the settings have an alias of this name\n";
  }
  for (const settings::Problem& warning : fresh.warnings) words += warning.str() + '\n';
  return words;
}

}  // namespace postern::app
