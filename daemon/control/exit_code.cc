#include "control/exit_code.h"

#include "control/exits.h"

namespace postern::control::exits {

int code_for(Failure failure) {
  switch (failure) {
    case Failure::invalid:
    case Failure::exists: return kUsage;
    case Failure::not_found: return kNoMessage;
    case Failure::denied:
    case Failure::rejected: return kDenied;
    case Failure::corrupt:
    case Failure::newer: return kDamaged;
    case Failure::io: return kIo;
    case Failure::busy:
    case Failure::limit:
    case Failure::no_space:
    case Failure::timeout: return kLater;
    case Failure::closed:
    case Failure::refused:
    case Failure::resolve:
    case Failure::tls:
    case Failure::cancelled: return kUnreachable;
    case Failure::protocol: return kInternal;
  }
  return kInternal;
}

}  // namespace postern::control::exits
