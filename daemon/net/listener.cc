#include "net/listener.h"

#include "base/log.h"
#include "base/refusal_log.h"
#include "net/socket_address.h"
#include "net/socket_owner.h"
#include "net/socket_stream.h"
#include "net/unix_socket.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cerrno>

namespace postern::net {
namespace {

namespace asio = boost::asio;

constexpr int kBacklog = 1024;
constexpr int kAcceptedAtOnce = 64;  // then the sessions have their turn
constexpr Milliseconds kPause{100};  // when the system has no descriptors or memory for another connection
constexpr Seconds kHandshake{60};

bool switch_on(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

std::optional<int> option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) return {};
  return value;
}

SocketAddress name_of(int fd) {
  SocketAddress address;
  if (::getsockname(fd, address.get(), &address.size) != 0) address.storage.ss_family = AF_UNSPEC;
  return address;
}

Error listen_error(int error_number, const std::string& address) {
  Error error = system_error(error_number, "cannot listen on " + address);
  if (error_number == EADDRINUSE) error.failure = Failure::busy;
  return error;
}

/// Nothing: the client had written and gone before it was asked for, so that nobody hears an answer, and it cannot be
/// known whom limits should count.
std::optional<Peer> peer_of(int fd, const SocketAddress& address) {
  Peer peer;
  if (!address.is_unix()) {
    peer.address = to_text(address);
    peer.ip = ip_of(address);
    const SocketOwner owner = socket_owner(address, name_of(fd));
    if (owner.kind == SocketOwner::Kind::nobody || was_reset(fd)) return {};
    if (owner.kind == SocketOwner::Kind::user) peer.owner = owner.uid;
    return peer;
  }
  peer.address = "local";
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return peer;
  peer.uid = credentials.uid;
  if (credentials.pid > 0) peer.pid = credentials.pid;  // 0: a process of another pid namespace
  return peer;
}

enum class Trouble { none, this_connection, resources };

Trouble trouble_of(int error_number) {
  switch (error_number) {
    case EAGAIN: return Trouble::none;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return Trouble::resources;
    // accept(2): errors of the new connection are reported on the listening socket.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return Trouble::this_connection;
    default: return Trouble::resources;
  }
}

struct Service {
  Accepted accepted;
  std::shared_ptr<TlsServer> tls;
  bool implicit_tls = false;
};

Task<void> shake_hands(std::unique_ptr<SocketStream> stream, Peer peer, std::shared_ptr<const Service> service) {
  stream->expires_after(kHandshake);
  const auto secured = co_await stream->start_tls();
  if (!secured) {
    log(Level::info, "TLS handshake failed", {{"peer", peer.address}, {"reason", secured.error().text}});
    co_return;
  }
  service->accepted(std::move(stream), std::move(peer));
}

/// Shared between the Listener and its accept loop, which may still be waiting when the Listener goes.
struct Acceptor {
  Acceptor(const Executor& executor, int fd) : descriptor(executor, fd), timer(executor) {}
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  bool closed = false;
  bool pausing = false;  ///< the trouble has been logged
  RefusalLog gone;
};

/// One that only looked whether somebody listens is no news.
void tell_gone(Acceptor& acceptor, int fd, const SocketAddress& address) {
  int unread = 0;
  if (::ioctl(fd, FIONREAD, &unread) != 0 || unread == 0) return;
  if (!acceptor.gone.may_log("TCP", std::chrono::steady_clock::now())) return;
  log(Level::notice, "connection closed, its client had gone before it was answered; nothing was taken",
      {{"client", to_text(address)}});
}

void hand_over(Acceptor& acceptor, UniqueFd fd, const SocketAddress& address,
               const std::shared_ptr<const Service>& service) {
  const int family = address.family();
  if (family != AF_UNIX) switch_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  std::optional<Peer> peer = peer_of(fd.get(), address);
  if (!peer) return tell_gone(acceptor, fd.get(), address);
  const asio::generic::stream_protocol protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP);
  Socket socket(acceptor.descriptor.get_executor());
  boost::system::error_code code;
  socket.assign(protocol, fd.get(), code);
  if (code) return;
  static_cast<void>(fd.release());
  auto stream = std::make_unique<SocketStream>(std::move(socket));
  if (service->tls) stream->use(service->tls);
  if (!service->implicit_tls) return service->accepted(std::move(stream), std::move(*peer));
  spawn(acceptor.descriptor.get_executor(), shake_hands(std::move(stream), std::move(*peer), service), "handshake");
}

