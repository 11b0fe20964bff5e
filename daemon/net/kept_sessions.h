// Private to net/: the TLS sessions of one smarthost that can be resumed.
#pragma once

#include "net/ssl_handles.h"

#include <cstddef>
#include <deque>

namespace postern::net {

/// A few, because some servers take each ticket once and give more than one a connection. Only sessions of verified
/// peers belong here: a session is a proof that the peer was verified.
class KeptSessions {
 public:
  static constexpr std::size_t kMost = 4;

  /// In place of the oldest, if there are too many.
  void keep(SslSession session);
  /// The newest one that can still be resumed and whose certificate is good today, or null. One of TLS 1.3 is given
  /// away for good, so that nobody can link two connections by it (RFC 8446 C.4); one of TLS 1.2 stays.
  [[nodiscard]] SslSession take();
  /// After a resumption that failed the others are no better.
  void forget() { sessions_.clear(); }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  std::deque<SslSession> sessions_;  ///< the oldest first
};

}  // namespace postern::net
