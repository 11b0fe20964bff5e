#include "sasl/saslprep.h"

#include "base/secret.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <stringprep.h>

#include <cstdlib>
#include <cstring>

namespace postern::sasl {
namespace {

std::string prepared_or_raw(std::string_view text, Unassigned unassigned) {
  std::optional<std::string> prepared = saslprep(text, unassigned);
  return prepared && !prepared->empty() ? std::move(*prepared) : std::string(text);
}

}  // namespace

std::optional<std::string> saslprep(std::string_view text, Unassigned unassigned) {
  if (has_control(text) || !is_utf8(text)) return std::nullopt;  // libidn would stop at a NUL
  if (is_ascii(text)) return std::string(text);
  std::string input(text);
  char* output = nullptr;
  const auto flags =
      static_cast<Stringprep_profile_flags>(unassigned == Unassigned::refused ? STRINGPREP_NO_UNASSIGNED : 0);
  const int code = stringprep_profile(input.c_str(), &output, "SASLprep", flags);
  wipe(input);
  if (code != STRINGPREP_OK) return std::nullopt;
  std::string prepared(output);
  OPENSSL_cleanse(output, std::strlen(output));
  std::free(output);
  return prepared;
}

std::string prepare_password(std::string_view password) { return prepared_or_raw(password, Unassigned::refused); }

std::string prepare_name(std::string_view name) { return prepared_or_raw(name, Unassigned::allowed); }

}  // namespace postern::sasl
