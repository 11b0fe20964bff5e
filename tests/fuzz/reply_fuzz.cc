// Replies of a hostile server: whole and byte by byte give the same, within the limits.
#include "base/text.h"
#include "fuzz.h"
#include "smtp/limits.h"
#include "smtp/reply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace postern;

struct Outcome {
  std::vector<smtp::Reply> replies;
  std::optional<Failure> failure;
};

Outcome read(std::string_view wire, std::size_t piece) {
  smtp::ReplyParser parser;
  Outcome outcome;
  for (std::size_t i = 0; i < wire.size(); i += piece) {
    std::string_view bytes = wire.substr(i, piece);
    while (!bytes.empty()) {
      const auto reply = parser.feed(bytes);
      if (!reply) {
        outcome.failure = reply.error().failure;
        return outcome;
      }
      if (*reply) outcome.replies.push_back(**reply);
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view wire = fuzz::text_of(data, size);
  const Outcome whole = read(wire, wire.size() + 1);
  const Outcome bytes = read(wire, 1);
  fuzz::check(whole.failure == bytes.failure, "the failure does not depend on the pieces");
  fuzz::check(whole.replies.size() == bytes.replies.size(), "the replies do not depend on the pieces");
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    const smtp::Reply& reply = whole.replies[i];
    fuzz::check(reply.code == bytes.replies[i].code && reply.lines == bytes.replies[i].lines, "the same reply");
    fuzz::check(reply.code >= 200 && reply.code <= 599, "a code from 200 to 599");
    fuzz::check(!reply.lines.empty() && reply.lines.size() <= smtp::limits::kReplyLines, "lines within the limit");
    const std::string text = reply.text();
    fuzz::check(text.size() <= 512 && !has_control(text) && is_utf8(text), "text fit to be shown");
    const std::string enhanced = reply.enhanced();
    fuzz::check(enhanced.empty() || enhanced.front() == text.front(), "an enhanced code of the same class");
  }
  return 0;
}
