#include "relay/commands.h"

#include "smtp/command.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

/// As our own server would read the line.
std::string path_of(std::string_view line, std::string_view verb) {
  EXPECT_TRUE(line.ends_with("\r\n"));
  line.remove_suffix(2);
  EXPECT_EQ(line.find_first_of("\r\n"), std::string_view::npos) << line;
  const auto command = smtp::parse_command(line);
  if (!command || command->verb != verb) return "no " + std::string(verb);
  const auto path =
      smtp::parse_path(command->argument, verb == "MAIL" ? smtp::PathKeyword::from : smtp::PathKeyword::to);
  return path ? path->path : "no path: " + path.error().text;
}

constexpr std::string_view kAddresses[] = {
    "a@x",
    "\"a b\"@x",
    "\"o'reilly>x\"@x",
    "\"a\\\\b\\\"c\"@x",
    "\".a..b.\"@x",
    "\"@\"@x",
    "!#$%&'*+-/=?^_`{|}~@x",
    "a.b.c@sub.domain.example",
    "a@[192.0.2.1]",
    "a@[IPv6:2001:db8::1]",
    "\xc3\xa9t\xc3\xa9@b\xc3\xbc.example",
};

TEST(Commands, H61_EveryAddressIsReadBackAsItWas) {
  smtp::Capabilities server;
  server.smtputf8 = true;
  server.eight_bit_mime = true;
  for (const std::string_view address : kAddresses) {
    mail::Envelope envelope;
    envelope.sender = address;
    std::string line;
    append_mail(envelope, envelope.sender, server, line);
    EXPECT_EQ(path_of(line, "MAIL"), address);
    mail::Recipient recipient;
    recipient.address = address;
    line.clear();
    append_rcpt(recipient, false, server, line);
    EXPECT_EQ(path_of(line, "RCPT"), address);
  }
}

}  // namespace
}  // namespace postern::relay
