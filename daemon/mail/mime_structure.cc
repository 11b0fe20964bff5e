#include "mail/mime_structure.h"

#include "base/text.h"
#include "mail/headers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::size_t kLongestDelimiter = kLongestBoundary + 64;  // with hyphens, blanks and the line end

bool is_nested_message(std::string_view type) {
  return type == "message/rfc822" || type == "message/global" || type == "message/news";
}

struct ClosedType {
  std::string_view type;
  Closed why;
};
constexpr std::array<ClosedType, 6> kClosedTypes{{
    {"multipart/signed", Closed::signature},
    {"multipart/encrypted", Closed::encryption},
    {"application/pkcs7-mime", Closed::enveloped},
    {"application/x-pkcs7-mime", Closed::enveloped},
    {"message/partial", Closed::fragment},
    {"message/external-body", Closed::fragment},
}};

/// RFC 3464 2.1, RFC 8098 3.1, RFC 5965 3: programs read them without decoding.
bool is_report_for_programs(std::string_view type) {
  return type == "message/delivery-status" || type == "message/disposition-notification" ||
         type == "message/feedback-report";
}

Closed closed_by_type(std::string_view type, bool open_signed) {
  const auto* const row = std::ranges::find(kClosedTypes, type, &ClosedType::type);
  if (row == kClosedTypes.end() || (open_signed && row->why != Closed::fragment)) return Closed::no;
  return row->why;
}

std::string unfolded(const HeaderField* field) { return field == nullptr ? std::string() : unfold(field->body); }

bool is_field(std::string_view line) { return parse_headers(line).size > 0; }

}  // namespace

MimeWalker::MimeWalker(bool open_signed) : open_signed_(open_signed) { begin_entity(0, 0, true, false); }

void MimeWalker::begin_entity(std::size_t parent, std::size_t depth, bool is_message, bool in_digest) {
  state_ = State::header;
  header_.clear();
  entity_ = MimeEntity();
  entity_.index = std::min(entities_++, kMostEntities);
  entity_.parent = parent;
  entity_.is_message = is_message;
  depth_ = depth;
  in_digest_ = in_digest;
}

MimeEntity MimeWalker::read_header(ContentType& type) const {
  MimeEntity entity = entity_;
  const HeaderBlock block = parse_headers(header_);
  const HeaderField* const field = find(block, "Content-Type");
  type = parse_content_type(unfolded(field));
  entity.has_type = field != nullptr;
  if (!entity.has_type) type.type = in_digest_ ? "message/rfc822" : "text/plain";
  entity.has_version = find(block, "MIME-Version") != nullptr;
  entity.seven_bit_only = is_report_for_programs(type.type);
  entity.dkim = find(block, "DKIM-Signature") != nullptr;
  entity.encoding = parse_transfer_encoding(unfolded(find(block, "Content-Transfer-Encoding")));

  const bool multipart = type.type.starts_with("multipart/");
  const bool message = is_nested_message(type.type) && is_identity(entity.encoding);
  entity.closed = closed_by_type(type.type, open_signed_);
  if (entity.index == kMostEntities) {
    entity.closed = Closed::too_many;
  } else if (entity.closed == Closed::no && (multipart || message) && depth_ >= kDeepestEntity) {
    entity.closed = Closed::too_deep;
  } else if (entity.closed == Closed::no && multipart &&
             (type.boundary.empty() || type.boundary.size() > kLongestBoundary)) {
    entity.closed = Closed::no_boundary;
  }
  if (entity.closed != Closed::no) {
    entity.kind = EntityKind::closed;
  } else if (multipart) {
    entity.kind = EntityKind::multipart;
  } else if (message) {
    entity.kind = EntityKind::message;
  }
  return entity;
}

void MimeWalker::end_header(HeaderEnd end, MimeVisitor& to) {
  ContentType type;
  const MimeEntity entity = read_header(type);
  to.header(entity, header_, end);
  header_.clear();
  line_start_ = true;
  switch (entity.kind) {
    case EntityKind::leaf:
    case EntityKind::closed: state_ = State::content; break;
    case EntityKind::multipart:
      state_ = State::frame;
      frame_owner_ = entity.index;
      levels_.push_back({std::move(type.boundary), entity.index, depth_, type.type.starts_with("multipart/digest")});
      break;
    case EntityKind::message: begin_entity(entity.index, depth_ + 1, true, false); break;
  }
}

/// It is longer than anybody's: from here on all of the entity is content.
void MimeWalker::give_up_header(MimeVisitor& to) {
  MimeEntity entity = entity_;
  entity.kind = EntityKind::closed;
  entity.closed = Closed::long_header;
  to.header(entity, {}, HeaderEnd::text);
  state_ = State::content;
  const std::string fields = std::exchange(header_, {});
  pass(fields, to);
}

