#include "base/host_name.h"

#include "base/ascii.h"
#include "base/text.h"

#include <cstddef>

namespace postern {

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (label == 0 || text[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    // The underscore is in no standard and in many a container's name.
    if (!is_alnum(c) && c != '_' && (c != '-' || label == 0)) return false;
    if (++label > 63) return false;
  }
  return label != 0 && text.back() != '-';
}

bool is_within_domain(std::string_view host, std::string_view domain) {
  if (domain.empty() || host.size() < domain.size()) return false;
  const std::size_t more = host.size() - domain.size();
  return iequals(host.substr(more), domain) && (more == 0 || host[more - 1] == '.');
}

}  // namespace postern
