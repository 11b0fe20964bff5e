// Private to credentials/: device_login() with the world outside given, for its tests.
#pragma once

#include "credentials/device_login.h"
#include "credentials/http.h"

#include <functional>

namespace postern::credentials {

struct DeviceWorld {
  HttpOptions http;
  std::function<Task<void>(Seconds)> sleep;
};

Task<Result<void>> device_login_in(DeviceWorld world, Executor loop, OAuth2 client, Blocking blocking,
                                   std::function<Task<Result<void>>(DevicePrompt)> prompt);

}  // namespace postern::credentials
