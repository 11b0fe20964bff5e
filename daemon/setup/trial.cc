#include "setup/trial.h"

#include "base/clock.h"
#include "base/task.h"
#include "base/text.h"
#include "credentials/make.h"
#include "relay/relay.h"
#include "relay/site_memory.h"
#include "settings/complete.h"
#include "settings/machine_name.h"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace postern::setup {
namespace {

/// This program has nothing else to do meanwhile.
Task<Result<std::string>> at_once(std::function<Result<std::string>()> job) { co_return job(); }

Task<void> run_check(relay::Relay* relay, mail::CheckReport* report) {
  const mail::CheckOptions options;
  *report = co_await relay->check(options);
  co_await relay->close(Seconds(1));
}

/// What is no file cannot be read as one: a FIFO would be waited for.
std::optional<mail::SiteTrouble> missing_file(const settings::Smarthost& smarthost) {
  for (const std::string* file : {&smarthost.tls_ca_file, &smarthost.client_certificate, &smarthost.client_key}) {
    std::error_code error;
    if (file->empty() || std::filesystem::is_regular_file(*file, error)) continue;
    mail::SiteTrouble trouble;
    trouble.step = mail::Step::tls;
    trouble.failure = Failure::invalid;
    trouble.text = "there is no file " + printable(*file);
    return trouble;
  }
  return std::nullopt;
}

Task<void> ask_source(credentials::Source* source, Result<Secret>* answer) {
  auto got = co_await source->get(credentials::Source::Want::current);
  if (!got) {
    *answer = got.error();
  } else if (!got->password) {
    *answer = Error{Failure::invalid, got->no_password};
  } else {
    *answer = std::move(*got->password);
  }
}

credentials::Origin origin_of(const settings::Smarthost& smarthost) {
  return credentials::Origin{static_cast<const credentials::CredentialsOptions&>(smarthost),
                             !smarthost.client_certificate.empty()};
}

}  // namespace

Result<Secret> password_of(const settings::Smarthost& smarthost, const credentials::Tell& tell) {
  boost::asio::io_context loop(1);
  const auto source =
      credentials::make_source(loop.get_executor(), system_clock(), origin_of(smarthost), at_once, tell);
  Result<Secret> answer = Error{Failure::cancelled, "there is no answer"};
  spawn(loop.get_executor(), ask_source(source.get(), &answer), "ask");
  loop.run();
  return answer;
}

mail::CheckReport try_smarthost(settings::Smarthost smarthost, const std::string& hostname,
                                const credentials::Tell& tell) {
  if (smarthost.name.empty()) smarthost.name = smarthost.host;
  if (smarthost.port == 0) smarthost.port = settings::standard_port(smarthost.tls);
  if (smarthost.tls_name.empty()) smarthost.tls_name = smarthost.host;
  mail::CheckReport report;
  report.trouble = missing_file(smarthost);
  if (report.trouble) return report;
  boost::asio::io_context loop(1);
  relay::Smarthost bound{static_cast<const relay::SmarthostOptions&>(smarthost), nullptr, at_once, {}, {}};
  bound.names.hostname = hostname.empty() ? settings::machine_name() : hostname;
  bound.names.domain = bound.names.hostname;
  bound.helo = bound.names.hostname;
  credentials::Origin origin = origin_of(smarthost);
  if (!origin.user.empty() || origin.client_certificate) {
    bound.credentials = credentials::make_source(loop.get_executor(), system_clock(), std::move(origin), at_once, tell);
  }
  const auto relay =
      relay::Relay::make(loop.get_executor(), std::move(bound), std::make_shared<relay::VolatileMemory>());
  spawn(loop.get_executor(), run_check(relay.get(), &report), "try");
  loop.run();
  return report;
}

}  // namespace postern::setup
