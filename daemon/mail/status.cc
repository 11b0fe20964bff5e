#include "mail/status.h"

namespace postern::mail {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::delivered: return "delivered";
    case Verdict::deferred: return "deferred";
    case Verdict::failed: return "failed";
  }
  return "unknown";
}

std::string to_text(const Status& status) {
  std::string text;
  if (status.code != 0) text += std::to_string(status.code) + " ";
  if (!status.enhanced.empty()) text += status.enhanced + " ";
  return text + status.text;
}

}  // namespace postern::mail
