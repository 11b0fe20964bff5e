#include "credentials/device_login.h"

#include "base/text.h"
#include "credentials/authorization_server.h"
#include "credentials/device_flow.h"
#include "credentials/login_end.h"
#include "credentials/metadata.h"
#include "credentials/token_change.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace postern::credentials {
namespace {

using Answer = AuthorizationServer::Answer;
using Prompt = std::function<Task<Result<void>>(DevicePrompt)>;

constexpr Seconds kInterval{5};  // RFC 8628 3.2: if the server names none
constexpr Seconds kSlowDown{5};  // 3.5
constexpr Seconds kLongestWait{60};
constexpr Seconds kLongestLife{3600};
constexpr std::size_t kLongestCode = 64;
constexpr std::size_t kShownAddress = 200;

struct Device {
  DevicePrompt prompt;
  Secret code;
  Seconds interval = kInterval;
};

Task<Result<std::string>> discover(AuthorizationServer& server, const OAuth2& client, const Redactor& redactor) {
  const auto has_device = [](const Metadata& metadata) { return !metadata.device_url.empty(); };
  const auto found = co_await find_metadata(server, client, redactor, has_device, kMetadataTime);
  if (found) co_return found->device_url;
  if (found.error().failure != Failure::not_found) co_return found.error();
  const auto token = parse_url(client.token_url);
  if (!token) co_return token.error();
  co_return Error{Failure::not_found,
                  "found no device authorization endpoint at " + token->origin() +
                      ": set device_url, or auth_url where the server has no device grant (RFC 8628)"};
}

Error refused(const std::string& url, const Answer& answer) { return refused_client(url, answer, "device grant"); }

/// A person is about to open these pages and to log in there: whatever the server says must not lead them elsewhere.
Result<DevicePrompt> prompt_of(const std::string& url, const Members& members, const Redactor& redactor) {
  std::string_view page = members.text("verification_uri");
  // An early draft's name, still sent by Google.
  if (page.empty()) page = members.text("verification_url");
  const std::string_view code = members.text("user_code");
  if (!is_token(members.text("device_code")) || code.empty() || page.empty()) {
    return Error{Failure::protocol, url + " gave no device_code, user_code or verification_uri"};
  }
  DevicePrompt prompt;
  for (const auto& [text, shown] :
       {std::pair(page, &prompt.url), std::pair(members.text("verification_uri_complete"), &prompt.complete_url)}) {
    if (text.empty()) continue;
    auto good = parse_page(text);
    if (good && redactor.contains(text)) good = Error{Failure::invalid, "it repeats a secret"};
    if (!good) {
      return Error{Failure::protocol, url + " gave an address that nobody is sent to (" +
                                          redactor.shown(text, kShownAddress) + "): " + good.error().text +
                                          "; nobody was logged in"};
    }
    *shown = std::move(*good);
  }
  prompt.code = printable(code);
  if (code.size() > kLongestCode || prompt.code != code || redactor.contains(code)) {
    return Error{Failure::protocol, url + " gave a user_code that cannot be shown: it must be printable, at most " +
                                        std::to_string(kLongestCode) + " bytes long, and repeat no secret"};
  }
  return prompt;
}

Task<Result<Device>> ask_for_code(AuthorizationServer& server, const OAuth2& client, std::string url,
                                  const std::optional<Secret>& secret, const Redactor& redactor) {
  Form form;
  if (!client.scope.empty()) form.emplace_back("scope", Secret(client.scope));
  const auto answer = co_await server.post(url, std::move(form), secret);
  if (!answer) co_return answer.error();
  if (!answer->error.empty()) co_return refused(url, *answer);
  Device device;
  device.code = Secret(std::string(answer->members.text("device_code")));
  auto prompt = prompt_of(url, answer->members, redactor);
  if (!prompt) co_return prompt.error();
  device.prompt = std::move(*prompt);
  device.prompt.expires = std::min(answer->members.seconds("expires_in").value_or(kLongestLife), kLongestLife);
  const Seconds interval = answer->members.seconds("interval").value_or(kInterval);
  device.interval = std::clamp(interval, Seconds(1), kLongestWait);
  co_return device;
}

enum class Polled { agreed, pending, slow_down, final };

Polled polled(const Result<Answer>& answer) {
  // RFC 8628 3.5: a server that does not answer is asked less often.
  if (!answer) return answer.error().failure == Failure::invalid ? Polled::final : Polled::slow_down;
  if (answer->error == "authorization_pending") return Polled::pending;
  if (answer->error == "slow_down") return Polled::slow_down;
  return answer->error.empty() ? Polled::agreed : Polled::final;
}

Error final_error(const std::string& url, const Result<Answer>& answer) {
  if (!answer) return answer.error();
  if (answer->error == "access_denied") return Error{Failure::denied, "the login was refused: " + answer->words};
  if (answer->error == "expired_token") return Error{Failure::timeout, "nobody agreed in time; start the login again"};
  return refused(url, *answer);
}

/// `change` is under way while an answer is waited for, and when this returns well.
Task<Result<Secret>> poll(const DeviceWorld& world, AuthorizationServer& server, const OAuth2& client,
                          const Device& device, const std::optional<Secret>& secret, const Prompt& prompt,
                          std::optional<TokenChange>& change) {
  Seconds interval = device.interval;
  std::string trouble;
  for (Seconds waited = interval; waited <= device.prompt.expires; waited += interval) {
    co_await world.sleep(interval);
    DevicePrompt again = device.prompt;
    again.expires -= waited;
    if (auto there = co_await prompt(std::move(again)); !there) co_return there.error();
    Form form;
    form.emplace_back("grant_type", Secret("urn:ietf:params:oauth:grant-type:device_code"));
    form.emplace_back("device_code", device.code);
    change.emplace();
    auto answer = co_await server.post(client.token_url, std::move(form), secret);
    trouble = answer ? std::string() : "; " + answer.error().text;
    const Polled came = polled(answer);
    if (came != Polled::agreed) change.reset();
    if (came == Polled::slow_down) interval = std::min(interval + kSlowDown, kLongestWait);
    if (came == Polled::final) co_return final_error(client.token_url, answer);
    if (came != Polled::agreed) continue;
    co_return refresh_token_of(client, *answer);
  }
  co_return Error{Failure::timeout, "nobody agreed in time; start the login again" + trouble};
}

Task<void> sleep_on(Executor loop, Seconds time) {
  constexpr auto kSleepToken = boost::asio::as_tuple(boost::asio::use_awaitable);
  boost::asio::steady_timer timer(loop, time);
  static_cast<void>(co_await timer.async_wait(kSleepToken));
}

}  // namespace

