// Credentials as a test wants them: what is there, and which tokens come when the first one is refused.
#pragma once

#include "credentials/source.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::relay {

class TestSource final : public credentials::Source {
 public:
  explicit TestSource(sasl::Credentials current) : current_(std::move(current)) {}

  Task<Result<sasl::Credentials>> get(Want want) override {
    ++(want == Want::current ? reads : renewals);
    if (unreadable) co_return *unreadable;
    if (want == Want::renewed && unrenewable) co_return *unrenewable;
    if (want == Want::renewed && !tokens.empty()) {
      current_.token = Secret(tokens.front());
      tokens.pop_front();
    }
    co_return current_;
  }
  [[nodiscard]] bool renewable() const override { return unrenewable || !tokens.empty(); }
  [[nodiscard]] sasl::Credentials kinds() const override {
    sasl::Credentials kinds;
    kinds.user = current_.user;
    if (current_.password) kinds.password.emplace();
    if (current_.token) kinds.token.emplace();
    kinds.client_certificate = current_.client_certificate;
    return kinds;
  }

  void set(sasl::Credentials current) { current_ = std::move(current); }

  std::deque<std::string> tokens;  ///< that get(renewed) will give
  std::optional<Error> unreadable;
  std::optional<Error> unrenewable;
  std::size_t reads = 0;
  std::size_t renewals = 0;

 private:
  sasl::Credentials current_;
};

inline sasl::Credentials with_password(std::string user, std::string password) {
  sasl::Credentials credentials;
  credentials.user = std::move(user);
  credentials.password = Secret(std::move(password));
  return credentials;
}

inline sasl::Credentials with_token(std::string user, std::string token) {
  sasl::Credentials credentials;
  credentials.user = std::move(user);
  credentials.token = Secret(std::move(token));
  return credentials;
}

inline std::shared_ptr<TestSource> password_source(std::string user, std::string password) {
  return std::make_shared<TestSource>(with_password(std::move(user), std::move(password)));
}

}  // namespace postern::relay
