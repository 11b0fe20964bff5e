// The TlsClient of one smarthost for as long as its files stay what they are.
#pragma once

#include "base/result.h"
#include "net/tls_context.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::net {

/// Made at the first need, so that a missing file is trouble that ends once the file is there; made anew when the
/// certificate's or the key's file has changed, so that a renewed certificate needs no restart. The authorities, whose
/// reading takes longest, are not read again otherwise. Blocking for as long as two stat() take, or the files' reading.
class FreshTlsClient {
 public:
  explicit FreshTlsClient(TlsClient::Options options) : options_(std::move(options)) {}
  /// Failures: those of TlsClient::make, at each call for as long as they last.
  Result<std::shared_ptr<TlsClient>> get();

 private:
  TlsClient::Options options_;
  std::shared_ptr<TlsClient> made_;
  std::string seen_;  ///< of which state of the files
};

}  // namespace postern::net