Task<Result<void>> device_login_in(DeviceWorld world, Executor loop, OAuth2 client, Blocking blocking, Prompt prompt) {
  const auto secret = co_await begin_login(client, blocking);
  if (!secret) co_return secret.error();
  const auto redactor = std::make_shared<Redactor>();
  if (*secret) redactor->learn((*secret)->reveal());
  AuthorizationServer server(loop, client, world.http, redactor);
  Result<std::string> url = client.device_url;
  if (url->empty()) url = co_await discover(server, client, *redactor);
  if (!url) co_return url.error();
  const auto device = co_await ask_for_code(server, client, *url, *secret, *redactor);
  if (!device) co_return device.error();
  if (auto told = co_await prompt(device->prompt); !told) co_return told;
  std::optional<TokenChange> change;
  auto refresh = co_await poll(world, server, client, *device, *secret, prompt, change);
  if (!refresh) co_return refresh.error();
  co_return co_await end_login(client, std::move(blocking), std::move(*refresh));
}

Task<Result<void>> device_login(Executor loop, OAuth2 client, Blocking blocking, Prompt prompt) {
  DeviceWorld world;
  world.http.ca_file = client.ca_file;
  world.sleep = [loop](Seconds time) { return sleep_on(loop, time); };
  return device_login_in(std::move(world), loop, std::move(client), std::move(blocking), std::move(prompt));
}

}  // namespace postern::credentials
