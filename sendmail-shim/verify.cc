#include "sendmail-shim/verify.h"

#include "base/text.h"
#include "mail/address.h"

namespace postern::shim {
namespace {

constexpr std::string_view kNullSender = "<>";

/// The daemon's requests are lines, with a TAB before each argument.
std::string request_line(const std::string& sender, const std::string& address) {
  return "verify\t" + (sender.empty() ? std::string(kNullSender) : sender) + "\t" + address;
}

}  // namespace

Exit verify(const Options& options, const std::string& login, const Request& request, const Print& print) {
  if (options.recipients.empty()) return Exit{EX_USAGE, "-bv: no addresses: give them as arguments"};
  const std::string sender = options.sender.value_or(login);
  Exit first;
  const auto note = [&first](const Exit& exit) {
    if (first.code == EX_OK) first = exit;
  };
  for (const std::string& argument : options.recipients) {
    const auto addresses = mail::parse_address_list(argument);
    if (!addresses) {
      note(Exit{EX_DATAERR, ""});
      if (!print(printable(argument) + "... " + addresses.error().text + "\n")) return Exit{EX_IOERR, ""};
      continue;
    }
    for (const std::string& address : *addresses) {
      const Exit exit = request(request_line(sender, address), print);
      note(exit);
      if (!exit.text.empty()) return exit;  // it would be the same for the others
    }
  }
  return first;
}

}  // namespace postern::shim
