#include "credentials/oauth.h"

#include "base/log.h"
#include "base/text.h"
#include "credentials/authorization_server.h"
#include "credentials/file.h"
#include "credentials/flight.h"
#include "credentials/token_change.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace postern::credentials {
namespace {

using Answer = AuthorizationServer::Answer;

constexpr Milliseconds kForEver = std::chrono::hours(24 * 3650);
constexpr Milliseconds kMargin{60'000};     // before its end a token is renewed, so that no login races with it
constexpr Milliseconds kJustRenewed{1000};  // a token of this age was not yet the one that was refused
constexpr Milliseconds kPatience{10'000};   // between requests to a server in trouble while the old token is good
constexpr Milliseconds kEndIsNear = std::chrono::hours(24 * 7);
constexpr Milliseconds kWarnAgain = std::chrono::hours(24);

/// A moment that has come when either clock says so: the steady one stands still while the machine sleeps, the other
/// may be set back.
class Moment {
 public:
  Moment() = default;
  Moment(const Clock& clock, Milliseconds from_now)
      : steady_(clock.steady() + from_now), wall_(clock.wall() + from_now) {}
  [[nodiscard]] bool has_come(const Clock& clock) const { return clock.steady() >= steady_ || clock.wall() >= wall_; }
  [[nodiscard]] WallTime wall() const { return wall_; }

 private:
  SteadyTime steady_ = SteadyTime::min();
  WallTime wall_ = WallTime::min();
};

struct AccessToken {
  Secret token;
  Moment expires;
  Moment stale;        ///< to be renewed from here on
  Moment seasoned;     ///< kJustRenewed is over
  bool first = false;  ///< there was none before it: whoever was refused, was refused with this one
};

const char* advice_for(const std::string& error) {
  struct Row {
    std::string_view error;
    const char* advice;
  };
  static constexpr Row kRows[] = {
      {"invalid_client", "check client_id and client_secret_file (an expired secret must be replaced at the provider)"},
      {"unauthorized_client", "the provider must allow this grant to the client"},
      {"unsupported_grant_type", "the server does not know this grant: check token_url and refresh_token_file"},
      {"invalid_scope", "check scope"},
      {"invalid_request", "check token_url, client_id and scope"},
      {"interaction_required", "a person must agree again: run `postern login` for this smarthost"},
  };
  for (const Row& row : kRows) {
    if (row.error == error) return row.advice;
  }
  return "check the oauth2 settings";
}

class OAuthOrigin final : public SecretOrigin, public std::enable_shared_from_this<OAuthOrigin> {
 public:
  OAuthOrigin(Executor loop, Clock& clock, OAuth2 client, Blocking blocking, HttpOptions http,
              std::shared_ptr<Redactor> redactor)
      : clock_(clock),
        client_(client),
        blocking_(std::move(blocking)),
        redactor_(redactor),
        server_(loop, std::move(client), std::move(http), std::move(redactor)),
        flight_(std::move(loop), "access token") {}

  Task<Result<Secret>> get(Source::Want want) override;
  [[nodiscard]] bool renewable() const override { return true; }
  [[nodiscard]] std::optional<WallTime> ends() const override { return prolonged_ ? std::nullopt : refresh_expires_; }

 private:
  using Self = std::shared_ptr<OAuthOrigin>;

  static Task<Result<Secret>> renew(Self self);
  Task<Result<Secret>> request();
  Task<Result<Answer>> ask(std::optional<Secret> client_secret);
  Task<Result<Answer>> ask_with(Secret refresh, std::optional<Secret> client_secret);
  /// The one to be sent: of the file, or one that could not be stored there.
  Task<Result<Secret>> refresh_token();
  Task<Result<Secret>> read_refresh_file();
  Task<void> keep(Secret token);
  Result<Secret> take_access(const Answer& answer, Milliseconds spent);
  void watch_refresh_expiry(const Answer& answer);
  [[nodiscard]] Error refusal(const Answer& answer) const;
  [[nodiscard]] bool usable() const { return access_ && !access_->expires.has_come(clock_); }

  Clock& clock_;
  OAuth2 client_;
  Blocking blocking_;
  std::shared_ptr<Redactor> redactor_;
  AuthorizationServer server_;
  Flight flight_;
  std::optional<AccessToken> access_;
  Secret held_;                     ///< what the refresh token's file held when we last read or wrote it
  std::optional<Secret> unstored_;  ///< what it should hold; the file counts again when somebody else has changed it
  std::optional<WallTime> refresh_expires_;
  bool prolonged_ = false;  ///< as far as the last answers tell, each renewal moves that
  Moment warn_again_;
};

Task<Result<Secret>> OAuthOrigin::get(Source::Want want) {
  const bool known = usable();
  if (want == Source::Want::current && known && !access_->stale.has_come(clock_)) co_return access_->token;
  if (want == Source::Want::renewed && known) {
    if (!access_->first && !access_->seasoned.has_come(clock_)) co_return access_->token;
    access_->stale = Moment();
  }
  Flight::Work work = [self = shared_from_this()] { return renew(self); };
  auto renewed = co_await flight_.join(std::move(work));
  if (renewed || want == Source::Want::renewed) co_return renewed;
  if (renewed.error().failure == Failure::rejected || !usable()) co_return renewed;
  co_return access_->token;
}

Task<Result<Secret>> OAuthOrigin::renew(Self self) {
  auto token = co_await self->request();
  if (token || token.error().failure == Failure::rejected || !self->usable()) co_return token;
  self->access_->stale = Moment(self->clock_, kPatience);
  log(Level::warning, "cannot renew the access token, the old one is used while it lasts",
      {{"reason", token.error().text}});
  co_return token;
}

Task<Result<Secret>> OAuthOrigin::request() {
  const SteadyTime begun = clock_.steady();
  std::optional<Secret> client_secret;
  if (!client_.client_secret_file.empty()) {
    SecretFile file;
    file.what = "client secret file";
    file.path = client_.client_secret_file;
    auto secret = co_await read_secret(blocking_, std::move(file));
    if (!secret) co_return secret.error();
    client_secret = std::move(*secret);
  }
  std::optional<TokenChange> change;
  if (!client_.refresh_token_file.empty()) change.emplace();
  const auto answer = co_await ask(std::move(client_secret));
  if (!answer) co_return answer.error();
  if (!answer->error.empty()) co_return refusal(*answer);
  if (!client_.refresh_token_file.empty()) {
    const std::string_view rotated = answer->members.text("refresh_token");
    if (is_token(rotated)) {
      co_await keep(Secret(std::string(rotated)));
    } else if (unstored_) {
      co_await keep(*unstored_);
    }
  }
  watch_refresh_expiry(*answer);
  co_return take_access(*answer, std::chrono::ceil<Milliseconds>(clock_.steady() - begun));
}

Task<Result<Answer>> OAuthOrigin::ask(std::optional<Secret> client_secret) {
  if (client_.refresh_token_file.empty()) {
    Form form;
    form.emplace_back("grant_type", Secret("client_credentials"));
    if (!client_.scope.empty()) form.emplace_back("scope", Secret(client_.scope));
    co_return co_await server_.post(client_.token_url, std::move(form), std::move(client_secret));
  }
  const auto refresh = co_await refresh_token();
  if (!refresh) co_return refresh.error();
  auto answer = co_await ask_with(*refresh, client_secret);
  if (!answer || answer->error != "invalid_grant") co_return answer;
  // Somebody else (`postern login`, another smarthost with the same file) may have replaced it in the meantime.
  const auto now = co_await refresh_token();
  if (!now || now->reveal() == refresh->reveal()) co_return answer;
  co_return co_await ask_with(*now, std::move(client_secret));
}

Task<Result<Answer>> OAuthOrigin::ask_with(Secret refresh, std::optional<Secret> client_secret) {
  Form form;
  form.emplace_back("grant_type", Secret("refresh_token"));
  form.emplace_back("refresh_token", std::move(refresh));
  // No scope: it would have to be the one that was granted (section 6), which a changed setting is not.
  co_return co_await server_.post(client_.token_url, std::move(form), std::move(client_secret));
}

Task<Result<Secret>> OAuthOrigin::read_refresh_file() {
  SecretFile file;
  file.what = "refresh token file";
  file.path = client_.refresh_token_file;
  return read_secret(blocking_, std::move(file));
}

Task<Result<Secret>> OAuthOrigin::refresh_token() {
  auto held = co_await read_refresh_file();
  if (unstored_ && (!held || held->reveal() == held_.reveal())) co_return *unstored_;
  unstored_.reset();
  if (!held && held.error().failure == Failure::not_found) {
    co_return Error{Failure::not_found, held.error().text + "; run `postern login` for this smarthost"};
  }
  if (!held) co_return held.error();
  held_ = *held;
  co_return held;
}

Task<void> OAuthOrigin::keep(Secret token) {
  if (!unstored_ && token.reveal() == held_.reveal()) co_return;
  const auto now = co_await read_refresh_file();
  if (now && now->reveal() != held_.reveal()) {
    // A new login: what it stored is worth more than the successor of the old one.
    unstored_.reset();
    co_return;
  }
  const auto stored = co_await store_secret(blocking_, client_.refresh_token_file, token);
  if (stored) {
    held_ = token;
    unstored_.reset();
    co_return;
  }
  unstored_ = token;
  log(Level::error, "cannot store the new refresh token; it is kept in memory and lost when the daemon ends",
      {{"file", client_.refresh_token_file}, {"reason", stored.error().text}});
}

Result<Secret> OAuthOrigin::take_access(const Answer& answer, Milliseconds spent) {
  const std::string_view text = answer.members.text("access_token");
  const std::string_view type = answer.members.text("token_type");
  if (!is_token(text)) return Error{Failure::protocol, client_.token_url + " gave no usable access_token"};
  // Section 7.1: a token of an unknown type must not be used. Servers that forget to say mean this one.
  if (!type.empty() && !iequals(type, "bearer")) {
    return Error{Failure::protocol, client_.token_url + " gave a token of type " +
                                        answer.members.words("token_type", *redactor_) + " instead of Bearer"};
  }
  const auto expires_in = answer.members.seconds("expires_in");
  // Unknown: until a server refuses it.
  const Milliseconds life =
      std::max(Milliseconds(expires_in ? Milliseconds(*expires_in) : kForEver) - spent, Milliseconds(0));
  AccessToken access;
  access.token = Secret(std::string(text));
  access.expires = Moment(clock_, life);
  access.stale = Moment(clock_, life - std::min(life / 10, kMargin));
  access.seasoned = Moment(clock_, kJustRenewed);
  access.first = !access_.has_value();
  access_ = std::move(access);
  log(Level::info, "access token obtained", {{"url", client_.token_url}, {"expires_in", expires_in}});
  return access_->token;
}

void OAuthOrigin::watch_refresh_expiry(const Answer& answer) {
  auto left = answer.members.seconds("refresh_token_expires_in");
  if (!left) left = answer.members.seconds("refresh_expires_in");
  if (client_.refresh_token_file.empty() || !left || left->count() == 0) return;
  const WallTime expires = clock_.wall() + *left;
  // Where each new refresh token lives on anew, a short life is no reason to worry.
  const bool rotated = !answer.members.text("refresh_token").empty();
  prolonged_ = rotated && (!refresh_expires_ || expires > *refresh_expires_ + kMargin);
  refresh_expires_ = expires;
  if (prolonged_ || *left > kEndIsNear || !warn_again_.has_come(clock_)) return;
  warn_again_ = Moment(clock_, kWarnAgain);
  log(Level::error, "the login at the authorization server ends soon; run `postern login` for this smarthost",
      {{"url", client_.token_url}, {"ends", to_rfc3339(expires)}});
}

Error OAuthOrigin::refusal(const Answer& answer) const {
  std::string text = client_.token_url + " refused: " + answer.words + ": ";
  if (answer.error == "invalid_grant" && !client_.refresh_token_file.empty()) {
    text += "the login has ended or was withdrawn; run `postern login` for this smarthost";
  } else {
    text += advice_for(answer.error);
  }
  return Error{Failure::rejected, text};
}

}  // namespace

std::shared_ptr<SecretOrigin> make_oauth_origin(Executor loop, Clock& clock, OAuth2 client, Blocking blocking,
                                                HttpOptions http, std::shared_ptr<Redactor> redactor) {
  http.ca_file = client.ca_file;
  return std::make_shared<OAuthOrigin>(std::move(loop), clock, std::move(client), std::move(blocking), std::move(http),
                                       std::move(redactor));
}

}  // namespace postern::credentials
