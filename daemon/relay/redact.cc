#include "relay/redact.h"

#include <string>
#include <string_view>

namespace postern::relay {

void teach(Redactor& redactor, const sasl::Credentials& credentials) {
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
}

bool repeats(const Redactor& redactor, const smtp::Reply& reply) {
  std::string whole;
  std::string bare;  // without the codes, which would stand in the midst of what goes over two lines
  for (const std::string_view line : reply.lines) {
    whole.append(line).append("\n");
    const std::size_t begin = line.find_first_not_of("0123456789.");
    const bool coded = begin != std::string_view::npos && line[begin] == ' ';
    bare.append(coded ? line.substr(begin) : line).append("\n");
  }
  return redactor.repeats(whole) || redactor.repeats(bare);
}

std::string shown(const Redactor& redactor, const smtp::Reply& reply) {
  if (!repeats(redactor, reply)) return reply.text();
  return std::to_string(reply.code) + ' ' + std::string(Redactor::kRemark);
}

}  // namespace postern::relay
