#include "app/login.h"

#include "app/relays.h"
#include "credentials/device_login.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace postern::app {
namespace {

Task<Result<void>> show(control::Prompt prompt, credentials::DevicePrompt from) {
  control::DevicePrompt to;
  to.url = std::move(from.url);
  to.complete_url = std::move(from.complete_url);
  to.code = std::move(from.code);
  to.expires = from.expires;
  co_return co_await prompt(std::move(to));
}

}  // namespace

Result<credentials::OAuth2> device_client(const settings::Settings& settings, const std::string& site) {
  const auto found = std::ranges::find(settings.smarthosts, site, &settings::Smarthost::name);
  if (found == settings.smarthosts.end()) return Error{Failure::not_found, "no smarthost is named " + site};
  if (found->oauth2.token_url.empty()) {
    return Error{Failure::invalid, site + " has no 'oauth2' in the settings; see postern.yaml(5), OAUTH 2.0"};
  }
  if (found->oauth2.refresh_token_file.empty()) {
    return Error{Failure::invalid, site + " has no 'oauth2.refresh_token_file' in the settings to store a token in"};
  }
  return oauth2_client(found->oauth2);
}

Task<Result<void>> login(Executor loop, Result<credentials::OAuth2> client, credentials::Blocking blocking,
                         control::Prompt prompt) {
  if (!client) co_return client.error();
  std::function<Task<Result<void>>(credentials::DevicePrompt)> translated =
      [prompt = std::move(prompt)](credentials::DevicePrompt from) { return show(prompt, std::move(from)); };
  co_return co_await credentials::device_login(std::move(loop), std::move(*client), std::move(blocking),
                                               std::move(translated));
}

}  // namespace postern::app
