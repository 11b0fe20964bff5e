// Where the daemon listens: values alone. Numeric addresses with a port, and paths of unix sockets.
#pragma once

#include <string>
#include <vector>

namespace postern::net {

/// What the page of metrics for browsers shows: how many and how late, or also whose mail it is.
enum class PageOfMetrics { counts, all };

struct ListenOptions {
  std::string submit = "/run/postern/submit.sock";    ///< sendmail hands mail in there
  std::string control = "/run/postern/control.sock";  ///< the postern command
  std::vector<std::string> smtp = {"127.0.0.1:25", "[::1]:25"};
  std::string metrics;  ///< "127.0.0.1:9157"; empty: nowhere
  PageOfMetrics metrics_page = PageOfMetrics::counts;
  std::vector<std::string> metrics_hosts;  ///< names by which it is asked for, beside the machine's own

  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
};

}  // namespace postern::net
