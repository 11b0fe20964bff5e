// practice-smarthost: a small SMTP server to send to, for tests and for trying Postern out. Not for the open network.
#include "base/log.h"
#include "base/text.h"
#include "certificates.h"
#include "net/listener.h"
#include "session.h"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace postern;  // the program is one folder

constexpr int kUsage = 64;
constexpr int kUnavailable = 69;

constexpr auto kFooter = R"(The script has one rule a line:
  at STEP [N] do ACTION
  STEP    connect greeting ehlo starttls auth mail rcpt data end-of-data quit, or auth:MECHANISM
  N       the Nth time only (over all connections), or `always`, which is the default
  ACTION  reply CODE TEXT | close | stall SECONDS | garbage | drip
For example: at auth:CRAM-MD5 always do reply 535 5.7.8 not today)";

struct Options {
  std::string directory;
  std::string listen = "127.0.0.1:0";
  std::string tls = "implicit";
  std::string user;
  std::string password;
  std::string token;
  std::string tokens_file;
  std::string client_ca;
  std::string tls_version;
  std::string mechanisms = "PLAIN LOGIN CRAM-MD5";
  std::string name;
  std::string ready_file;
  std::string script_file;
  long days = 365;
};

void describe(CLI::App& app, Options& options) {
  app.add_option("--dir", options.directory, "certificates and Maildir/new are made here")->required();
  app.add_option("--listen", options.listen, "address and port; port 0: a free one")->capture_default_str();
  app.add_option("--tls", options.tls, "implicit, starttls or none")
      ->check(CLI::IsMember({"implicit", "starttls", "none"}))
      ->capture_default_str();
  app.add_option("--user", options.user, "login that is required; none: no AUTH");
  app.add_option("--password", options.password, "its password (a practice one: it is seen in ps)");
  app.add_option("--token", options.token, "an access token of that user (XOAUTH2, OAUTHBEARER)");
  app.add_option("--tokens-file", options.tokens_file, "further ones, a line each: TOKEN [UNIX-TIME-OF-EXPIRY]");
  app.add_option("--client-ca", options.client_ca, "certificates of clients must come from this CA (PEM; EXTERNAL)");
  app.add_option("--tls-version", options.tls_version, "only this one; none: both")
      ->check(CLI::IsMember({"TLSv1.2", "TLSv1.3"}));
  app.add_option("--mechanisms", options.mechanisms, "mechanisms to offer")->capture_default_str();
  app.add_option("--name", options.name, "a further name for the certificate, and the host name");
  app.add_option("--days", options.days, "how long a new certificate is good; negative: it has expired")
      ->capture_default_str();
  app.add_option("--ready-file", options.ready_file, "gets ADDRESS:PORT when clients can come");
  app.add_option("--script", options.script_file, "misbehaviour, see below");
  app.footer(kFooter);
}

int fail(int code, const std::string& text) {
  std::fputs(("practice-smarthost: " + text + "\n").c_str(), stderr);
  return code;
}

// Written beside and renamed, so that who sees it reads all of it.
Result<void> write_ready(const std::string& path, const std::string& address) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::trunc);
  file << address << "\n";
  file.close();
  std::error_code fault;
  if (file) std::filesystem::rename(temporary, path, fault);
  if (!file || fault) return Error{Failure::io, "cannot write " + path};
  return {};
}

Result<practice::Script> read_script(const std::string& path) {
  if (path.empty()) return practice::Script();
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Failure::not_found, path + ": cannot be read"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return practice::Script::parse(text, path);
}

Result<void> run(const Options& options, practice::Script script) {
  const practice::Maildir maildir(options.directory + "/Maildir");
  if (const Result<void> made = maildir.create(); !made) return made.error();
  practice::Accounts accounts{options.user, options.password, options.token, options.tokens_file};
  const auto server =
      std::make_shared<practice::Server>(practice::Server{options.name.empty() ? "localhost" : options.name,
                                                          options.tls == "starttls",
                                                          std::move(accounts),
                                                          {},
                                                          maildir,
                                                          std::move(script)});
  for (const std::string_view mechanism : split_words(options.mechanisms)) {
    server->mechanisms.push_back(to_upper(mechanism));
  }
  std::shared_ptr<net::TlsServer> tls;
  const Result<practice::CertificateFiles> files =
      practice::make_certificates(options.directory, options.name, options.days);
  if (!files) return files.error();
  if (options.tls != "none") {
    net::TlsServer::Options wish;
    wish.certificate_file = files->certificate;
    wish.key_file = files->key;
    wish.client_ca_file = options.client_ca;
    wish.versions = options.tls_version;
    const Result<std::shared_ptr<net::TlsServer>> made = net::TlsServer::make(wish);
    if (!made) return made.error();
    tls = *made;
  }

  boost::asio::io_context loop;
  Result<std::unique_ptr<net::Listener>> listener = net::Listener::tcp(loop.get_executor(), options.listen);
  if (!listener) return listener.error();
  (*listener)->start(
      [&loop, server](std::unique_ptr<net::Stream> stream, net::Peer peer) {
        spawn(loop.get_executor(), practice::serve(std::move(stream), std::move(peer), server), "session");
      },
      tls, options.tls == "implicit");
  const std::string address = (*listener)->address();
  log(Level::info, "listening", {{"address", address}});
  if (!options.ready_file.empty()) {
    if (const Result<void> written = write_ready(options.ready_file, address); !written) return written.error();
  }
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&loop](const boost::system::error_code&, int) { loop.stop(); });
  loop.run();
  (*listener)->close();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A small SMTP server to practise with.", "practice-smarthost");
  Options options;
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  Result<practice::Script> script = read_script(options.script_file);
  if (!script) return fail(kUsage, script.error().text);
  const Result<void> ended = run(options, std::move(*script));
  return ended ? 0 : fail(kUnavailable, ended.error().text);
}
