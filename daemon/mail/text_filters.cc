#include "mail/text_filters.h"

#include "base/base64.h"
#include "mail/quoted_printable.h"
#include "mail/text_scan.h"
#include "mail/wrap.h"

#include <utility>

namespace postern::mail {
namespace {

constexpr std::size_t kBase64Line = 76;  // RFC 2045 6.8
constexpr std::size_t kBase64Octets = kBase64Line / 4 * 3;

/// Those that need not know why the text ends.
template <class Codec>
class FilterOf final : public TextFilter {
 public:
  void feed(std::string_view text, std::string& out) override { codec_.feed(text, out); }
  void finish(bool end_of_text, std::string& out) override {
    if constexpr (requires { codec_.finish(end_of_text, out); }) {
      codec_.finish(end_of_text, out);
    } else if constexpr (requires { codec_.finish(out); }) {
      codec_.finish(out);
    }
  }

 private:
  Codec codec_;
};

}  // namespace

std::unique_ptr<TextFilter> make_text_filter(TextAction action) {
  switch (action) {
    case TextAction::keep: return nullptr;
    case TextAction::quoted_printable: return std::make_unique<FilterOf<QuotedPrintableEncoder>>();
    case TextAction::base64: return std::make_unique<FilterOf<Base64Text>>();
    case TextAction::mend_quoted_printable: return std::make_unique<FilterOf<QuotedPrintableMender>>();
    case TextAction::mend_base64: return std::make_unique<FilterOf<Base64Mender>>();
    case TextAction::force: return std::make_unique<FilterOf<ForcedText>>();
  }
  return nullptr;
}

void Base64Text::put_line(std::string& out) {
  if (!std::exchange(first_, false)) out += '\n';
  out += base64_encode(octets_);
  octets_.clear();
}

void Base64Text::feed(std::string_view text, std::string& out) {
  const auto put = [this, &out](char octet) {
    octets_ += octet;
    if (octets_.size() == kBase64Octets) put_line(out);
  };
  for (const char c : text) {
    if (c == '\n') put('\r');
    put(c);
    line_open_ = c != '\n';
  }
}

void Base64Text::finish(bool end_of_text, std::string& out) {
  if (end_of_text && line_open_) feed("\n", out);
  if (!octets_.empty()) put_line(out);
  if (end_of_text && !first_) out += '\n';
}

void Base64Mender::feed(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (is_odd_octet(c)) continue;
    if (column_ == kBase64Line && c != '\n') {
      out += '\n';
      column_ = 0;
    }
    out += c;
    column_ = c == '\n' ? 0 : column_ + 1;
  }
}

void ForcedText::feed(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (column_ == kMaxLine && c != '\n') {
      out += '\n';
      out += indent_;
      column_ = indent_.size();
    }
    out += is_odd_octet(c) ? '?' : c;
    column_ = c == '\n' ? 0 : column_ + 1;
  }
}

std::string forced_fields(std::string_view fields) {
  std::string out;
  ForcedText(" ").feed(fields, out);
  return out;
}

}  // namespace postern::mail
