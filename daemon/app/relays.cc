#include "app/relays.h"

#include "credentials/make.h"

#include <functional>
#include <utility>

namespace postern::app {
namespace {

Task<Result<std::string>> run_on(spool::DiskPool* pool, spool::Priority priority,
                                 std::function<Result<std::string>()> job) {
  co_return co_await pool->run(priority, std::move(job));
}

}  // namespace

credentials::Blocking blocking_on(spool::DiskPool& pool, spool::Priority priority) {
  return
      [&pool, priority](std::function<Result<std::string>()> job) { return run_on(&pool, priority, std::move(job)); };
}

std::unique_ptr<relay::Relay> make_relay(const RelayParts& parts, const settings::Smarthost& smarthost,
                                         const OurNames& names) {
  relay::Smarthost bound{static_cast<const relay::SmarthostOptions&>(smarthost),
                         nullptr,
                         parts.blocking,
                         parts.texts,
                         names.machine.hostname,
                         names.own_sender,
                         parts.trace == Trace::yes,
                         names.machine};
  credentials::Origin origin{static_cast<const credentials::CredentialsOptions&>(smarthost),
                             !smarthost.client_certificate.empty()};
  if (!origin.user.empty() || origin.client_certificate) {
    bound.credentials = credentials::make_source(parts.loop, parts.clock, std::move(origin), parts.blocking);
  }
  return relay::Relay::make(parts.loop, std::move(bound), parts.memory);
}

}  // namespace postern::app
