#include "base/text.h"
#include "sasl/mechanisms.h"

namespace postern::sasl {
namespace {

Prompt::Asks asked(std::string_view text) {
  if (istarts_with(text, "user")) return Prompt::Asks::user;
  if (istarts_with(text, "pass")) return Prompt::Asks::password;
  return Prompt::Asks::something;
}

}  // namespace

Prompt read_prompt(const Challenge& challenge) {
  Prompt prompt;
  prompt.asks = asked(trim(challenge.raw));
  prompt.clear = prompt.asks != Prompt::Asks::something || !challenge.decoded;
  if (!prompt.clear) prompt.asks = asked(trim(*challenge.decoded));
  return prompt;
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace postern::sasl
