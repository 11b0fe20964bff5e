// Challenges of a hostile server.
#include "base/base64.h"
#include "fuzz.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view input = fuzz::text_of(data, size);
  const auto decoded = base64_decode(input);
  if (decoded) fuzz::check(base64_encode(*decoded) == input, "only the canonical text is taken");
  fuzz::check(base64_decode(base64_encode(input)) == input, "what is encoded is decoded");
  return 0;
}
