// An EHLO reply of a hostile server. Input: the lines of the reply.
#include "fuzz.h"
#include "smtp/capabilities.h"

#include <algorithm>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::string_view rest = fuzz::text_of(data, size);
  smtp::Reply reply;
  reply.code = 250;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    reply.lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const smtp::Capabilities known = smtp::Capabilities::parse(reply);
  fuzz::check(known.auth.size() <= 64, "at most 64 mechanisms");
  fuzz::check(!known.size || (*known.size > 0 && known.size_offered), "a size is above zero and offered");
  fuzz::check(!known.smtputf8 || known.eight_bit_mime, "SMTPUTF8 implies 8BITMIME");
  for (const std::string& name : known.auth) {
    fuzz::check(std::ranges::count(known.auth, name) == 1, "no mechanism twice");
    const std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    fuzz::check(!name.empty() && name.find_first_not_of(allowed) == std::string::npos, "names of RFC 4422");
  }
  return 0;
}
