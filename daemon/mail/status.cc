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

}  // namespace postern::mail
