// What a browser, or whoever else reaches the port, brings back to a login, and what a person pastes.
#include "base/text.h"
#include "credentials/redirect.h"
#include "fuzz.h"

namespace {

using namespace postern;
using credentials::Redirect;

/// Without the state it has no say; a code is one that can be sent on.
void check_redirect(const credentials::SentAlong& sent, std::string_view target) {
  const Redirect redirect = credentials::read_redirect(sent, target);
  const bool stray = redirect.kind == Redirect::Kind::stray;
  fuzz::check(stray == !redirect.reason.empty(), "a stray one says why");
  fuzz::check(stray || target.find("state=") != std::string_view::npos, "nothing without a state is of this login");
  fuzz::check((redirect.kind == Redirect::Kind::code) == !redirect.code.empty(), "a code, or none");
  fuzz::check(!has_control(redirect.code.reveal()) && is_ascii(redirect.code.reveal()), "a code is printable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  credentials::SentAlong sent;
  sent.authority = "127.0.0.1:40123";
  sent.state = Secret("s");
  for (const bool named : {false, true}) {
    sent.issuer = named ? "https://login.example.com" : "";
    sent.names_itself = named;
    check_redirect(sent, input);
    const auto target = credentials::pasted_target(sent, input);
    if (target) fuzz::check(target->starts_with('/'), "a path");
    if (target) check_redirect(sent, *target);
  }
  return 0;
}
