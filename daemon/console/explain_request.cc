#include "console/explain_request.h"

#include "base/json_text.h"
#include "base/text.h"
#include "console/requests.h"
#include "console/users.h"
#include "control/members.h"
#include "mail/header_front.h"
#include "mail/headers.h"
#include "mail/text_survey.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace postern::console {
namespace {

namespace members = control::members;

constexpr std::size_t kReadAtOnce = 64 * std::size_t{1024};
constexpr std::size_t kLargestHeader = 256 * std::size_t{1024};
constexpr std::size_t kLargestFields = 16 * std::size_t{1024};  // a request has 64 KiB (server.h), escapes and all

mail::TextRules rules(bool eight_bit) {
  mail::TextRules made;
  made.eight_bit = eight_bit;
  return made;
}

/// What is done on the way to servers with and without 8BITMIME (RFC 6152).
class TextLine {
 public:
  void feed(std::string_view text) {
    eight_bit_.feed(text);
    seven_bit_.feed(text);
  }

  boost::json::object finish() {
    const mail::TextPlan eight_bit = eight_bit_.finish();
    const mail::TextPlan seven_bit = seven_bit_.finish();
    boost::json::object line;
    line["kind"] = "text";
    line["changed"] = !eight_bit.identity;
    line["changed_without_8bitmime"] = !seven_bit.identity;
    line["doubts"] = json_texts(eight_bit.doubts);
    line["doubts_without_8bitmime"] = json_texts(seven_bit.doubts);
    return line;
  }

 private:
  mail::TextSurvey eight_bit_{rules(true)};
  mail::TextSurvey seven_bit_{rules(false)};
};

struct ReadMessage {
  std::string front;  ///< as much as a header may have
  boost::json::object text;
};

/// The file, once, since standard input cannot be read again; line ends become LF.
Result<ReadMessage> read_message(const std::string& file) {
  const auto close = [](std::FILE* open) { return open == stdin ? 0 : std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> open(file == "-" ? stdin : std::fopen(file.c_str(), "re"), close);
  if (!open) return system_error(errno, "cannot read " + file);
  ReadMessage message;
  TextLine line;
  std::string piece;
  for (bool ended = false; !ended;) {
    piece.resize(kReadAtOnce);
    piece.resize(std::fread(piece.data(), 1, kReadAtOnce, open.get()));
    if (std::ferror(open.get()) != 0) return system_error(errno, "cannot read " + file);
    ended = piece.size() < kReadAtOnce;
    std::erase(piece, '\r');
    if (message.front.empty()) piece.erase(0, piece.size() - mail::from_header_on(piece).size());
    line.feed(piece);
    if (message.front.size() < kLargestHeader) message.front += piece;
  }
  message.text = line.finish();
  return message;
}

/// As sendmail knows whoever calls it.
Result<std::string> login_of(const std::string& user) {
  const passwd* const account = account_of(user);
  if (account != nullptr) return std::string(account->pw_name);
  return Error{Failure::not_found, "there is no user " + (user.empty() ? std::to_string(getuid()) : user)};
}

}  // namespace

bool names_file(const std::string& argument) {
  struct stat status{};
  return argument == "-" || argument.find('/') != std::string::npos ||
         (stat(argument.c_str(), &status) == 0 && S_ISREG(status.st_mode));
}

Result<std::string> fields_to_explain(std::string_view message) {
  const mail::HeaderBlock block = mail::parse_headers(message);
  std::string fields;
  for (const mail::HeaderField& field : block.fields) {
    if (!mail::is_address_field(field.name) && !iequals(field.name, "X-Original-From")) continue;
    fields += field.whole;
    if (!fields.ends_with('\n')) fields += '\n';
  }
  if (fields.size() <= kLargestFields) return fields;
  return Error{Failure::invalid, "its fields with addresses are too long to be explained"};
}

Result<ExplainRequest> explain_request(const Explained& wanted) {
  ExplainRequest made;
  made.request = plain_request("explain");
  boost::json::object& request = made.request;
  if (!wanted.site.empty()) request[members::kSite] = wanted.site;
  const bool of_message = !wanted.file.empty() || !wanted.from.empty() || !wanted.to.empty() || !wanted.user.empty();
  if (!of_message) return made;
  std::string sender = wanted.from;
  if (sender.empty()) {
    Result<std::string> login = login_of(wanted.user);
    if (!login) return login.error();
    sender = std::move(*login);
  }
  request[members::kFrom] = json_text(sender);
  if (!wanted.to.empty()) request[members::kTo] = json_text(wanted.to);
  if (const auto uid = uid_of(wanted.user)) request[members::kUser] = *uid;
  if (wanted.file.empty()) return made;
  Result<ReadMessage> message = read_message(wanted.file);
  if (!message) return message.error();
  const Result<std::string> fields = fields_to_explain(message->front);
  if (!fields) return Error{fields.error().failure, "cannot explain " + wanted.file + ": " + fields.error().text};
  if (!fields->empty()) request[members::kFields] = json_text(*fields);
  made.text = std::move(message->text);
  return made;
}

}  // namespace postern::console
