#include "sendmail-shim/verify.h"

#include "sendmail-shim/compose.h"

#include <string_view>

namespace postern::shim {
namespace {

constexpr std::string_view kNullSender = "<>";

/// The daemon's requests are lines, with a TAB before each argument.
std::string request_line(const std::string& sender, const std::string& address) {
  return "verify\t" + (sender.empty() ? std::string(kNullSender) : sender) + "\t" + address;
}

/// Of what a submission would tell of as well.
std::string unread_lines(const mail::AddressList& list) {
  std::string lines;
  for (const std::string& text : list.unread) lines += text + "... no address can be read in this\n";
  if (list.more_unread > 0) lines += "(and " + std::to_string(list.more_unread) + " more)\n";
  return lines;
}

}  // namespace

Exit verify(const Options& options, const std::string& login, const Request& request, const Print& print) {
  const std::string sender = options.sender.value_or(login);
  bool any = false;
  Exit first;
  const auto note = [&first](const Exit& exit) {
    if (first.code == EX_OK) first = exit;
  };
  for (const std::string& argument : options.recipients) {
    const mail::AddressList list = read_argument(argument);
    any = any || !list.addresses.empty() || !list.unread.empty();
    for (const std::string& address : list.addresses) {
      const Exit exit = request(request_line(sender, address), print);
      note(exit);
      if (!exit.text.empty()) return exit;  // it would be the same for the others
    }
    if (list.unread.empty()) continue;
    note(Exit{EX_DATAERR, ""});
    if (!print(unread_lines(list))) return Exit{EX_IOERR, ""};
  }
  if (!any) return Exit{EX_USAGE, "-bv: no addresses: give them as arguments"};
  return first;
}

}  // namespace postern::shim
