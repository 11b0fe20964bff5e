// A person who lets this machine log in somewhere: what is shown to them, and what they say. Whoever has the person's
// terminal fills it; whoever logs in uses it.
#pragma once

#include "base/clock.h"
#include "base/device_prompt.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"

#include <cstdint>
#include <functional>
#include <string>

namespace postern {

/// By which grant of OAuth 2.0 a person logs in.
enum class LoginFlow {
  standard,  ///< by the one that is set up
  device,    ///< RFC 8628: a code, typed on any device
  code,      ///< RFC 6749 4.1: a browser that is sent back to this machine
};

/// The page of the authorization code grant.
struct BrowserPrompt {
  std::string url;       ///< the authorization request (RFC 6749 4.1.1)
  std::string redirect;  ///< where the browser is sent in the end: this machine (RFC 8252 7.3)
  Seconds expires{0};
};

/// What a person pastes, or a browser brings, is an authorization code at the most: without the verifier, which stays
/// in this process, and after its minutes it is worth nothing. So it is kept out of logs and texts as any secret, but
/// it is not hunted down in buffers (JSON, HTTP) on the way.
struct LoginTalk {
  /// Shows the prompt; later calls only find out whether somebody is still there. Failure: nobody is.
  std::function<Task<Result<void>>(DevicePrompt)> device;
  std::function<Task<Result<void>>(BrowserPrompt)> browser;
  /// A sentence for the person. Failure: likewise.
  std::function<Task<Result<void>>(std::string)> tell;
  /// From now on the function gets each line that the person pastes; an empty one: they are of no interest any more.
  std::function<void(std::function<void(Secret)> heard)> on_pasted;
  /// Whom a user of this machine counts for (DESIGN's parties); null: for itself.
  std::function<std::uint32_t(std::uint32_t uid)> party = nullptr;
};

}  // namespace postern
