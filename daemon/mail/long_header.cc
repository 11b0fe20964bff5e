#include "mail/long_header.h"

#include "base/text.h"
#include "mail/headers.h"

#include <algorithm>

namespace postern::mail {

/// What is missing and the empty line, before what turned out to be no field.
bool LongHeader::end(std::string& out) {
  const auto stands = [this](std::string_view name) { return std::ranges::find(singles_, name) != singles_.end(); };
  out += missing_fields(stands, signed_, completion_);
  out += '\n';
  out += held_;
  held_.clear();
  return true;
}

/// held_ is a line up to and with its first colon. False: it is no field.
bool LongHeader::begin_field(std::string& out) {
  const HeaderBlock block = parse_headers(held_);
  if (block.fields.empty()) return false;
  const std::string_view name = block.fields.front().name;
  any_field_ = true;
  if (iequals(name, "Received")) ++received_;
  if (iequals(name, "DKIM-Signature")) signed_ = true;
  leaves_ = !never_leaves(name);
  if (leaves_) {
    const std::string_view single = single_field(name);
    const bool stands = std::ranges::find(singles_, single) != singles_.end();
    if (!single.empty() && !stands) singles_.emplace_back(single);
    if (stands && !signed_) out += "X-Duplicate-";
    out += held_;
  }
  held_.clear();
  return true;
}

/// True: the header has ended.
bool LongHeader::take_name(std::string_view& text, std::string& out) {
  const std::size_t stop = text.find_first_of(":\n");
  const std::size_t room = kLongestFieldName - held_.size();
  if (std::min(stop, text.size()) >= room) {
    held_ += text.substr(0, room);
    text.remove_prefix(room);
    return end(out);
  }
  const std::size_t size = stop == std::string_view::npos ? text.size() : stop + 1;
  held_ += text.substr(0, size);
  text.remove_prefix(size);
  if (stop == std::string_view::npos) return false;
  place_ = Place::body;
  return !held_.ends_with(':') || !begin_field(out) ? end(out) : false;
}

bool LongHeader::feed(std::string_view& text, std::string& out) {
  while (!text.empty()) {
    if (place_ == Place::line_start) {
      if (text.front() == '\n') {
        text.remove_prefix(1);
        return end(out);
      }
      const bool folded = any_field_ && (text.front() == ' ' || text.front() == '\t');
      place_ = folded ? Place::body : Place::name;
    }
    if (place_ == Place::name) {
      if (take_name(text, out)) return true;
      continue;
    }
    const std::size_t lf = text.find('\n');
    const std::string_view piece = text.substr(0, lf == std::string_view::npos ? lf : lf + 1);
    if (leaves_) out += piece;
    text.remove_prefix(piece.size());
    if (lf != std::string_view::npos) place_ = Place::line_start;
  }
  return false;
}

void LongHeader::finish(std::string& out) {
  if (place_ == Place::body && leaves_) out += '\n';
  end(out);
}

}  // namespace postern::mail
