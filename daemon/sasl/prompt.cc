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

bool is_go_on(const Challenge& challenge) { return !challenge.decoded || challenge.decoded->empty(); }

}  // namespace postern::sasl