Trouble accept_waiting(Acceptor& acceptor, const std::shared_ptr<const Service>& service) {
  for (int i = 0; i < kAcceptedAtOnce && !acceptor.closed; ++i) {
    SocketAddress address;
    UniqueFd fd(
        ::accept4(acceptor.descriptor.native_handle(), address.get(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      acceptor.pausing = false;
      hand_over(acceptor, std::move(fd), address, service);
      continue;
    }
    const int error_number = errno;
    const Trouble trouble = trouble_of(error_number);
    if (trouble == Trouble::this_connection) continue;
    if (trouble == Trouble::resources && !acceptor.pausing) {
      acceptor.pausing = true;
      log(Level::warning, "cannot accept connections for now", {{"reason", system_error(error_number, "accept").text}});
    }
    return trouble;
  }
  return Trouble::none;
}

Task<void> accept_loop(std::shared_ptr<Acceptor> acceptor, std::shared_ptr<const Service> service) {
  while (!acceptor->closed) {
    const auto [code] = co_await acceptor->descriptor.async_wait(asio::posix::descriptor_base::wait_read, kToken);
    if (acceptor->closed) break;
    const Trouble trouble = code ? Trouble::resources : accept_waiting(*acceptor, service);
    if (trouble != Trouble::resources || acceptor->closed) continue;
    acceptor->timer.expires_after(kPause);
    static_cast<void>(co_await acceptor->timer.async_wait(kToken));
  }
}

class SocketListener final : public Listener {
 public:
  SocketListener(const Executor& executor, UniqueFd fd, SocketFile file)
      : address_(to_text(name_of(fd.get()))),
        acceptor_(std::make_shared<Acceptor>(executor, fd.release())),
        file_(std::move(file)) {}
  ~SocketListener() override { shut(); }

  void start(Accepted accepted, std::shared_ptr<TlsServer> tls, bool implicit_tls) override {
    auto service = std::make_shared<Service>();
    service->accepted = std::move(accepted);
    service->tls = std::move(tls);
    service->implicit_tls = implicit_tls;
    spawn(acceptor_->descriptor.get_executor(), accept_loop(acceptor_, std::move(service)), "accept " + address_);
  }
  void close() override { shut(); }
  [[nodiscard]] std::string address() const override { return address_; }

 private:
  void shut() {
    acceptor_->closed = true;
    boost::system::error_code ignored;
    acceptor_->descriptor.close(ignored);
    acceptor_->timer.cancel();
    file_.remove();
  }

  std::string address_;
  std::shared_ptr<Acceptor> acceptor_;
  SocketFile file_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::tcp(Executor executor, const std::string& address) {
  const auto parsed = parse_socket_address(address);
  if (!parsed) return parsed.error();
  UniqueFd fd(::socket(parsed->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return listen_error(errno, address);
  switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (parsed->family() == AF_INET6) switch_on(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd.get(), parsed->get(), parsed->size) != 0) return listen_error(errno, address);
  if (::listen(fd.get(), kBacklog) != 0) return listen_error(errno, address);
  return std::make_unique<SocketListener>(executor, std::move(fd), SocketFile());
}

Result<std::unique_ptr<Listener>> Listener::local(Executor executor, const std::string& path, unsigned mode) {
  auto fd = bind_unix(path, mode);
  if (!fd) return fd.error();
  SocketFile file(path);
  if (::listen(fd->get(), kBacklog) != 0) return listen_error(errno, path);
  return std::make_unique<SocketListener>(executor, std::move(*fd), std::move(file));
}

Result<std::unique_ptr<Listener>> Listener::inherited(Executor executor, UniqueFd fd) {
  const std::string which = "inherited descriptor " + std::to_string(fd.get());
  if (option_of(fd.get(), SO_TYPE) != SOCK_STREAM) return Error{Failure::invalid, which + " is not a stream socket"};
  if (option_of(fd.get(), SO_ACCEPTCONN) != 1) return Error{Failure::invalid, which + " does not listen"};
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0 || ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) {
    return system_error(errno, which);
  }
  return std::make_unique<SocketListener>(executor, std::move(fd), SocketFile());
}

}  // namespace postern::net
