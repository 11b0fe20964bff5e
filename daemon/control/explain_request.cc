#include "control/explain_request.h"

#include "base/text.h"
#include "control/values.h"
#include "mail/headers.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace postern::control {
namespace {

constexpr std::size_t kLargestHeader = 256 * std::size_t{1024};
constexpr std::size_t kLargestFields = 16 * std::size_t{1024};  // a request has 64 KiB (server.h), escapes and all

/// As much of the file as a header may have.
Result<std::string> read_front(const std::string& file) {
  const auto close = [](std::FILE* open) { return open == stdin ? 0 : std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> open(file == "-" ? stdin : std::fopen(file.c_str(), "re"), close);
  if (!open) return system_error(errno, "cannot read " + file);
  std::string text(kLargestHeader, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), open.get()));
  if (std::ferror(open.get()) != 0) return system_error(errno, "cannot read " + file);
  return text;
}

/// As sendmail knows whoever calls it.
Result<std::string> login_of(const std::string& user) {
  const auto number = user.empty() ? std::optional<std::uint64_t>(getuid()) : parse_decimal(user);
  const passwd* const entry = number ? getpwuid(static_cast<uid_t>(*number)) : getpwnam(user.c_str());
  if (entry != nullptr) return std::string(entry->pw_name);
  return Error{Failure::not_found, "there is no user " + (user.empty() ? std::to_string(*number) : user)};
}

}  // namespace

bool names_file(const std::string& argument) {
  struct stat status{};
  return argument == "-" || argument.find('/') != std::string::npos ||
         (stat(argument.c_str(), &status) == 0 && S_ISREG(status.st_mode));
}

Result<std::string> fields_to_explain(std::string_view message) {
  std::string text(message);
  std::erase(text, '\r');
  std::string_view rest = text;
  if (rest.starts_with("From ")) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);  // an mbox
  const mail::HeaderBlock block = mail::parse_headers(rest);
  if (block.fields.empty()) return Error{Failure::invalid, "it does not begin with header fields"};
  std::string fields;
  for (const mail::HeaderField& field : block.fields) {
    if (!mail::is_address_field(field.name) && !iequals(field.name, "X-Original-From")) continue;
    fields += field.whole;
    if (!fields.ends_with('\n')) fields += '\n';
  }
  if (fields.size() <= kLargestFields) return fields;
  return Error{Failure::invalid, "its fields with addresses are too long to be explained"};
}

Result<boost::json::object> explain_request(const Explained& wanted) {
  boost::json::object request;
  request["command"] = "explain";
  if (!wanted.site.empty()) request["site"] = wanted.site;
  const bool of_message = !wanted.file.empty() || !wanted.from.empty() || !wanted.to.empty() || !wanted.user.empty();
  if (!of_message) return request;
  std::string sender = wanted.from;
  if (sender.empty()) {
    Result<std::string> login = login_of(wanted.user);
    if (!login) return login.error();
    sender = std::move(*login);
  }
  request["from"] = json_text(sender);
  if (!wanted.to.empty()) request["to"] = json_text(wanted.to);
  if (wanted.file.empty()) return request;
  const Result<std::string> text = read_front(wanted.file);
  if (!text) return text.error();
  const Result<std::string> fields = fields_to_explain(*text);
  if (!fields) return Error{fields.error().failure, "cannot explain " + wanted.file + ": " + fields.error().text};
  request["fields"] = json_text(*fields);
  return request;
}

}  // namespace postern::control
