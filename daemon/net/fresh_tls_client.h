// The TlsClient of one smarthost for as long as its files stay what they are.
#pragma once

#include "base/result.h"
#include "net/tls_context.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::net {

/// Made at the first need, so that a missing file is trouble that ends once the file is there; made anew when the file
/// of the certificate, of the key or of the authorities has changed (where that is the system's store: its file or its
/// directory), so that what was renewed needs no restart and what is trusted no more is not trusted here. The sessions
/// to be resumed are forgotten with it. Blocking for as long as four stat() take, or the files' reading.
class FreshTlsClient {
 public:
  explicit FreshTlsClient(TlsClient::Options options, std::string srv_id = {})
      : options_(std::move(options)), srv_id_(std::move(srv_id)) {}
  /// Failures: those of TlsClient::make, at each call for as long as they last.
  Result<std::shared_ptr<TlsClient>> get();
  /// The next get() reads everything, whether it seems to have changed or not.
  void forget() { made_.reset(); }

 private:
  TlsClient::Options options_;
  std::string srv_id_;
  std::shared_ptr<TlsClient> made_;
  std::string seen_;  ///< of which state of the files
};

}  // namespace postern::net
