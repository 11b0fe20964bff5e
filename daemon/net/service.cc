#include "net/service.h"

#include "base/random.h"
#include "net/fresh_tls_client.h"
#include "net/service_dial.h"
#include "net/service_directory.h"
#include "net/service_identity.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace postern::net {
namespace {

/// While other servers are to come, silence at this one must not take their time.
constexpr Seconds kConnectBeforeOthers{10};
/// Servers that are remembered; a DNS that names others each time makes us forget them.
constexpr std::size_t kMostTargets = 4 * kMostServers;

std::uint32_t draw(std::uint32_t most) {
  return static_cast<std::uint32_t>(random_number() % (std::uint64_t{most} + 1));
}

}  // namespace

struct ServiceConnector::State {
  State(Executor on, ServiceOptions with) : executor(std::move(on)), options(std::move(with)) {
    ServiceDirectory::Parts parts;
    parts.ask = [this](Milliseconds patience) {
      return look_up(executor, options.service.record(), DnsType::srv, patience);
    };
    parts.now = [] { return std::chrono::steady_clock::now(); };
    parts.draw = draw;
    directory = std::make_shared<ServiceDirectory>(options.service, std::move(parts));
  }

  struct Target {
    std::optional<FreshTlsClient> tls;
    std::shared_ptr<AddressMemory> addresses = std::make_shared<AddressMemory>();
  };

  Target& target(const DnsRecord& server, bool proven) {
    TlsClientOptions tls = options.tls.value_or(TlsClientOptions());
    ServiceIdentity identity = identity_of(options.service, server, proven, tls.tls_name);
    std::string key = server.target + ':' + std::to_string(server.port) + ' ' + identity.name;
    const auto known = targets.find(key);
    if (known != targets.end()) return known->second;
    if (targets.size() >= kMostTargets) targets.clear();
    Target& made = targets[std::move(key)];
    tls.tls_name = std::move(identity.name);
    if (options.tls) made.tls.emplace(std::move(tls), std::move(identity.srv_id));
    return made;
  }

  /// For a connection to that server. Failures: those of TlsClient::make.
  Result<ClientOptions> options_for(const DnsRecord& server, bool proven, Turn turn) {
    Target& known = target(server, proven);
    ClientOptions client;
    client.host = server.target;
    client.port = server.port;
    client.implicit_tls = options.implicit_tls;
    client.connect_timeout = turn == Turn::last ? options.connect_timeout
                                                : std::min<Milliseconds>(options.connect_timeout, kConnectBeforeOthers);
    client.addresses = known.addresses;
    if (!known.tls) return client;
    auto tls = known.tls->get();
    if (!tls) return tls.error();
    client.tls = std::move(*tls);
    return client;
  }

  Task<Result<Connected>> call(DnsRecord server, bool proven, Turn turn) {
    auto with = options_for(server, proven, turn);
    if (!with) co_return with.error();
    ClientOptions client = std::move(*with);
    co_return co_await net::connect(executor, std::move(client));
  }

  Executor executor;
  ServiceOptions options;
  std::shared_ptr<ServiceDirectory> directory;
  std::map<std::string, Target> targets;
};

ServiceConnector::ServiceConnector(Executor executor, ServiceOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}
ServiceConnector::~ServiceConnector() = default;

Task<Result<Connected>> ServiceConnector::connect() {
  const std::shared_ptr<State> state = state_;
  auto servers = co_await state->directory->servers();
  if (!servers) co_return servers.error();
  // What is wrong with files of ours is no server's fault.
  const auto ours = state->options_for(servers->order.front(), servers->proven, Turn::last);
  if (!ours) co_return ours.error();
  CallServer to = [state, proven = servers->proven](const DnsRecord& server, Turn turn) {
    return state->call(server, proven, turn);
  };
  const auto dial =
      make_service_dial(state->options.service, std::move(servers->order), state->directory, std::move(to));
  auto connected = co_await dial->next();
  co_return connected;
}

void ServiceConnector::refresh() {
  state_->directory->forget();
  for (auto& [key, target] : state_->targets) {
    if (target.tls) target.tls->forget();
  }
}

}  // namespace postern::net
