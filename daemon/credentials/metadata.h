// Private to credentials/: what an authorization server says of itself (RFC 8414, OpenID Connect Discovery).
#pragma once

#include "base/clock.h"
#include "base/redactor.h"
#include "credentials/authorization_server.h"

#include <string>
#include <vector>

namespace postern::credentials {

struct Metadata {
  std::string device_url;     ///< device_authorization_endpoint; empty: there is none
  std::string auth_url;       ///< authorization_endpoint; likewise
  std::string issuer;         ///< empty: it is not known
  bool names_itself = false;  ///< each answer by redirection has `iss` (RFC 9207 3)
};

/// Where a server may say it of itself (RFC 8414 3, OpenID Connect Discovery 4): its issuer is not configured, but it
/// is usually the origin of an endpoint, or that with a beginning of its path. Those of the token endpoint come first.
struct MetadataPlace {
  std::string origin;
  std::string issuer;
  std::string url;
};
[[nodiscard]] Result<std::vector<MetadataPlace>> metadata_places(const OAuth2& client);

/// The first that is about this client's server, and good enough for the caller. All of it is over within `time`.
/// Failures: not_found (no such document; the text says so, or which one is not used); those of
/// AuthorizationServer::get, where a host did not answer and no other knew better.
Task<Result<Metadata>> find_metadata(AuthorizationServer& server, const OAuth2& client, const Redactor& redactor,
                                     bool (*good)(const Metadata&), Milliseconds time);

/// For that time: a person waits for it.
inline constexpr Milliseconds kMetadataTime{20'000};

}  // namespace postern::credentials
