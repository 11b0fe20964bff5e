#include "mail/status.h"

namespace postern::mail {
namespace {

/// They say no more than the reply code does, and stand where the server said none. 2.0.0 is what most servers say
/// themselves.
bool is_made_up(std::string_view enhanced) { return enhanced == "4.0.0" || enhanced == "5.0.0"; }

}  // namespace

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
  // Where we take an answer for another class than the server does, the text has its own code, and ours is not its
  // word.
  const bool as_said = status.code == 0 || (status.enhanced.starts_with(static_cast<char>('0' + status.code / 100)) &&
                                            !is_made_up(status.enhanced));
  if (!status.enhanced.empty() && as_said) text += status.enhanced + " ";
  return text + status.text;
}

}  // namespace postern::mail
