// One connection of a dialogue of tests/dialogues/client: the script, and the stream that plays the server's part.
#pragma once

#include "base/base64.h"
#include "base/text.h"
#include "net/stream.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {

/// \0 \r \n \xNN, and {text} for the base64 of text.
inline std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      std::size_t end = i + 1;
      while (text[end] != '}') end += text[end] == '\\' ? 2U : 1U;
      out += base64_encode(unescape(text.substr(i + 1, end - i - 1)));
      i = end;
      continue;
    }
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case '0': out += '\0'; break;
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

struct Step {
  enum class Kind { say, expect, expect_beginning, tls, fail, hang_up, speak };
  Kind kind = Kind::say;
  std::string bytes;  ///< of say: still to be unescaped
};

/// One connection of a dialogue. It is shared with the test, because the relay destroys its streams.
struct Conversation {
  std::vector<Step> steps;
  bool secure = false;
  std::string mismatch;

  std::size_t at = 0;
  std::string readable;
  std::string written;
  std::string nonce;  ///< the client's, of SCRAM
  std::string tls = "TLSv1.3";

  void complain(std::string text) {
    if (mismatch.empty()) mismatch = std::move(text);
  }

  /// "$NONCE" is the client's nonce.
  [[nodiscard]] std::string said(std::string text) const {
    constexpr std::string_view kMark = "$NONCE";
    if (const std::size_t mark = text.find(kMark); mark != std::string::npos) text.replace(mark, kMark.size(), nonce);
    return unescape(text);
  }

  /// A whole line that begins as the script says. False: it is not here yet, or is another.
  bool take_line(const std::string& beginning) {
    const std::size_t end = written.find("\r\n");
    if (end == std::string::npos) return false;
    const std::string line = written.substr(0, end);
    if (!line.starts_with(beginning)) {
      complain("expected \"" + printable(beginning) + "...\", was written \"" + printable(line) + "\"");
      return false;
    }
    const std::string first = base64_decode(line.substr(line.rfind(' ') + 1)).value_or("");
    if (const std::size_t r = first.find(",r="); r != std::string::npos) nonce = first.substr(r + 3);
    written.erase(0, end + 2);
    return true;
  }

  void advance() {
    for (; at < steps.size(); ++at) {
      const Step& step = steps[at];
      if (step.kind == Step::Kind::say) {
        readable += said(step.bytes);
        continue;
      }
      if (step.kind == Step::Kind::expect_beginning) {
        if (!take_line(step.bytes)) return;
        continue;
      }
      if (step.kind != Step::Kind::expect) return;
      const std::string_view front = std::string_view(written).substr(0, step.bytes.size());
      if (!step.bytes.starts_with(front)) {
        complain("expected \"" + printable(step.bytes) + "\", was written \"" + printable(written) + "\"");
      }
      if (front.size() < step.bytes.size() || !mismatch.empty()) return;
      written.erase(0, step.bytes.size());
    }
  }

  void finish() {
    if (!written.empty()) complain("written beyond the script: \"" + printable(written) + "\"");
    if (at < steps.size()) complain("never reached: \"" + printable(steps[at].bytes) + "\"");
  }
};

class DialogueStream final : public net::Stream {
 public:
  explicit DialogueStream(std::shared_ptr<Conversation> talk) : talk_(std::move(talk)) {
    tls_.version = talk_->tls;
    tls_.cipher = "TEST";
    talk_->advance();
  }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (talk_->readable.empty() && talk_->at < talk_->steps.size() &&
        talk_->steps[talk_->at].kind == Step::Kind::fail) {
      ++talk_->at;
      co_return Error{Failure::timeout, "timed out"};
    }
    const std::size_t count = std::min(into.size(), talk_->readable.size());
    std::copy_n(talk_->readable.begin(), count, into.begin());
    talk_->readable.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (talk_->at < talk_->steps.size() && talk_->steps[talk_->at].kind == Step::Kind::hang_up) {
      ++talk_->at;
      talk_->advance();
      co_return Error{Failure::closed, "write: Broken pipe"};
    }
    talk_->written += bytes;
    talk_->advance();
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override {
    if (talk_->at >= talk_->steps.size() || talk_->steps[talk_->at].kind != Step::Kind::tls) {
      talk_->complain("TLS was started out of place");
      co_return Error{Failure::tls, "no TLS here"};
    }
    if (!talk_->steps[talk_->at++].bytes.empty()) co_return Error{Failure::tls, "handshake failed"};
    talk_->secure = true;
    talk_->advance();
    co_return Result<void>();
  }
  [[nodiscard]] bool readable() override {
    if (talk_->at < talk_->steps.size() && talk_->steps[talk_->at].kind == Step::Kind::speak) {
      ++talk_->at;
      talk_->advance();
    }
    return !talk_->readable.empty();
  }
  [[nodiscard]] bool secure() const override { return talk_->secure; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return talk_->secure ? &tls_ : nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

 private:
  std::shared_ptr<Conversation> talk_;
  net::TlsInfo tls_;
};

}  // namespace postern::relay
