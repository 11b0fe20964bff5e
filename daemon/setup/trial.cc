#include "setup/trial.h"

#include "base/clock.h"
#include "base/task.h"
#include "credentials/make.h"
#include "relay/relay.h"
#include "relay/site_memory.h"
#include "settings/complete.h"

#include <boost/asio/io_context.hpp>

#include <memory>
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

}  // namespace

mail::CheckReport try_smarthost(settings::Smarthost smarthost) {
  if (smarthost.name.empty()) smarthost.name = smarthost.host;
  if (smarthost.port == 0) smarthost.port = settings::standard_port(smarthost.tls);
  if (smarthost.tls_name.empty()) smarthost.tls_name = smarthost.host;
  boost::asio::io_context loop(1);
  relay::Smarthost bound{static_cast<const relay::SmarthostOptions&>(smarthost), nullptr, at_once, {}, {}};
  bound.names.hostname = settings::machine_name();
  bound.names.domain = bound.names.hostname;
  bound.helo = bound.names.hostname;
  credentials::Origin origin{static_cast<const credentials::CredentialsOptions&>(smarthost),
                             !smarthost.client_certificate.empty()};
  if (!origin.user.empty() || origin.client_certificate) {
    bound.credentials = credentials::make_source(loop.get_executor(), system_clock(), std::move(origin), at_once);
  }
  const auto relay =
      relay::Relay::make(loop.get_executor(), std::move(bound), std::make_shared<relay::VolatileMemory>());
  mail::CheckReport report;
  spawn(loop.get_executor(), run_check(relay.get(), &report), "try");
  loop.run();
  return report;
}

}  // namespace postern::setup
