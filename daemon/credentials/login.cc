#include "credentials/login.h"

#include "credentials/authorization_server.h"
#include "credentials/code_login.h"
#include "credentials/device_login.h"
#include "credentials/metadata.h"

#include <memory>
#include <optional>
#include <utility>

namespace postern::credentials {
namespace {

LoginFlow configured(const OAuth2& client) {
  if (!client.device_url.empty()) return LoginFlow::device;
  return client.auth_url.empty() ? LoginFlow::standard : LoginFlow::code;
}

/// What begins a login. Failures: those of find_metadata; not_found says what to set.
Task<Result<Metadata>> offered(const Executor& loop, const OAuth2& client) {
  HttpOptions http;
  http.ca_file = client.ca_file;
  const auto redactor = std::make_shared<Redactor>();
  AuthorizationServer server(loop, client, http, redactor);
  const auto has_either = [](const Metadata& one) { return !one.device_url.empty() || !one.auth_url.empty(); };
  auto found = co_await find_metadata(server, client, *redactor, has_either, kMetadataTime);
  if (found || found.error().failure != Failure::not_found) co_return found;
  co_return Error{Failure::not_found, "it is not known where a login begins for " + client.token_url + ": " +
                                          found.error().text +
                                          "; set device_url, or auth_url where the server has no device grant (RFC "
                                          "8628)"};
}

}  // namespace

Task<Result<void>> login(Executor loop, OAuth2 client, Blocking blocking, LoginFlow wanted, LoginTalk talk) {
  LoginFlow flow = wanted == LoginFlow::standard ? configured(client) : wanted;
  std::optional<Metadata> known;
  if (flow == LoginFlow::standard) {
    auto found = co_await offered(loop, client);
    if (!found) co_return found.error();
    flow = found->device_url.empty() ? LoginFlow::code : LoginFlow::device;
    client.device_url = found->device_url;
    known = std::move(*found);
  }
  if (flow == LoginFlow::code) {
    co_return co_await code_login(std::move(loop), std::move(client), std::move(blocking), std::move(talk),
                                  std::move(known));
  }
  co_return co_await device_login(std::move(loop), std::move(client), std::move(blocking), std::move(talk.device));
}

}  // namespace postern::credentials