bool MimeWalker::find_delimiter(std::string_view line, Delimiter& found) const {
  if (!line.starts_with("--") || line.size() > kLongestDelimiter) return false;
  line.remove_prefix(2);
  for (found.level = levels_.size(); found.level-- > 0;) {
    const std::string& boundary = levels_[found.level].boundary;
    if (!line.starts_with(boundary)) continue;
    const std::string_view rest = line.substr(boundary.size());
    found.last = rest.starts_with("--");
    if (trim(rest.substr(found.last ? 2 : 0)).empty()) return true;
  }
  return false;
}

/// At the start of a line, of which this is all or the beginning.
bool MimeWalker::may_be_delimiter(std::string_view text) const {
  return !levels_.empty() && text.starts_with('-') && (text.size() == 1 || text[1] == '-');
}

void MimeWalker::delimiter_line(const Delimiter& found, std::string_view line, MimeVisitor& to) {
  while (state_ == State::header) end_header(HeaderEnd::nothing, to);
  if (state_ == State::content) to.end_content(false);
  levels_.resize(found.level + 1);
  const Level& level = levels_.back();
  if (std::exchange(line_end_held_, false)) to.frame(level.owner, "\n");
  to.frame(level.owner, line);
  line_start_ = true;
  if (found.last) {
    state_ = State::frame;
    frame_owner_ = level.owner;
    levels_.pop_back();
  } else {
    begin_entity(level.owner, level.depth + 1, false, level.digest);
  }
}

void MimeWalker::header_line(std::string_view line, MimeVisitor& to) {
  const bool folded = !header_.empty() && (line.front() == ' ' || line.front() == '\t');
  if (line == "\n") {
    end_header(HeaderEnd::empty_line, to);
  } else if (folded || is_field(line)) {
    header_ += line;
  } else {
    end_header(HeaderEnd::text, to);
    judge_line(line, to);  // it may be the first delimiter of what was opened just now
  }
}

void MimeWalker::judge_line(std::string_view line, MimeVisitor& to) {
  Delimiter found;
  if (find_delimiter(line, found)) {
    delimiter_line(found, line, to);
  } else if (state_ == State::header) {
    header_line(line, to);
  } else {
    pass(line, to);
  }
}

/// A line that must be seen whole, or as much of it as is there.
void MimeWalker::gather_line(std::string_view& text, MimeVisitor& to) {
  const std::size_t lf = text.find('\n');
  const bool whole = lf != std::string_view::npos;
  const std::string_view piece = text.substr(0, whole ? lf + 1 : lf);
  const bool too_long = state_ == State::header ? header_.size() + line_.size() + piece.size() > kLongestHeader
                                                : line_.size() + piece.size() > kLongestDelimiter;
  if (too_long && state_ == State::header) {
    give_up_header(to);
    const std::string begun = std::exchange(line_, {});
    if (!begun.empty()) feed(begun, to);
    return;
  }
  text.remove_prefix(piece.size());
  if (line_.empty() && whole) {
    judge_line(piece, to);
    return;
  }
  line_ += piece;
  if (whole) {
    const std::string line = std::exchange(line_, {});
    judge_line(line, to);
  } else if (state_ != State::header && (too_long || !may_be_delimiter(line_))) {
    const std::string line = std::exchange(line_, {});
    pass(line, to);
  }
}

/// As many lines as can be no delimiter.
void MimeWalker::pass_lines(std::string_view& text, MimeVisitor& to) {
  std::size_t end = text.size();
  if (!levels_.empty()) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      if (at + 1 < text.size() && text[at + 1] != '-') continue;
      end = at + 1;
      break;
    }
  }
  pass(text.substr(0, end), to);
  text.remove_prefix(end);
}

void MimeWalker::pass(std::string_view text, MimeVisitor& to) {
  if (text.empty()) return;
  if (std::exchange(line_end_held_, false)) put("\n", to);
  line_start_ = text.ends_with('\n');
  if (line_start_ && !levels_.empty()) {
    line_end_held_ = true;
    text.remove_suffix(1);
  }
  if (!text.empty()) put(text, to);
}

void MimeWalker::put(std::string_view text, MimeVisitor& to) {
  if (state_ == State::frame) {
    to.frame(frame_owner_, text);
  } else {
    to.content(text);
  }
}

void MimeWalker::feed(std::string_view text, MimeVisitor& to) {
  while (!text.empty()) {
    if (state_ == State::header || !line_.empty() || (line_start_ && may_be_delimiter(text))) {
      gather_line(text, to);
    } else {
      pass_lines(text, to);
    }
  }
}

void MimeWalker::finish(MimeVisitor& to) {
  if (!line_.empty()) {
    const std::string line = std::exchange(line_, {});
    judge_line(line, to);
  }
  while (state_ == State::header) end_header(HeaderEnd::nothing, to);
  // Where a multipart was not ended, that was cut off: the line end is as before the delimiter that is missing.
  if (state_ == State::content) to.end_content(levels_.empty());
  if (!std::exchange(line_end_held_, false)) return;
  to.frame(state_ == State::content && !levels_.empty() ? levels_.back().owner : frame_owner_, "\n");
}

}  // namespace postern::mail
