#include "base/protected_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace postern {

void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace postern
