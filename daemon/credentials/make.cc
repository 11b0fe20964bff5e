#include "credentials/make.h"

#include "base/text.h"
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

OriginPtr command_origin(const Executor& loop, const char* what, std::vector<std::string> argv) {
  Command command;
  command.what = what;
  command.argv = std::move(argv);
  return make_command_origin(loop, std::move(command));
}

OriginPtr password_origin(const Executor& loop, const Origin& origin, const Blocking& blocking) {
  if (!origin.password.empty()) return std::make_shared<WrittenOrigin>(origin.password);
  if (!origin.password_file.empty()) return file_origin(blocking, "password file", origin.password_file);
  if (!origin.password_credential.empty()) return make_credential_origin(blocking, origin.password_credential);
  if (!origin.password_command.empty()) return command_origin(loop, "password command", origin.password_command);
  return nullptr;
}

OriginPtr token_origin(const Executor& loop, Clock& clock, const Origin& origin, const Blocking& blocking) {
  if (!origin.token_file.empty()) return file_origin(blocking, "token file", origin.token_file);
  if (!origin.token_command.empty()) return command_origin(loop, "token command", origin.token_command);
  if (!origin.oauth2.token_url.empty()) {
    return make_oauth_origin(loop, clock, origin.oauth2, blocking, HttpOptions());
  }
  return nullptr;
}

class ConfiguredSource final : public Source, public std::enable_shared_from_this<ConfiguredSource> {
 public:
  ConfiguredSource(std::string user, bool client_certificate, OriginPtr password, OriginPtr token)
      : user_(std::move(user)),
        client_certificate_(client_certificate),
        password_(std::move(password)),
        token_(std::move(token)) {}

  Task<Result<sasl::Credentials>> get(Want want) override { return collect(shared_from_this(), want); }

  [[nodiscard]] bool renewable() const override { return token_ && token_->renewable(); }

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
        all.password = std::move(*password);
      } else {
        all.no_password = printable(password.error().text);
        trouble = password.error();
      }
    }
    if (self->token_) {
      auto token = co_await self->token_->get(want);
      if (token) {
        all.token = std::move(*token);
      } else if (want == Want::renewed) {
        co_return token.error();
      } else {
        all.no_token = printable(token.error().text);
        trouble = token.error();
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
};

}  // namespace

std::shared_ptr<Source> make_source(Executor loop, Clock& clock, Origin origin, Blocking blocking) {
  auto password = password_origin(loop, origin, blocking);
  auto token = token_origin(loop, clock, origin, blocking);
  return std::make_shared<ConfiguredSource>(std::move(origin.user), origin.client_certificate, std::move(password),
                                            std::move(token));
}

}  // namespace postern::credentials
