#include "credentials/code_login.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "credentials/authorization_server.h"
#include "credentials/code_flow.h"
#include "credentials/login_end.h"
#include "credentials/metadata.h"
#include "credentials/redirect_door.h"
#include "credentials/token_change.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace postern::credentials {
namespace {

using Answer = AuthorizationServer::Answer;

constexpr std::size_t kRandomBytes = 32;  // RFC 7636 4.1: a verifier of 43 characters
constexpr std::size_t kShownIssuer = 200;
constexpr Milliseconds kNiceToHave{10'000};

/// base64url without padding (RFC 7636 appendix A).
std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Secret random_secret() {
  std::string bytes = random_bytes(kRandomBytes);
  Secret secret(base64url(bytes));
  wipe(bytes);
  return secret;
}

/// What has come back so far, by either way. It outlives the wait in the hands of a connection that is about to end.
class Return {
 public:
  Return(const Executor& loop, SentAlong sent) : sent_(std::move(sent)), came_(loop) {}

  /// Whether that is of this login; the first that is counts, and a browser may send it again.
  bool hear(std::string_view target) {
    Redirect redirect = read_redirect(sent_, target);
    stray_ = redirect.reason;
    if (redirect.kind == Redirect::Kind::stray) return false;
    if (outcome_) return true;
    outcome_ = std::move(redirect);
    came_.cancel();
    return true;
  }

  void paste(const Secret& pasted) {
    if (outcome_ || trim(pasted.reveal()).empty()) return;
    const auto target = pasted_target(sent_, pasted.reveal());
    if (target && hear(*target)) return;
    words_ = target ? "The address that was pasted is not of this login: " + stray_ +
                          ". Open the page that is shown above from its beginning, and paste the address whole, as "
                          "one line."
                    : "Not understood: " + target.error().text + ".";
    came_.cancel();
  }

  /// Until something came or the time is over; true: something may have come.
  Task<bool> wait(Milliseconds time) {
    if (outcome_ || !words_.empty()) co_return true;
    came_.expires_after(time);
    constexpr auto kCameToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    const auto [code] = co_await came_.async_wait(kCameToken);
    co_return static_cast<bool>(code);
  }

  [[nodiscard]] const SentAlong& sent() const { return sent_; }
  [[nodiscard]] std::optional<Redirect>& outcome() { return outcome_; }
  [[nodiscard]] std::string take_words() { return std::exchange(words_, {}); }

 private:
  SentAlong sent_;
  boost::asio::steady_timer came_;
  std::optional<Redirect> outcome_;
  std::string stray_;  ///< why the last one was none
  std::string words_;  ///< for the person
};

Task<Result<Redirect>> wait_for(const CodeWorld& world, Return& back, const LoginTalk& talk, BrowserPrompt prompt) {
  const SteadyTime end = system_clock().steady() + world.patience;
  if (auto shown = co_await talk.browser(prompt); !shown) co_return shown.error();
  for (;;) {
    if (back.outcome()) co_return std::move(*back.outcome());
    if (const std::string words = back.take_words(); !words.empty()) {
      if (auto told = co_await talk.tell(words); !told) co_return told.error();
    }
    const auto left = std::chrono::duration_cast<Milliseconds>(end - system_clock().steady());
    if (left.count() <= 0) co_return Error{Failure::timeout, "nobody agreed in time; start the login again"};
    if (co_await back.wait(std::min(left, world.look))) continue;
    prompt.expires = std::chrono::duration_cast<Seconds>(left);
    if (auto there = co_await talk.browser(prompt); !there) co_return there.error();
  }
}

/// Where the browser begins, and by which name the server answers.
Task<Result<Metadata>> find_endpoint(AuthorizationServer& server, const CodeWorld& world, const OAuth2& client,
                                     const Redactor& redactor) {
  if (world.known) co_return *world.known;
  const auto has_page = [](const Metadata& metadata) { return !metadata.auth_url.empty(); };
  if (client.auth_url.empty()) {
    auto found = co_await find_metadata(server, client, redactor, has_page, kMetadataTime);
    if (found || found.error().failure != Failure::not_found) co_return found;
    co_return Error{Failure::not_found, "found no authorization endpoint for " + client.token_url + ": " +
                                            found.error().text + "; set auth_url"};
  }
  // With the page known the rest is nice to have: it may be that the browser alone can reach the server's other hosts.
  auto found = co_await find_metadata(server, client, redactor, has_page, kNiceToHave);
  Metadata metadata;
  if (found) {
    metadata = std::move(*found);
  } else {
    log(Level::notice, "the authorization server's name is not known, and what comes back is not judged by it",
        {{"url", client.token_url}, {"reason", found.error().text}});
  }
  metadata.auth_url = client.auth_url;
  co_return metadata;
}

Task<Result<Answer>> redeem(AuthorizationServer& server, const OAuth2& client, const SentAlong& sent, Secret code,
                            Secret verifier, std::optional<Secret> secret) {
  Form form;
  form.emplace_back("grant_type", Secret("authorization_code"));
  form.emplace_back("code", std::move(code));
  form.emplace_back("redirect_uri", Secret(sent.uri()));
  form.emplace_back("code_verifier", std::move(verifier));
  co_return co_await server.post(client.token_url, std::move(form), std::move(secret));
}

Error why_no_token(const std::string& url, const Answer& answer) {
  if (answer.error != "invalid_grant") return refused_client(url, answer, "authorization code grant");
  return Error{Failure::denied,
               url + " refused: " + answer.words +
                   ": the code of the browser is good once and for a short time; start the login again"};
}

}  // namespace

std::string code_challenge(std::string_view verifier) {
  Sha256 hash;
  hash.update(verifier);
  return base64url(hash.finish());
}

Result<void> check_page(std::string_view auth_url) {
  if (const auto page = parse_page(auth_url); !page) return page.error();
  if (auth_url.find('#') != std::string_view::npos) return Error{Failure::invalid, "it must not have a fragment (#)"};
  const std::string_view ours = login_parameter_in(auth_url);
  if (ours.empty()) return {};
  return Error{Failure::invalid, "its parameter " + std::string(ours) + " is set at each login and must be left out"};
}

std::string authorization_request(const OAuth2& client, const SentAlong& sent, std::string_view challenge) {
  std::string url = client.auth_url;
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    url += separator;
    url += name;
    url += '=';
    url += percent_encode(value);
    separator = '&';
  };
  add("response_type", "code");
  add("client_id", client.client_id);
  add("redirect_uri", sent.uri());
  add("scope", client.scope);
  add("state", sent.state.reveal());
  add("code_challenge", challenge);
  add("code_challenge_method", "S256");
  return url;
}

