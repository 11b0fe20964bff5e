#include "mail/text_rewriter.h"

#include "base/text.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"

#include <array>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::string_view kEncodingField = "Content-Transfer-Encoding";

/// In the order of SaidEncoding.
constexpr std::array<std::string_view, 5> kEncodingNames{"", "7bit", "8bit", "quoted-printable", "base64"};

/// The fields with what the plan adds and changes.
std::string with_mime_fields(std::string_view fields, const PartPlan& part) {
  const bool says = part.encoding != SaidEncoding::stays;
  const bool types = part.type != AddedType::none;
  const std::string encoding = std::string(kEncodingField) + ": " +
                               std::string(kEncodingNames.at(static_cast<std::size_t>(part.encoding))) + "\n";
  std::string out;
  bool said = false;
  for (const HeaderField& field : parse_headers(fields).fields) {
    if (says && iequals(field.name, kEncodingField)) {
      if (!std::exchange(said, true)) out += encoding;
    } else if (!types || !iequals(field.name, "Content-Type")) {
      out += field.whole;
    }
  }
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  if (part.mime_version) out += "MIME-Version: 1.0\n";
  if (part.type == AddedType::utf8) out += "Content-Type: text/plain; charset=utf-8\n";
  if (part.type == AddedType::unknown_8bit) out += "Content-Type: text/plain; charset=unknown-8bit\n";
  if (says && !said) out += encoding;
  return out;
}

}  // namespace

TextRewriter::TextRewriter(TextPlan plan, const TextRules& rules, EditFields top_fields)
    : plan_(std::move(plan)), rules_(rules), top_fields_(std::move(top_fields)), walker_(rules.at_any_cost) {}

void TextRewriter::feed(std::string_view text, std::string& out) {
  out_ = &out;
  walker_.feed(text, *this);
  out_ = nullptr;
}

void TextRewriter::finish(std::string& out) {
  out_ = &out;
  walker_.finish(*this);
  end_partless(true);
  out_ = nullptr;
}

/// A text that was not surveyed, or another one, is left alone.
const PartPlan& TextRewriter::planned(std::size_t index) const {
  static const PartPlan nothing;
  return index < plan_.parts.size() ? plan_.parts[index] : nothing;
}

std::string TextRewriter::edited(const MimeEntity& entity, std::string_view fields) const {
  const PartPlan& part = planned(entity.index);
  const bool edits = entity.index == 0 && top_fields_ && entity.closed != Closed::long_header;
  std::string out(fields);
  if (edits) out = edited_fields(out, top_fields_);
  if (part.mime_version || part.type != AddedType::none || part.encoding != SaidEncoding::stays) {
    out = with_mime_fields(out, part);
  }
  if (part.fields || (edits && !plan_.as_it_is)) out = outgoing_fields(out, FieldRules{rules_.utf8});
  if (rules_.at_any_cost) out = forced_fields(out);
  return out;
}

void TextRewriter::header(const MimeEntity& entity, std::string_view fields, HeaderEnd end) {
  const std::string written = edited(entity, fields);
  *out_ += written;
  const bool ended = written.empty() || written.ends_with('\n');
  if (end == HeaderEnd::empty_line || (end == HeaderEnd::text && written != fields)) *out_ += ended ? "\n" : "\n\n";
  const TextAction action = planned(entity.index).action;
  filter_ = make_text_filter(action);
  const bool partless = entity.kind == EntityKind::multipart && filter_ != nullptr && action != TextAction::force;
  partless_ = partless ? std::optional(entity.index) : std::nullopt;
}

void TextRewriter::content(std::string_view piece) {
  if (filter_ == nullptr) {
    *out_ += piece;
  } else {
    filter_->feed(piece, *out_);
  }
}

void TextRewriter::end_content(bool end_of_text) {
  if (filter_ != nullptr) filter_->finish(end_of_text, *out_);
}

/// Its frames were content; there is no call for their end.
void TextRewriter::end_partless(bool end_of_text) {
  if (std::exchange(partless_, std::nullopt)) end_content(end_of_text);
}

void TextRewriter::frame(std::size_t owner, std::string_view piece) {
  if (owner == partless_) {
    content(piece);
    return;
  }
  end_partless(false);
  if (planned(owner).action == TextAction::force) {
    frames_.feed(piece, *out_);
  } else {
    *out_ += piece;
  }
}

}  // namespace postern::mail
