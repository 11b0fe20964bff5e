// Private to net/: the Dial over the servers of one service, each of which is a host with its own addresses.
#pragma once

#include "base/service_name.h"
#include "base/task.h"
#include "net/connection.h"
#include "net/service_directory.h"

#include <functional>
#include <memory>
#include <vector>

namespace postern::net {

enum class Turn { others_follow, last };

/// connect() to one of the servers.
using CallServer = std::function<Task<Result<Connected>>(const DnsRecord& server, Turn turn)>;

/// After that no other server is tried by the same next(): who waits for it has not all day, and those that could not
/// be reached stand behind the others at the next connection.
inline constexpr Seconds kServersTogether{30};

/// One after the other in the order given, which is not empty: a server is left when none of its addresses serves.
[[nodiscard]] std::shared_ptr<Dial> make_service_dial(ServiceName service, std::vector<DnsRecord> order,
                                                      std::shared_ptr<ServiceDirectory> directory, CallServer call);

}  // namespace postern::net
