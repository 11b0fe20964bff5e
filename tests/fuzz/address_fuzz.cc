// Addresses, address lists and header blocks of hostile mail. The input is a header block; each field's body
// is read as an address list, each line of it as an address.
#include "base/text.h"
#include "fuzz.h"
#include "mail/address.h"
#include "mail/header_completion.h"
#include "mail/headers.h"

#include <algorithm>
#include <string>

namespace {

using namespace postern;

void check_address(const std::string& address) {
  fuzz::check(!has_control(address) && is_utf8(address), "an address holds no control bytes and valid UTF-8");
  const auto again = mail::parse_address(address, mail::Utf8::allow);
  fuzz::check(again.has_value() && *again == address, "an address is taken verbatim");
  const mail::AddressParts parts = mail::split_address(address);
  fuzz::check(address.size() <= mail::kLongestAddress && !parts.local.empty(), "the limits of RFC 5321");
  fuzz::check(mail::split_address(mail::mailbox_key(address)).local == parts.local, "a key keeps the local part");
}

/// Whatever slips are in it: what was read is written so that it reads back alike, and the rest is told of in bounds.
void check_list(std::string_view body) {
  const mail::AddressList list = mail::read_address_list(body);
  std::ranges::for_each(list.addresses, check_address);
  std::string written;
  for (const std::string& address : list.addresses) written += (written.empty() ? "" : ", ") + address;
  const mail::AddressList again = mail::read_address_list(written);
  fuzz::check(again.addresses == list.addresses && again.unread.empty(), "its own output reads back alike");
  fuzz::check(list.unread.size() <= mail::AddressList::kMostSlips, "few slips");
  for (const std::string& slip : list.unread) {
    fuzz::check(!slip.empty() && slip.size() <= mail::AddressList::kLongestSlip, "short slips");
    fuzz::check(!has_control(slip) && is_utf8(slip), "slips can be shown");
  }
  const mail::AddressList completed = mail::read_address_list(mail::complete_address_list(body, "d.example"));
  fuzz::check(completed.addresses.size() == list.addresses.size(), "a completed list has the same addresses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto address = mail::parse_address(rest.substr(0, end), mail::Utf8::allow);
    if (address && !address->empty()) check_address(*address);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const mail::HeaderBlock block = mail::parse_headers(input);
  fuzz::check(block.size <= input.size(), "the header is part of the message");
  std::size_t total = 0;
  for (const mail::HeaderField& field : block.fields) {
    total += field.whole.size();
    const auto list = mail::parse_address_list(field.body);
    if (list) std::ranges::for_each(*list, check_address);
    if (list)
      fuzz::check(mail::parse_address_list(mail::complete_address_list(field.body, "d.example")).has_value(),
                  "a completed list is a list");
    check_list(field.body);
    fuzz::check(mail::unfold(field.body).find('\n') == std::string::npos, "an unfolded body is one line");
  }
  fuzz::check(total == block.size, "the fields are the header");
  mail::Completion completion;
  completion.domain = "d.example";
  completion.date = "Mon, 1 Jan 2024 00:00:00 +0000";
  completion.message_id = "<1@d.example>";
  completion.sender = "a@d.example";
  const std::string complete = mail::complete_headers(input.substr(0, block.size), completion);
  const mail::HeaderBlock again = mail::parse_headers(complete);
  for (const std::string_view name : {"From", "Date", "Message-ID"}) {
    fuzz::check(mail::find(again, name) != nullptr, "completed");
  }
  fuzz::check(mail::complete_headers(complete, completion) == complete, "done after once");
  fuzz::check(mail::count(again, "Bcc") == 0, "no blind recipients");
  return 0;
}
