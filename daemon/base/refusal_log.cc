#include "base/refusal_log.h"

#include "base/log.h"

namespace postern {

bool RefusalLog::may_log(const std::string& party, SteadyTime now) {
  if (now - begin_ >= kWindow) {
    for (const auto& [name, lines] : parties_) {
      if (lines.unsaid > 0) log(Level::notice, "more was refused", {{"client", name}, {"times", lines.unsaid}});
    }
    parties_.clear();
    begin_ = now;
  }
  const bool apart = parties_.contains(party) || parties_.size() < kParties;
  Lines& lines = parties_[apart ? party : "others"];
  const bool said = lines.said < kLines;
  ++(said ? lines.said : lines.unsaid);
  return said;
}

}  // namespace postern
