#include "sendmail-shim/compose.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/header_completion.h"
#include "mail/headers.h"
#include "smtp/limits.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace postern::shim {
namespace {

constexpr std::array<std::string_view, 3> kRecipientFields = {"To", "Cc", "Bcc"};
constexpr std::array<std::string_view, 3> kResentRecipientFields = {"Resent-To", "Resent-Cc", "Resent-Bcc"};

Exit bad_data(std::string text) { return Exit{EX_DATAERR, std::move(text)}; }

bool is_one_of(std::string_view name, const std::array<std::string_view, 3>& names) {
  return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

/// Keeps the order of first appearance; a mailbox counts once, whatever the case of its domain.
class RecipientSet {
 public:
  void add(std::string_view list) { add(mail::read_address_list(list)); }

  /// A line end in an argument is an attack, never a slip: what follows it is nobody's (CVE-2016-10033 and kin).
  void add_argument(std::string_view argument) {
    argument = trim(argument);
    mail::AddressList read;
    if (has_control(argument)) {
      read.unread.emplace_back(cut_printable(printable(argument), mail::kLongestUnread));
    } else {
      read = mail::read_address_list(argument);
    }
    add(std::move(read));
  }

  [[nodiscard]] Submission take() { return std::move(submission_); }

 private:
  void add(mail::AddressList read) {
    for (std::string& address : read.addresses) {
      if (seen_.insert(mail::mailbox_key(address)).second) submission_.recipients.push_back(std::move(address));
    }
    submission_.more_unread += read.more_unread;
    for (std::string& slip : read.unread) {
      if (submission_.unread.size() < mail::kMostUnread) {
        submission_.unread.push_back(std::move(slip));
      } else {
        ++submission_.more_unread;
      }
    }
  }

  std::unordered_set<std::string> seen_;
  Submission submission_;
};

/// The fields that name the recipients. A message that was resent goes where its newest block of Resent- fields says
/// (RFC 5322 3.6.6); blocks are put in front of older ones, so the first field that repeats belongs to an older one.
std::vector<const mail::HeaderField*> recipient_fields(const mail::HeaderBlock& header) {
  std::vector<const mail::HeaderField*> fields;
  std::unordered_set<std::string> newest;
  for (const mail::HeaderField& field : header.fields) {
    if (!istarts_with(field.name, "Resent-") || field.name.size() <= 7) continue;
    if (!newest.insert(to_lower(field.name)).second) break;
    if (is_one_of(field.name, kResentRecipientFields)) fields.push_back(&field);
  }
  if (!newest.empty()) return fields;
  for (const mail::HeaderField& field : header.fields) {
    if (is_one_of(field.name, kRecipientFields)) fields.push_back(&field);
  }
  return fields;
}

std::string unread_words(const Submission& submission) {
  std::string words;
  for (const std::string& text : submission.unread) words += (words.empty() ? "\"" : ", \"") + text + "\"";
  if (submission.more_unread > 0) words += " and " + std::to_string(submission.more_unread) + " more";
  return words;
}

Outcome<Submission> recipients_of(const mail::HeaderBlock& header, const Options& options) {
  RecipientSet set;
  for (const std::string& argument : options.recipients) set.add_argument(argument);
  if (options.source == Recipients::header_too) {
    for (const mail::HeaderField* field : recipient_fields(header)) set.add(field->body);
  }
  Submission submission = set.take();
  if (!submission.recipients.empty()) return submission;
  if (!submission.unread.empty()) {
    return Exit{EX_DATAERR,
                "nobody can be reached, nothing was sent: no address can be read in " + unread_words(submission)};
  }
  return Exit{EX_USAGE, "no recipients: neither as arguments nor in To, Cc or Bcc"};
}

/// What the daemon cannot know of the header that it completes: who called, what the account's full name is, and when.
mail::Completion completion_for(const Options& options, const Surroundings& surroundings, const std::string& sender) {
  mail::Completion completion;
  completion.sender = sender.empty() ? surroundings.login : sender;
  completion.name = options.full_name.value_or("");
  // The full name of the account belongs to the account's address, not to one given with -f.
  if (!options.full_name && completion.sender == surroundings.login) completion.name = surroundings.full_name;
  completion.date = surroundings.date;
  return completion;
}

}  // namespace

std::optional<Exit> InputReader::feed(std::string_view bytes) {
  while (!bytes.empty() && !ended_) {
    const std::size_t lf = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, lf);
    text_ += piece;
    bytes.remove_prefix(piece.size());
    if (auto exit = check_open_line()) return exit;
    if (bytes.empty()) return std::nullopt;
    bytes.remove_prefix(1);
    if (auto exit = end_line()) return exit;
  }
  return std::nullopt;
}

std::optional<Exit> InputReader::finish() {
  if (ended_ || line_start_ == text_.size()) return std::nullopt;
  return end_line();
}

std::optional<Exit> InputReader::check_open_line() const {
  if (text_.size() - line_start_ > smtp::limits::kTextLine) {
    return bad_data("a line of the message is longer than 65536 bytes");
  }
  if (text_.size() > kMessageBytes) return bad_data("the message is larger than 256 MiB");
  return std::nullopt;
}

std::optional<Exit> InputReader::end_line() {
  if (text_.size() > line_start_ && text_.back() == '\r') text_.pop_back();
  const std::string_view line = std::string_view(text_).substr(line_start_);
  if (line.find('\0') != std::string_view::npos) return bad_data("the message has a NUL byte in it");
  if (line.find('\r') != std::string_view::npos) return bad_data("the message has a CR in it that ends no line");
  if (dot_ == DotLine::ends && line == ".") {
    ended_ = true;
    text_.resize(line_start_);
    return std::nullopt;
  }
  if (line.empty()) header_ended_ = true;
  text_ += '\n';
  line_start_ = text_.size();
  if (!header_ended_ && text_.size() > smtp::limits::kHeader) {
    // Looked at once: either all of it is header, or a line that is no field has ended the header already.
    const std::string_view message = mail::without_mailbox_lines(text_);
    if (mail::parse_headers(message).size == message.size()) {
      return bad_data("the header of the message is larger than 262144 bytes");
    }
    header_ended_ = true;
  }
  return std::nullopt;
}

Outcome<Submission> compose(std::string input, const Options& options, const Surroundings& surroundings) {
  const std::string_view text = mail::without_mailbox_lines(input);
  const mail::HeaderBlock header = mail::parse_headers(text);
  auto submission = recipients_of(header, options);
  if (!submission) return submission.error();

  submission->sender = options.sender.value_or(surroundings.login);
  submission->unread_sender = options.unread_sender;
  submission->text = mail::complete_headers(text, completion_for(options, surroundings, submission->sender));
  return submission;
}

std::vector<std::string> warnings(const Submission& submission) {
  std::vector<std::string> lines;
  if (!submission.unread.empty()) {
    lines.push_back("no address can be read in " + unread_words(submission) +
                    ", so nobody gets a copy for it and the sender will be told; the others get theirs");
  }
  if (!submission.unread_sender.empty()) {
    lines.push_back("-f: no single address can be read in \"" + submission.unread_sender + "\"; the sender is " +
                    submission.sender);
  }
  return lines;
}

}  // namespace postern::shim
