#include "app/tls_files.h"

#include "base/service_name.h"
#include "net/tls_context.h"
#include "net/weak_ciphers.h"
#include "settings/weak_tls.h"

#include <utility>

namespace postern::app {

std::vector<settings::Problem> tls_problems(const settings::Settings& settings, const std::string& file) {
  std::vector<settings::Problem> problems;
  for (const settings::Smarthost& smarthost : settings.smarthosts) {
    auto options = static_cast<const net::TlsClientOptions&>(smarthost);
    // Of a service the names are known once the DNS has told.
    const auto service = ServiceName::parse(smarthost.host);
    if (service && options.tls_name.empty()) options.tls_name = service->domain;
    // The system's store is no file of the settings, and takes its time.
    const bool says_something =
        !options.tls_ca_file.empty() || !options.client_certificate.empty() || !options.tls_ciphers.empty();
    if (smarthost.tls == relay::Tls::none || !says_something) continue;
    const auto made = net::TlsClient::make(options);
    if (made) continue;
    settings::Problem problem;
    problem.file = file;
    problem.text = "the smarthost " + smarthost.name + ": " + made.error().text;
    problems.push_back(std::move(problem));
  }
  return problems;
}

void warn_of_ciphers(settings::Loaded& loaded, const std::string& file) {
  if (!loaded.settings) return;
  for (const settings::Smarthost& smarthost : loaded.settings->smarthosts) {
    if (smarthost.tls == relay::Tls::none) continue;
    for (std::string& text : net::weak_ciphers(smarthost)) {
      settings::Problem warning;
      warning.file = file;
      warning.text = "the smarthost " + smarthost.name + ": " + std::move(text);
      loaded.warnings.push_back(std::move(warning));
    }
  }
}

std::vector<std::string> weak_tls(const settings::Smarthost& smarthost) {
  if (smarthost.tls == relay::Tls::none) return {};
  std::vector<std::string> weak = net::weak_ciphers(smarthost);
  if (std::string version = settings::weak_tls_version(smarthost); !version.empty()) weak.push_back(std::move(version));
  return weak;
}

}  // namespace postern::app
