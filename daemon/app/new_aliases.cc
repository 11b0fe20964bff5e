#include "app/new_aliases.h"

#include "base/text.h"

namespace postern::app {

std::string no_aliases_file(const std::string& config_file) {
  return "no file of aliases is read, since 'aliases_file' is none: the aliases are those of " +
         printable(config_file) + ", and a change there needs: postern reload\n";
}

std::string words_of(const std::string& file, std::size_t aliases, const settings::FreshAliases& fresh) {
  std::string words = printable(file) + ": " + std::to_string(aliases) + (aliases == 1 ? " alias" : " aliases");
  if (fresh.passed_over > 0) words += ", " + std::to_string(fresh.passed_over) + " passed over";
  words += '\n';
  for (const settings::Problem& warning : fresh.warnings) words += warning.str() + '\n';
  return words;
}

}  // namespace postern::app
