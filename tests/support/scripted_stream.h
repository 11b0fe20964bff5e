// A Stream whose other end is a script in memory. Everything completes at once; no sockets, no clock.
#pragma once

#include "net/stream.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace postern::test {

/// The peer: `expect` lines are what the code under test must write, `say` what it reads next. Reads
/// arrive in pieces of at most `chunk` bytes. The Nth operation (counting reads, writes and start_tls from 1)
/// fails with `failure` if asked, and with it all that follow; but after a write that failed with closed or io, what
/// was said before can still be read. When the script is at its end a read gives end of stream.
class ScriptedStream final : public net::Stream {
 public:
  struct Options {
    std::size_t chunk = 4096;
    std::size_t fail_at = 0;  ///< 0: never
    Failure failure = Failure::timeout;
    bool secure = false;
    bool tls_fails = false;
  };

  /// Everything the peer will ever send, released piece by piece: the piece after the i-th `after` is released
  /// once the code under test has written all of that text.
  struct Turn {
    std::string expect;  ///< exact bytes the code writes before this; empty: nothing to wait for
    std::string say;
  };

  explicit ScriptedStream(std::vector<Turn> turns);
  ScriptedStream(std::vector<Turn> turns, Options options);

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> start_tls() override;
  [[nodiscard]] bool readable() override { return !readable_.empty(); }
  [[nodiscard]] bool secure() const override { return secure_; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return secure_ ? &tls_ : nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override { cancelled_ = true; }

  [[nodiscard]] const std::string& written() const { return written_; }
  [[nodiscard]] std::size_t operations() const { return operations_; }
  [[nodiscard]] std::size_t tls_starts() const { return tls_starts_; }
  /// Every turn was reached and everything written was expected; otherwise what went wrong.
  [[nodiscard]] std::string mismatch() const;

 private:
  bool failing();
  void advance();

  std::deque<Turn> turns_;
  Options options_;
  std::string readable_;
  std::string written_;
  std::string unmatched_;
  std::string mismatch_;
  net::TlsInfo tls_;
  bool secure_ = false;
  bool cancelled_ = false;
  bool broken_ = false;
  bool unwritable_ = false;
  std::size_t operations_ = 0;
  std::size_t tls_starts_ = 0;
};

}  // namespace postern::test