Error refused_redirect(const Redirect& redirect, const SentAlong& sent, const Redactor& redactor) {
  if (redirect.kind == Redirect::Kind::foreign) {
    const std::string who =
        redirect.error.empty() ? "a server that does not say who it is" : redactor.shown(redirect.error, kShownIssuer);
    return Error{Failure::denied, "the browser came back from " + who + " and not from " +
                                      redactor.shown(sent.issuer, kShownIssuer) + "; nobody was logged in"};
  }
  if (redirect.kind != Redirect::Kind::refused) {
    return Error{Failure::protocol, "the browser came back with neither a code nor an error; nobody was logged in"};
  }
  struct Row {
    std::string_view error;
    Failure failure;
    const char* advice;
  };
  static constexpr std::array<Row, 8> kRows{
      Row{"access_denied", Failure::denied, "somebody, or the provider's rules, said no"},
      Row{"unauthorized_client", Failure::denied,
          "the provider must allow the authorization code grant to this client"},
      Row{"unsupported_response_type", Failure::denied,
          "the provider must allow the authorization code grant to this client"},
      Row{"invalid_scope", Failure::denied, "check scope"},
      Row{"invalid_request", Failure::denied, "check auth_url, client_id and scope"},
      Row{"consent_required", Failure::denied, "the person must be asked: auth_url must not say prompt=none"},
      Row{"server_error", Failure::busy, "the provider is in trouble; try again later"},
      Row{"temporarily_unavailable", Failure::busy, "the provider is in trouble; try again later"}};
  const auto* const row = std::ranges::find(kRows, redirect.error, &Row::error);
  std::string text = "the login was refused: " + redactor.shown(redirect.error, kShownIssuer);
  if (!redirect.description.empty()) text += " (" + redactor.shown(redirect.description, 300) + ")";
  text += row == kRows.end() ? "" : ": " + std::string(row->advice);
  return Error{row == kRows.end() ? Failure::denied : row->failure, text};
}

