#include "relay/commands.h"

#include "mail/idn.h"
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

/// All that the server offers and nothing that the message needs.
std::string mail_line(const mail::Envelope& envelope, const MailForm& form) {
  smtp::Capabilities server;
  server.size_offered = server.eight_bit_mime = server.smtputf8 = server.dsn = true;
  std::string line;
  append_mail(envelope, form, server, line);
  return line;
}

TEST(Commands, WhatTheTextNeedsIsSaidAndASizeOnlyOfWhatGoesUnchanged) {
  mail::Envelope envelope;
  envelope.wire_size = 77;
  envelope.body = mail::BodyType::eight_bit;
  envelope.smtputf8 = true;
  MailForm form;
  form.reverse_path = "a@x";
  EXPECT_EQ(mail_line(envelope, form), "MAIL FROM:<a@x> SIZE=77\r\n");
  form.eight_bit = true;
  EXPECT_EQ(mail_line(envelope, form), "MAIL FROM:<a@x> SIZE=77 BODY=8BITMIME\r\n");
  form.utf8 = true;
  form.sized = false;
  EXPECT_EQ(mail_line(envelope, form), "MAIL FROM:<a@x> BODY=8BITMIME SMTPUTF8\r\n");
  std::string line;
  append_mail(envelope, form, smtp::Capabilities(), line);
  EXPECT_EQ(line, "MAIL FROM:<a@x> SMTPUTF8\r\n");
}

TEST(Commands, AnOriginalRecipientInLettersIsSaidWithSmtputf8Alone) {
  smtp::Capabilities server;
  server.smtputf8 = server.dsn = true;
  mail::Recipient recipient;
  recipient.address = "b@y";
  for (const auto& [orcpt, without] :
       {std::pair<std::string, bool>{"rfc822;b@y", true}, {"utf-8;\\x{FC}@y", true}, {"utf-8;\xC3\xBC@y", false}}) {
    recipient.orcpt = orcpt;
    for (const bool utf8 : {false, true}) {
      MailForm form;
      form.utf8 = utf8;
      std::string line;
      append_rcpt(recipient, form, server, line);
      EXPECT_EQ(line, "RCPT TO:<b@y>" + (utf8 || without ? " ORCPT=" + orcpt : "") + "\r\n");
    }
  }
}

TEST(Commands, H61_EveryAddressIsReadBackAsItWas) {
  smtp::Capabilities server;
  server.smtputf8 = true;
  server.eight_bit_mime = true;
  for (const std::string_view address : kAddresses) {
    mail::Envelope envelope;
    envelope.sender = address;
    std::string line;
    MailForm form;
    form.reverse_path = address;
    append_mail(envelope, form, server, line);
    EXPECT_EQ(path_of(line, "MAIL"), mail::with_ascii_domain(address));
    mail::Recipient recipient;
    recipient.address = address;
    line.clear();
    append_rcpt(recipient, form, server, line);
    EXPECT_EQ(path_of(line, "RCPT"), mail::with_ascii_domain(address));
  }
}

}  // namespace
}  // namespace postern::relay
