#include "smtp/reply.h"

#include "base/ascii.h"
#include "base/text.h"
#include "smtp/limits.h"

#include <algorithm>
#include <utility>

namespace postern::smtp {
namespace {

constexpr std::size_t kTextForPeople = 512;

/// Length of 1 to 3 digits at the front, 0 if there are none or more.
std::size_t short_number(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  return length <= 3 ? length : 0;
}

/// The code of a reply line, 0 if it is none (RFC 5321 4.2: 200 to 599 in exactly three digits).
int code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

std::string Reply::enhanced() const {
  if (lines.empty()) return {};
  const std::string_view text = lines.front();
  if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') return {};
  const std::size_t subject = short_number(text.substr(2));
  const std::size_t dot = 2 + subject;
  if (subject == 0 || dot >= text.size() || text[dot] != '.') return {};
  const std::size_t detail = short_number(text.substr(dot + 1));
  const std::size_t end = dot + 1 + detail;
  if (detail == 0 || (end < text.size() && text[end] != ' ')) return {};
  return std::string(text.substr(0, end));
}

std::string Reply::words() const {
  const std::string status = enhanced();
  std::string out;
  for (const std::string& line : lines) {
    std::string_view text = line;
    if (!status.empty() && text.starts_with(status)) text.remove_prefix(status.size());  // servers repeat it
    text = trim(text);
    if (text.empty()) continue;
    out.append(out.empty() ? "" : " / ").append(printable(text));
    if (out.size() > kTextForPeople) break;
  }
  out.resize(cut_printable(out, kTextForPeople).size());
  return out;
}

std::string Reply::text() const {
  std::string out = std::to_string(code);
  for (const std::string& part : {enhanced(), words()}) {
    if (!part.empty()) out.append(" ").append(part);
  }
  out.resize(cut_printable(out, kTextForPeople).size());
  return out;
}

Result<std::optional<Reply>> ReplyParser::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
    const std::size_t text = piece.size() - (end == std::string_view::npos ? 0 : 1);
    // One byte more than the limit, for the CR that is not part of the text.
    if (line_.size() + text > longest_line_ + 1) return Error{Failure::limit, "a reply line is too long"};
    if (bytes_ + piece.size() > limits::kReplyBytes) return Error{Failure::limit, "a reply is too long"};
    line_.append(piece.substr(0, text));
    bytes_ += piece.size();
    bytes.remove_prefix(piece.size());
    if (end == std::string_view::npos) break;

    const Result<bool> complete = take_line();
    if (!complete) return complete.error();
    line_.clear();
    if (!*complete) continue;
    bytes_ = 0;
    return std::optional<Reply>(std::exchange(reply_, Reply()));
  }
  return std::optional<Reply>();
}

Result<bool> ReplyParser::take_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  if (line_.size() > longest_line_) return Error{Failure::limit, "a reply line is too long"};
  const std::string_view line = line_;
  // Some servers put an empty line before a reply. It cannot be taken for anything else.
  if (line.empty() && reply_.lines.empty() && blank_ < limits::kBlankLines) {
    ++blank_;
    return false;
  }
  blank_ = 0;
  const int code = code_of(line);
  if (code == 0) {
    return Error{Failure::protocol, "not an SMTP reply: \"" + printable(line.substr(0, 64)) + "\""};
  }
  // Some would take the last line's code. For a reply to RCPT that would be a guess whether mail is lost.
  if (!reply_.lines.empty() && reply_.code != code) {
    return Error{Failure::protocol, "the code changes within one reply, from " + std::to_string(reply_.code) + " to " +
                                        std::to_string(code)};
  }
  if (reply_.lines.size() == limits::kReplyLines) return Error{Failure::limit, "a reply has too many lines"};
  reply_.code = code;
  reply_.lines.emplace_back(line.substr(std::min<std::size_t>(line.size(), 4)));
  return line.size() == 3 || line[3] == ' ';
}

}  // namespace postern::smtp
