#include "queue/said.h"

#include "base/base64.h"
#include "base/text.h"
#include "mail/content_type.h"
#include "mail/encoded_words.h"
#include "mail/headers.h"
#include "mail/mime_structure.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace postern::queue {
namespace {

/// The fields that tell how a message came, and are others in each: cron(8) has the session of each run in its own.
constexpr std::array<std::string_view, 12> kOnItsWay{"Received",   "Return-Path", "Delivered-To",   "Date",
                                                     "Message-ID", "In-Reply-To", "References",     "Content-ID",
                                                     "X-Cron-Env", "Lines",       "Content-Length", "DKIM-Signature"};

bool is_on_its_way(std::string_view name) {
  return std::ranges::any_of(kOnItsWay, [name](std::string_view one) { return iequals(one, name); });
}

/// The text in its octets; nothing: it is no base64 from its beginning to its end.
std::optional<std::string> from_base64(std::string_view content) {
  std::string line;
  line.reserve(content.size());
  std::ranges::copy_if(content, std::back_inserter(line), [](char c) { return c != '\n' && c != '\r' && c != ' '; });
  return base64_decode(line);
}

std::string from_quoted_printable(std::string_view content) {
  const auto digit = [](char c) { return std::string_view("0123456789ABCDEF").find(to_upper(c)); };
  std::string text;
  text.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] != '=') {
      text += content[i];
    } else if (i + 1 < content.size() && content[i + 1] == '\n') {
      ++i;
    } else if (i + 2 < content.size() && digit(content[i + 1]) < 16 && digit(content[i + 2]) < 16) {
      text += static_cast<char>(digit(content[i + 1]) * 16 + digit(content[i + 2]));
      i += 2;
    } else {
      text += '=';
    }
  }
  return text;
}

/// A word in a charset that is not known here is left as it is, and its base64 would look like an id.
bool is_encoded(std::string_view text) {
  const std::size_t begin = text.find("=?");
  return begin != std::string_view::npos && text.find("?=", begin + 2) != std::string_view::npos;
}

class Gatherer final : public mail::MimeVisitor {
 public:
  void header(const mail::MimeEntity& entity, std::string_view fields, mail::HeaderEnd) override {
    end_frame();
    const mail::HeaderBlock block = mail::parse_headers(fields);
    const mail::HeaderField* const field = mail::find(block, "Content-Type");
    const mail::ContentType type =
        field == nullptr ? mail::ContentType() : mail::parse_content_type(mail::unfold(field->body));
    const bool multipart = entity.kind == mail::EntityKind::multipart;
    if (multipart) boundaries_[entity.index] = type.boundary;
    for (const mail::HeaderField& one : block.fields) {
      if (is_on_its_way(one.name)) continue;
      std::string body = mail::unfold(one.body);
      // By which boundary parts are parted is another matter in each message.
      const std::size_t at = multipart && &one == field ? body.rfind(type.boundary) : std::string::npos;
      if (at != std::string::npos) body.erase(at, type.boundary.size());
      const std::string text = to_lower(one.name) + ": " + mail::decode_words(body);
      said_.push_back({is_encoded(text) ? Said::Kind::octets : Said::Kind::field, text});
    }
    is_text_ = entity.kind == mail::EntityKind::leaf && (field == nullptr || type.type.starts_with("text/"));
    encoding_ = entity.encoding;
  }
  void content(std::string_view piece) override { content_ += piece; }
  void end_content(bool) override {
    const std::string content = std::exchange(content_, {});
    std::optional<std::string> text;
    if (is_text_ && encoding_ == mail::TransferEncoding::base64) {
      text = from_base64(content);
    } else if (is_text_ && encoding_ == mail::TransferEncoding::quoted_printable) {
      text = from_quoted_printable(content);
    } else if (is_text_ && mail::is_identity(encoding_)) {
      text = content;
    }
    const auto kind = text ? Said::Kind::text : Said::Kind::octets;
    said_.push_back({kind, text.value_or(content)});
  }
  void frame(std::size_t owner, std::string_view piece) override {
    if (!is_delimiter(boundaries_[owner], piece)) frame_ += piece;
  }

  [[nodiscard]] std::vector<Said> take() {
    end_frame();
    return std::move(said_);
  }

 private:
  static bool is_delimiter(std::string_view boundary, std::string_view line) {
    if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return false;
    line.remove_prefix(2 + boundary.size());
    if (line.starts_with("--")) line.remove_prefix(2);
    return trim(line).empty();
  }
  /// A script that writes no right delimiter has all of its text there.
  void end_frame() {
    const std::string text = std::exchange(frame_, {});
    if (!trim(text).empty()) said_.push_back({Said::Kind::text, text});
  }

  std::vector<Said> said_;
  std::map<std::size_t, std::string> boundaries_;  ///< of multiparts
  std::string content_;
  std::string frame_;  ///< since the last header
  mail::TransferEncoding encoding_ = mail::TransferEncoding::none;
  bool is_text_ = true;
};

}  // namespace

std::vector<Said> said_by(std::string_view message) {
  constexpr bool kOpenSigned = false;
  Gatherer gatherer;
  mail::MimeWalker walker(kOpenSigned);
  walker.feed(message, gatherer);
  walker.finish(gatherer);
  return gatherer.take();
}

}  // namespace postern::queue
