#include "credentials/make.h"

#include "credentials/command.h"
#include "credentials/file.h"
#include "credentials/oauth.h"
#include "credentials/secret_origin.h"

#include <utility>

namespace postern::credentials {
namespace {

using OriginPtr = std::shared_ptr<SecretOrigin>;

class WrittenOrigin final : public SecretOrigin {
 public:
  explicit WrittenOrigin(Secret secret) : secret_(std::move(secret)) {}
  Task<Result<Secret>> get(Source::Want) override { co_return secret_; }

 private:
  Secret secret_;
};

OriginPtr file_origin(const Blocking& blocking, const char* what, std::string path) {
  SecretFile file;
  file.what = what;
  file.path = std::move(path);
  return make_file_origin(blocking, std::move(file));
}

using RedactorPtr = std::shared_ptr<Redactor>;

OriginPtr password_origin(const Executor& loop, const Origin& origin, const Blocking& blocking, const Tell& tell,
                          const RedactorPtr& redactor) {
  if (!origin.password.empty()) return std::make_shared<WrittenOrigin>(origin.password);
  if (!origin.password_file.empty()) return file_origin(blocking, "password file", origin.password_file);
  if (!origin.password_credential.empty()) return make_credential_origin(blocking, origin.password_credential);
  if (!origin.password_command.empty())
    return make_command_origin(loop, Command{"password command", origin.password_command, tell}, redactor);
  return nullptr;
}

OriginPtr token_origin(const Executor& loop, Clock& clock, const Origin& origin, const Blocking& blocking,
                       const Tell& tell, const RedactorPtr& redactor) {
  if (!origin.token_file.empty()) return file_origin(blocking, "token file", origin.token_file);
  if (!origin.token_command.empty())
    return make_command_origin(loop, Command{"token command", origin.token_command, tell}, redactor);
  if (!origin.oauth2.token_url.empty()) {
    return make_oauth_origin(loop, clock, origin.oauth2, blocking, HttpOptions(), redactor);
  }
  return nullptr;
}

class ConfiguredSource final : public Source, public std::enable_shared_from_this<ConfiguredSource> {
 public:
  ConfiguredSource(std::string user, bool client_certificate, OriginPtr password, OriginPtr token, RedactorPtr redactor)
      : user_(std::move(user)),
        client_certificate_(client_certificate),
        password_(std::move(password)),
        token_(std::move(token)),
        redactor_(std::move(redactor)) {}

  Task<Result<sasl::Credentials>> get(Want want) override { return collect(shared_from_this(), want); }

  [[nodiscard]] bool renewable() const override { return token_ && token_->renewable(); }

  [[nodiscard]] std::optional<WallTime> ends() const override {
    return token_ ? token_->ends() : std::optional<WallTime>();
  }

  [[nodiscard]] sasl::Credentials kinds() const override {
    sasl::Credentials kinds;
    kinds.user = user_;
    kinds.client_certificate = client_certificate_;
    if (password_) kinds.password.emplace();
    if (token_) kinds.token.emplace();
    return kinds;
  }

 private:
  /// The settings may be reloaded, and this source be let go, while somebody waits.
  static Task<Result<sasl::Credentials>> collect(std::shared_ptr<ConfiguredSource> self, Want want) {
    sasl::Credentials all;
    all.user = self->user_;
    all.client_certificate = self->client_certificate_;
    std::optional<Error> trouble;
    if (self->password_) {
      auto password = co_await self->password_->get(want);
      if (password) {
        self->redactor_->learn(password->reveal());
        all.password = std::move(*password);
      } else {
        trouble = password.error();
        all.no_password = trouble->text;
      }
    }
    if (self->token_) {
      auto token = co_await self->token_->get(want);
      if (token) {
        self->redactor_->learn(token->reveal());
        all.token = std::move(*token);
      } else if (want == Want::renewed) {
        co_return token.error();
      } else {
        trouble = token.error();
        all.no_token = trouble->text;
      }
    }
    const bool something = all.password || all.token || all.client_certificate;
    if (trouble && !something) co_return *trouble;
    co_return all;
  }

  std::string user_;
  bool client_certificate_;
  OriginPtr password_;
  OriginPtr token_;
  RedactorPtr redactor_;
};

}  // namespace

std::shared_ptr<Source> make_source(Executor loop, Clock& clock, Origin origin, Blocking blocking, Tell tell) {
  const auto redactor = std::make_shared<Redactor>();
  auto password = password_origin(loop, origin, blocking, tell, redactor);
  auto token = token_origin(loop, clock, origin, blocking, tell, redactor);
  return std::make_shared<ConfiguredSource>(std::move(origin.user), origin.client_certificate, std::move(password),
                                            std::move(token), redactor);
}

}  // namespace postern::credentials
