// What a person is asked to do so that this machine may log in somewhere (RFC 8628 3.2).
#pragma once

#include "base/clock.h"

#include <string>

namespace postern {

struct DevicePrompt {
  std::string url;           ///< verification_uri
  std::string complete_url;  ///< verification_uri_complete, which has the code in it; may be empty
  std::string code;          ///< user_code
  Seconds expires{0};
};

}  // namespace postern
