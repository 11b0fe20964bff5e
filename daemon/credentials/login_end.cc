#include "credentials/login_end.h"

#include "base/log.h"
#include "credentials/file.h"

#include <utility>

namespace postern::credentials {

Task<Result<std::optional<Secret>>> begin_login(const OAuth2& client, Blocking blocking) {
  if (client.refresh_token_file.empty()) {
    co_return Error{Failure::invalid, "refresh_token_file is not set: a login has nowhere to be stored"};
  }
  if (client.client_secret_file.empty()) co_return std::optional<Secret>();
  SecretFile file;
  file.what = "client secret file";
  file.path = client.client_secret_file;
  auto secret = co_await read_secret(std::move(blocking), std::move(file));
  if (!secret) co_return secret.error();
  co_return std::optional<Secret>(std::move(*secret));
}

Error refused_client(const std::string& url, const AuthorizationServer::Answer& answer, std::string_view grant) {
  return Error{Failure::denied,
               url + " refused: " + answer.words +
                   ": check client_id, client_secret_file and scope, and that the provider allows the " +
                   std::string(grant) + " to this client"};
}

Result<Secret> refresh_token_of(const OAuth2& client, const AuthorizationServer::Answer& answer) {
  Secret refresh(std::string(answer.members.text("refresh_token")));
  if (is_token(refresh.reveal())) return refresh;
  return Error{Failure::protocol,
               client.token_url +
                   " gave no refresh token: many servers give one only if scope contains "
                   "offline_access, Google only if auth_url says access_type=offline&prompt=consent"};
}

Task<Result<void>> end_login(const OAuth2& client, Blocking blocking, Secret refresh) {
  auto stored = co_await store_secret(std::move(blocking), client.refresh_token_file, std::move(refresh));
  if (stored) {
    log(Level::info, "login stored", {{"url", client.token_url}, {"file", client.refresh_token_file}});
    co_return stored;
  }
  Error error = stored.error();
  error.text = "the login succeeded but cannot be stored: " + error.text;
  co_return error;
}

}  // namespace postern::credentials
