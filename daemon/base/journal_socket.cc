#include "base/journal_socket.h"

#include "base/fd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

namespace postern {

std::string journal_datagram(const std::vector<std::string>& fields) {
  std::string datagram;
  for (const std::string& field : fields) datagram.append(field).append("\n");
  return datagram;
}

LogOutlet::Take take_by_journal(std::string path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  // Shared, since a function must be copyable. Not connected: whoever listens there is found anew each time.
  const auto socket = std::make_shared<UniqueFd>(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return [address, socket](std::string_view text) -> std::optional<std::size_t> {
    const ssize_t count = ::sendto(socket->get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                   reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (count >= 0) return text.size();
    const bool later = errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
    if (later) return 0;
    return std::nullopt;
  };
}

}  // namespace postern
