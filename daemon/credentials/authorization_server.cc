#include "credentials/authorization_server.h"

#include "base/base64.h"
#include "base/text.h"
#include "credentials/file.h"

#include <algorithm>
#include <utility>

namespace postern::credentials {
namespace {

using Answer = AuthorizationServer::Answer;

/// RFC 6749 2.3.1: both are form-encoded before they are joined.
Secret basic_authorization(const std::string& id, const Secret& secret) {
  std::string encoded = percent_encode(secret.reveal());
  std::string pair;
  pair.reserve(3 * id.size() + encoded.size() + 1);
  pair += percent_encode(id);
  pair += ':';
  pair += encoded;
  std::string base64 = base64_encode(pair);
  std::string value;
  value.reserve(base64.size() + 6);
  value += "Basic ";
  value += base64;
  for (std::string* text : {&encoded, &pair, &base64}) wipe(*text);
  Secret authorization(std::move(value));
  return authorization;
}

Error status_error(Failure failure, const Url& url, const HttpAnswer& answer, const std::string& more = {}) {
  return Error{failure, url.text() + " answered " + std::to_string(answer.status) + more};
}

Error unusable(const Url& url, const HttpAnswer& answer, const Redactor& redactor) {
  if (answer.status / 100 == 3) {
    const std::string where = redactor.shown(answer.location.substr(0, answer.location.find_first_of("?#")), 200);
    return status_error(Failure::protocol, url, answer,
                        " and wants to redirect to " + where + ", which is not followed: configure the final URL");
  }
  if (answer.status == 404) return status_error(Failure::not_found, url, answer, " (not found)");
  return status_error(Failure::protocol, url, answer);
}

/// What a certificate said, say.
Error clean(Error error, const Url& url, const Redactor& redactor) {
  if (redactor.contains(error.text)) error.text = url.text() + ": " + std::string(Redactor::kRemark);
  return error;
}

bool is_trouble(const HttpAnswer& answer, const std::string& error) {
  return answer.status == 429 || answer.status >= 500 || error == "temporarily_unavailable" || error == "server_error";
}

Result<Answer> read_answer_of(const Url& url, const HttpAnswer& http, Redactor& redactor) {
  Answer answer;
  auto members = Members::parse(http.body);
  if (members) {
    members->teach(redactor);
    answer.error = members->text("error");
    answer.words = members->words("error", redactor);
    const std::string more = members->words("error_description", redactor);
    if (!more.empty() && more != answer.words) answer.words += " (" + more + ")";
    answer.members = std::move(*members);
  }
  if (is_trouble(http, answer.error)) {
    return status_error(Failure::busy, url, http, answer.error.empty() ? "" : ": " + answer.words);
  }
  if (!answer.error.empty()) return answer;
  if (http.status == 401) {
    answer.error = answer.words = "invalid_client";
    return answer;
  }
  if (http.status / 100 != 2) return unusable(url, http, redactor);
  if (members) return answer;
  return Error{Failure::protocol, url.text() + ": " + members.error().text};
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kLongestSecret &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

AuthorizationServer::AuthorizationServer(Executor loop, OAuth2 client, HttpOptions http,
                                         std::shared_ptr<Redactor> redactor)
    : loop_(std::move(loop)), client_(std::move(client)), http_(std::move(http)), redactor_(std::move(redactor)) {}

HttpRequest AuthorizationServer::make_request(const Url& url, const Form& form,
                                              const std::optional<Secret>& secret) const {
  HttpRequest request;
  request.url = url;
  request.form = form;
  if (secret && secret_in_ == SecretIn::header) {
    request.authorization = basic_authorization(client_.client_id, *secret);
    // Of a device without a scope nothing is left to be said, and without a form it would be no POST.
    if (request.form.empty()) request.form.emplace_back("client_id", Secret(client_.client_id));
    return request;
  }
  request.form.emplace_back("client_id", Secret(client_.client_id));
  if (secret) request.form.emplace_back("client_secret", *secret);
  return request;
}

Task<Result<Answer>> AuthorizationServer::post(std::string url, Form form, std::optional<Secret> secret) {
  const auto parsed = parse_url(url);
  if (!parsed) co_return parsed.error();
  if (secret) redactor_->learn(secret->reveal());
  for (const auto& [name, value] : form) {
    if (Members::is_secret(name)) redactor_->learn(value.reveal());
  }
  for (;;) {
    const SecretIn used = secret_in_;
    const auto http = co_await http_exchange(loop_, make_request(*parsed, form, secret), http_);
    if (!http) co_return clean(http.error(), *parsed, *redactor_);
    auto answer = read_answer_of(*parsed, *http, *redactor_);
    if (!secret || !answer || answer->error != "invalid_client") co_return answer;
    // Neither is known to work: the next request begins with the way that servers must know.
    secret_in_ = used == SecretIn::header ? SecretIn::body : SecretIn::header;
    if (used == SecretIn::body) co_return answer;
  }
}

Task<Result<Members>> AuthorizationServer::get(std::string url, Milliseconds time) {
  auto parsed = parse_url(url);
  if (!parsed) co_return parsed.error();
  HttpRequest request;
  request.url = *parsed;
  HttpOptions options = http_;
  options.timeout = std::min(options.timeout, time);
  const auto http = co_await http_exchange(loop_, request, options);
  if (!http) co_return clean(http.error(), *parsed, *redactor_);
  if (http->status != 200) co_return unusable(*parsed, *http, *redactor_);
  auto members = Members::parse(http->body);
  if (members) co_return members;
  co_return Error{Failure::protocol, parsed->text() + ": " + members.error().text};
}

}  // namespace postern::credentials
