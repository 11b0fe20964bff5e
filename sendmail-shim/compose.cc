#include "sendmail-shim/compose.h"

#include "base/text.h"
#include "mail/header_completion.h"
#include "mail/header_front.h"
#include "mail/headers.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace postern::shim {
namespace {

/// The daemon takes an envelope of as much. What is read of a list may need 75 times its size in memory, and who calls
/// us may have little.
constexpr std::size_t kRecipientBytes = std::size_t{4} << 20U;

constexpr std::array<std::string_view, 3> kRecipientFields = {"To", "Cc", "Bcc"};
constexpr std::array<std::string_view, 3> kResentRecipientFields = {"Resent-To", "Resent-Cc", "Resent-Bcc"};

Exit bad_data(std::string text) { return Exit{EX_DATAERR, std::move(text)}; }

bool is_one_of(std::string_view name, const std::array<std::string_view, 3>& names) {
  return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

/// Keeps the order of first appearance; a mailbox counts once, whatever the case of its domain.
class RecipientSet {
 public:
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

  [[nodiscard]] Submission take() { return std::move(submission_); }

 private:
  std::unordered_set<std::string> seen_;
  Submission submission_;
};

/// The fields that name the recipients. A message that was resent goes where its newest block of Resent- fields says
/// that says it (RFC 5322 3.6.6); blocks are put in front of older ones, so the first field that repeats belongs to an
/// older one.
std::vector<const mail::HeaderField*> recipient_fields(const mail::HeaderBlock& header) {
  std::vector<const mail::HeaderField*> fields;
  std::unordered_set<std::string> block;
  for (const mail::HeaderField& field : header.fields) {
    if (!istarts_with(field.name, "Resent-") || field.name.size() <= 7) continue;
    if (!block.insert(to_lower(field.name)).second) {
      if (!fields.empty()) break;
      block = {to_lower(field.name)};
    }
    if (is_one_of(field.name, kResentRecipientFields)) fields.push_back(&field);
  }
  if (!fields.empty()) return fields;
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
  std::vector<const mail::HeaderField*> fields;
  if (options.source == Recipients::header_too) fields = recipient_fields(header);
  std::size_t size = 0;
  for (const std::string& argument : options.recipients) size += argument.size();
  for (const mail::HeaderField* field : fields) size += field->body.size();
  if (size > kRecipientBytes) {
    return bad_data("the recipients need more than " + std::to_string(kRecipientBytes >> 20U) +
                    " MiB, nothing was sent; send it in parts");
  }
  RecipientSet set;
  for (const std::string& argument : options.recipients) set.add(read_argument(argument));
  for (const mail::HeaderField* field : fields) set.add(mail::read_address_list(field->body));
  Submission submission = set.take();
  if (!submission.recipients.empty()) return submission;
  if (!submission.unread.empty()) {
    return Exit{EX_DATAERR,
                "nobody can be reached, nothing was sent: no address can be read in " + unread_words(submission)};
  }
  if (options.source != Recipients::header_too) {
    return Exit{EX_USAGE, "no recipients: the arguments name nobody; -t takes them from the header"};
  }
  const bool resent = !fields.empty() && is_one_of(fields.front()->name, kResentRecipientFields);
  const std::string_view names = resent ? "Resent-To, Resent-Cc or Resent-Bcc" : "To, Cc or Bcc";
  return Exit{EX_USAGE, "no recipients: neither as arguments nor in " + std::string(names)};
}

/// Why nobody was found in a header that looks well at a glance.
std::string end_of_header_words(const mail::HeaderBlock& header, std::string_view text) {
  constexpr std::size_t kShown = 80;
  const bool none = header.fields.empty();
  const std::string_view rest = text.substr(header.size);
  const std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.empty()) return none && !trim(rest).empty() ? "; the first line is empty, so there is no header" : "";
  const std::string shown = printable(line.substr(0, kShown));
  const std::string why =
      none ? "; the first line is no header field" : "; the header ends before a line that is no field";
  return why + ": \"" + std::string(cut_printable(shown, kShown)) + "\"";
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
  if (dot_ == DotLine::is_text) {
    mender_.feed(bytes, text_);
  } else {
    while (!bytes.empty() && !ended_) step(bytes);
  }
  if (text_.size() > kMessageBytes) return bad_data("the message is larger than 256 MiB");
  return std::nullopt;
}

/// At least one byte, or one step without. Until it is known what a dot at the start of a line is, it is kept back.
void InputReader::step(std::string_view& bytes) {
  const char next = bytes.front();
  switch (state_) {
    case State::line_start:
      state_ = next == '.' ? State::dot : State::line;
      if (next == '.') bytes.remove_prefix(1);
      return;
    case State::dot:
    case State::dot_cr:
      ended_ = next == '\n';
      if (ended_) return;
      if (next == '\r' && state_ == State::dot) {
        state_ = State::dot_cr;
        bytes.remove_prefix(1);
        return;
      }
      mender_.feed(state_ == State::dot ? "." : ".\r", text_);
      state_ = State::line;
      return;
    case State::line: break;
  }
  std::size_t end = 0;
  do {
    const std::size_t lf = bytes.find('\n', end);
    state_ = lf == std::string_view::npos ? State::line : State::line_start;
    end = lf == std::string_view::npos ? bytes.size() : lf + 1;
  } while (end < bytes.size() && bytes[end] != '.');
  mender_.feed(bytes.substr(0, end), text_);
  bytes.remove_prefix(end);
}

std::optional<Exit> InputReader::finish() {
  if (state_ == State::dot || state_ == State::dot_cr) ended_ = true;
  mender_.finish(text_);
  return std::nullopt;
}

mail::AddressList read_argument(std::string_view given) {
  std::string argument(trim(given));
  std::ranges::replace(argument, '\t', ' ');
  const std::string shown(cut_printable(printable(argument), mail::kLongestUnread));
  // In quotes or brackets, or behind the name of a field or command, a line end is none of a list.
  if (argument.find('\n') != std::string::npos && argument.find_first_of(":<>()\"") == std::string::npos) {
    for (std::size_t at = argument.find('\n'); at != std::string::npos; at = argument.find('\n', at)) {
      if (argument[at - 1] == '\r') argument[at - 1] = ' ';
      argument[at] = ',';
    }
  }
  if (!has_control(argument)) return mail::read_address_list(argument);
  mail::AddressList list;
  list.unread.emplace_back(shown);
  return list;
}

Outcome<Submission> compose(std::string input, const Options& options, const Surroundings& surroundings) {
  const bool named_by_header = options.source == Recipients::header_too;
  const auto empty_lines = named_by_header ? mail::EmptyLines::are_no_header : mail::EmptyLines::end_the_header;
  const std::string_view text = mail::from_header_on(input, empty_lines);
  const mail::HeaderBlock header = mail::parse_headers(text);
  auto submission = recipients_of(header, options);
  if (!submission && named_by_header) {
    Exit exit = submission.error();
    if (exit.code == EX_USAGE) exit.text += end_of_header_words(header, text);
    return exit;
  }
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
                    ", so nobody gets a copy for it and the sender will be told, if reports are wanted; the others get "
                    "theirs");
  }
  if (!submission.unread_sender.empty()) {
    lines.push_back("-f: no single address can be read in \"" + submission.unread_sender + "\"; the sender is " +
                    submission.sender);
  }
  return lines;
}

}  // namespace postern::shim
