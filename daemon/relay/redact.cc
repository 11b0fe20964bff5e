#include "relay/redact.h"

#include "base/redactor.h"
#include "base/text.h"

#include <string>

namespace postern::relay {
namespace {

Redactor redactor_for(const sasl::Credentials& credentials) {
  Redactor redactor;
  if (credentials.password) {
    redactor.learn(credentials.password->reveal());
    // How the response of PLAIN begins, in case the password itself is cut off.
    for (const std::string& name : {std::string(), credentials.user}) {
      redactor.learn_encoded(name + '\0' + credentials.user + '\0');
    }
  }
  if (credentials.token) {
    redactor.learn(credentials.token->reveal());
    redactor.learn_encoded("user=" + credentials.user + "\1auth=Bearer ");
  }
  return redactor;
}

}  // namespace

void hide_secrets(std::string& words, const sasl::Credentials& credentials) {
  if (!redactor_for(credentials).repeats(words)) return;
  const bool has_code = words.size() > 3 && parse_number(words.substr(0, 3));
  std::string shown = (has_code ? words.substr(0, 4) : std::string()).append(Redactor::kRemark);
  wipe(words);
  words = std::move(shown);
}

}  // namespace postern::relay
