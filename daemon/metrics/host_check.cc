#include "metrics/host_check.h"

#include "base/log.h"
#include "metrics/own_host.h"

namespace postern::metrics {

bool HostCheck::is_ours(std::string_view field, SteadyTime now) {
  if (is_own_host(field, {})) return true;  // the loopback, by which nearly everybody asks
  if (now >= known_until_) {
    known_ = own_();
    known_until_ = now + kKnown;
  }
  if (is_own_host(field, known_)) return true;
  if (now - begin_ >= kWindow) {
    told_.clear();
    begin_ = now;
  }
  if (told_.size() < kHosts && told_.emplace(field).second) {
    log(Level::notice,
        "metrics are asked for by a host that is not known to be this machine; if it is, name it in metrics_hosts",
        {{"host", field}});
  }
  return false;
}

}  // namespace postern::metrics
