#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace postern {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = getrandom(out.data() + filled, count - filled, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return out;
}

std::uint64_t random_number() {
  const std::string bytes = random_bytes(sizeof(std::uint64_t));
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

double random_fraction() { return static_cast<double>(random_number() >> 11U) * 0x1p-53; }

}  // namespace postern
