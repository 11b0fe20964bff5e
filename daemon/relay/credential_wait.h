// The wait for credentials. It ends when the session is cancelled, although the command or the authorization server
// behind it goes on: nothing of the kind may hold up a stop.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "credentials/source.h"
#include "sasl/mechanism.h"

#include <memory>

namespace postern::relay {

/// One get() at a time.
class CredentialWait {
 public:
  /// Failures: those of Source::get, and cancelled.
  Task<Result<sasl::Credentials>> get(std::shared_ptr<credentials::Source> source, credentials::Source::Want want);
  void cancel();

 private:
  struct State;
  std::weak_ptr<State> state_;  ///< of the get() under way
};

}  // namespace postern::relay
