#include "sendmail-shim/tell.h"

#include "base/text.h"
#include "mail/xtext.h"
#include "sendmail-shim/channel.h"

#include <chrono>

namespace postern::shim {

void tell_refusal(const std::string& submit_socket, const Exit& exit) {
  constexpr std::chrono::seconds kPatience(1);
  constexpr std::size_t kWords = 400;  // three times as many in xtext, and the line is limited
  auto channel = Channel::connect(submit_socket, std::chrono::seconds(0));
  if (!channel) return;
  channel->set_silence(kPatience);
  const std::string words(cut_printable(printable(exit.text), kWords));
  const std::string lines = "XREFUSED " + std::to_string(exit.code) + " " + mail::xtext_encode(words) + "\r\nQUIT\r\n";
  if (channel->write(lines)) return;
  // Until the daemon closes: what is left unread could undo what was written (unix(7): ECONNRESET).
  for (;;) {
    const auto answer = channel->read();
    if (!answer || answer->empty()) return;
  }
}

}  // namespace postern::shim
