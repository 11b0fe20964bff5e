#include "credentials/redirect.h"

#include "base/hash.h"
#include "base/hex_digit.h"
#include "base/text.h"
#include "credentials/authorization_server.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace postern::credentials {
namespace {

constexpr std::size_t kLongestTarget = 16U << 10U;

/// application/x-www-form-urlencoded (RFC 6749 appendix B). Nothing: it is broken.
std::optional<std::string> form_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) return std::nullopt;
    decoded += static_cast<char>(16 * high + low);
    i += 2;
  }
  return decoded;
}

/// The parameters that we know.
struct Parameters {
  std::optional<std::string> state;
  std::optional<std::string> code;
  std::optional<std::string> error;
  std::optional<std::string> error_description;
  std::optional<std::string> iss;
};

struct Known {
  std::string_view name;
  std::optional<std::string> Parameters::* value;
};
constexpr std::array<Known, 5> kKnown{
    Known{"state", &Parameters::state}, Known{"code", &Parameters::code}, Known{"error", &Parameters::error},
    Known{"error_description", &Parameters::error_description}, Known{"iss", &Parameters::iss}};

/// Nothing: broken, or one stands there twice (RFC 6749 3.1).
std::optional<Parameters> parameters_of(std::string_view query) {
  Parameters found;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto* const known = std::ranges::find(kKnown, pair.substr(0, equals), &Known::name);
    if (known == kKnown.end()) continue;
    auto value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!value || found.*(known->value)) return std::nullopt;
    found.*(known->value) = std::move(*value);
  }
  return found;
}

/// By their hashes, so that the time it takes tells nobody how much of a guess is right.
bool is_state(const Secret& state, std::string_view given) {
  Sha256 ours;
  ours.update(state.reveal());
  Sha256 theirs;
  theirs.update(given);
  return ours.finish() == theirs.finish();
}

Redirect stray(const char* reason) {
  Redirect redirect;
  redirect.reason = reason;
  return redirect;
}

Redirect without_code(Redirect::Kind kind, std::string error, std::string description) {
  Redirect redirect;
  redirect.kind = kind;
  redirect.error = std::move(error);
  redirect.description = std::move(description);
  return redirect;
}

}  // namespace

Redirect read_redirect(const SentAlong& sent, std::string_view target) {
  if (target.size() > kLongestTarget) return stray("it is too long");
  const std::size_t question = std::min(target.find('?'), target.size());
  if (target.substr(0, question) != "/") return stray("it is another page than the one that the browser is sent to");
  auto given = parameters_of(target.substr(std::min(question + 1, target.size())));
  if (!given) return stray("its parameters are broken");
  if (!given->state) return stray("it has no state");
  if (!is_state(sent.state, *given->state)) return stray("its state is not the one of this login");
  // What comes now is of this login, however it went. Another server's word is none (RFC 9207 2.4).
  const bool named = given->iss.has_value();
  if (!sent.issuer.empty() && (named ? *given->iss != sent.issuer : sent.names_itself)) {
    return without_code(Redirect::Kind::foreign, given->iss.value_or(""), "");
  }
  if (given->error) {
    return without_code(Redirect::Kind::refused, *given->error, given->error_description.value_or(""));
  }
  if (!given->code || !is_token(*given->code)) return without_code(Redirect::Kind::empty, "", "");
  Redirect redirect;
  redirect.kind = Redirect::Kind::code;
  redirect.code = Secret(std::move(*given->code));
  return redirect;
}

Result<std::string> pasted_target(const SentAlong& sent, std::string_view pasted) {
  std::string_view rest = trim(pasted);
  rest = rest.substr(0, rest.find('#'));  // some servers append an empty fragment, which is for browsers alone
  // A browser may have tried https first, and have kept that in the address.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (istarts_with(rest, scheme)) rest.remove_prefix(scheme.size());
  }
  if (!rest.starts_with(sent.authority + "/")) {
    return Error{Failure::invalid, "this is not the address that the browser ended at: it begins with " + sent.uri() +
                                       " and is wanted as a whole"};
  }
  return std::string(rest.substr(sent.authority.size()));
}

}  // namespace postern::credentials
