#include "app/login_client.h"

namespace postern::app {

Result<credentials::OAuth2> login_client(const settings::Smarthost& smarthost) {
  if (smarthost.oauth2.token_url.empty()) {
    return Error{Failure::invalid, smarthost.name + " has no 'oauth2' in the settings; see postern.yaml(5), OAUTH 2.0"};
  }
  if (smarthost.oauth2.refresh_token_file.empty()) {
    return Error{Failure::invalid,
                 smarthost.name + " has no 'oauth2.refresh_token_file' in the settings to store a token in"};
  }
  return smarthost.oauth2;
}

}  // namespace postern::app