Task<Result<void>> code_login_in(CodeWorld world, Executor loop, OAuth2 client, Blocking blocking, LoginTalk talk) {
  auto secret = co_await begin_login(client, blocking);
  if (!secret) co_return secret.error();
  const auto redactor = std::make_shared<Redactor>();
  if (*secret) redactor->learn((*secret)->reveal());
  AuthorizationServer server(loop, client, world.http, redactor);
  const auto metadata = co_await find_endpoint(server, world, client, *redactor);
  if (!metadata) co_return metadata.error();
  client.auth_url = metadata->auth_url;
  if (const auto good = check_page(client.auth_url); !good) {
    co_return Error{Failure::protocol, "the authorization endpoint (auth_url) is an address that nobody is sent to: " +
                                           good.error().text + "; nobody was logged in"};
  }
  auto door = RedirectDoor::open(loop);
  if (!door) {
    co_return Error{door.error().failure, "the browser could not come back to this machine: " + door.error().text +
                                              "; use --flow device if the provider has it"};
  }

  Secret verifier = random_secret();
  redactor->learn(verifier.reveal());
  SentAlong sent;
  sent.authority = (*door)->authority();
  sent.state = random_secret();
  sent.issuer = metadata->issuer;
  sent.names_itself = metadata->names_itself;
  BrowserPrompt prompt;
  prompt.url = authorization_request(client, sent, code_challenge(verifier.reveal()));
  prompt.redirect = sent.uri();
  prompt.expires = std::chrono::duration_cast<Seconds>(world.patience);
  const auto back = std::make_shared<Return>(loop, std::move(sent));
  (*door)->start([back](std::string_view target) { return back->hear(target); }, world.request, talk.party);
  talk.on_pasted([back](const Secret& pasted) { back->paste(pasted); });
  auto came = co_await wait_for(world, *back, talk, prompt);
  talk.on_pasted(nullptr);
  door->reset();
  if (!came) co_return came.error();
  redactor->learn(came->code.reveal());
  if (came->kind != Redirect::Kind::code) {
    const Error refused = refused_redirect(*came, back->sent(), *redactor);
    if (came->kind == Redirect::Kind::foreign) {
      log(Level::warning, "a browser came back to a login from another server than the one it was sent to",
          {{"reason", refused.text}});
    }
    co_return refused;
  }
  // Whoever has agreed and gone by now is logged in all the same.
  const std::string here = "The browser's answer is here; it is exchanged for a token.";
  const auto told = co_await talk.tell(here);
  static_cast<void>(told);

  const TokenChange change;
  const auto answer =
      co_await redeem(server, client, back->sent(), std::move(came->code), std::move(verifier), std::move(*secret));
  if (!answer) co_return answer.error();
  if (!answer->error.empty()) co_return why_no_token(client.token_url, *answer);
  auto refresh = refresh_token_of(client, *answer);
  if (!refresh) co_return refresh.error();
  co_return co_await end_login(client, std::move(blocking), std::move(*refresh));
}

Task<Result<void>> code_login(Executor loop, OAuth2 client, Blocking blocking, LoginTalk talk,
                              std::optional<Metadata> known) {
  CodeWorld world;
  world.http.ca_file = client.ca_file;
  world.known = std::move(known);
  return code_login_in(std::move(world), std::move(loop), std::move(client), std::move(blocking), std::move(talk));
}

}  // namespace postern::credentials
