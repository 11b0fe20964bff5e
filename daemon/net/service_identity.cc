#include "net/service_identity.h"

namespace postern::net {

ServiceIdentity identity_of(const ServiceName& service, const DnsRecord& server, bool proven,
                            const std::string& tls_name) {
  if (!tls_name.empty()) return {tls_name, ""};
  const bool trusted = proven || service.holds(server.target);
  return {trusted ? server.target : service.domain, service.srv_id()};
}

}  // namespace postern::net
