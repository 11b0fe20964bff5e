#include "setup/proposal.h"

#include "base/text.h"

namespace postern::setup {

std::string Note::str() const {
  std::string shown;
  if (!file.empty()) shown = printable(file) + (line > 0 ? ":" + std::to_string(line) : "") + ": ";
  return shown + printable(text);
}

}  // namespace postern::setup
