#include "app/login.h"

#include "credentials/device_login.h"

#include <algorithm>
#include <utility>

namespace postern::app {

Result<credentials::OAuth2> device_client(const settings::Settings& settings, const std::string& site) {
  const auto found = std::ranges::find(settings.smarthosts, site, &settings::Smarthost::name);
  if (found == settings.smarthosts.end()) return Error{Failure::not_found, "no smarthost is named " + site};
  if (found->oauth2.token_url.empty()) {
    return Error{Failure::invalid, site + " has no 'oauth2' in the settings; see postern.yaml(5), OAUTH 2.0"};
  }
  if (found->oauth2.refresh_token_file.empty()) {
    return Error{Failure::invalid, site + " has no 'oauth2.refresh_token_file' in the settings to store a token in"};
  }
  return found->oauth2;
}

Task<Result<void>> login(Executor loop, Result<credentials::OAuth2> client, credentials::Blocking blocking,
                         control::Prompt prompt) {
  if (!client) co_return client.error();
  co_return co_await credentials::device_login(std::move(loop), std::move(*client), std::move(blocking),
                                               std::move(prompt));
}

}  // namespace postern::app
