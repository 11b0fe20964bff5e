#include "app/tls_files.h"

#include "net/tls_context.h"

namespace postern::app {

std::vector<settings::Problem> tls_problems(const settings::Settings& settings, const std::string& file) {
  std::vector<settings::Problem> problems;
  for (const settings::Smarthost& smarthost : settings.smarthosts) {
    const net::TlsClientOptions& options = smarthost;
    // The system's store is no file of the settings, and takes its time.
    if (smarthost.tls == relay::Tls::none || (options.tls_ca_file.empty() && options.client_certificate.empty()))
      continue;
    const auto made = net::TlsClient::make(options);
    if (made) continue;
    settings::Problem problem;
    problem.file = file;
    problem.text = "the smarthost " + smarthost.name + ": " + made.error().text;
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace postern::app
