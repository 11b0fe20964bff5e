// A stream without TLS, deadlines or cancellation: what a double of one connection need not write again.
#pragma once

#include "net/stream.h"

namespace postern::test {

class PlainStream : public net::Stream {
 public:
  Task<Result<void>> start_tls() override { co_return Error{Failure::tls, "none"}; }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}
};

}  // namespace postern::test
