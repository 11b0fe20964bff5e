#include "credentials/redirect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::credentials {
namespace {

using testing::HasSubstr;
using testing::Not;
using Kind = Redirect::Kind;

SentAlong sent_along() {
  SentAlong sent;
  sent.authority = "127.0.0.1:40123";
  sent.state = Secret("state-of-this-login");
  return sent;
}

const std::string kState = "state=state-of-this-login";

TEST(Redirect, BringsTheCodeOfThisLogin) {
  const Redirect redirect = read_redirect(sent_along(), "/?code=4%2F0A-b+c%20d&scope=x&" + kState);
  EXPECT_EQ(redirect.kind, Kind::empty) << "a code has no blanks";
  const Redirect good = read_redirect(sent_along(), "/?code=4%2F0A-b_c~d&scope=x&" + kState);
  EXPECT_EQ(good.kind, Kind::code);
  EXPECT_EQ(good.code.reveal(), "4/0A-b_c~d");
}

TEST(Redirect, IsStrayWithoutTheStateOfThisLogin) {
  for (const std::string target :
       {"/", "/?", "/?code=c", "/?code=c&state=", "/?code=c&state=state-of-this-logi", "/?error=access_denied",
        "/?error=access_denied&state=guess", "/?code=c&State=state-of-this-login",
        "/x?code=c&state=state-of-this-login", "//?code=c&state=state-of-this-login",
        "?code=c&state=state-of-this-login", "", "/?code=c&state=state-of-this-login&state=state-of-this-login",
        "/?code=c&code=d&state=state-of-this-login", "/?code=%4&state=state-of-this-login",
        "/?code=%&state=state-of-this-login", "/?code=%zz&state=state-of-this-login",
        "/?code=c&state=state-of-this-login%00"}) {
    const Redirect redirect = read_redirect(sent_along(), target);
    EXPECT_EQ(redirect.kind, Kind::stray) << target;
    EXPECT_NE(redirect.reason, "") << target;
    EXPECT_TRUE(redirect.code.empty());
  }
  EXPECT_EQ(read_redirect(sent_along(), "/?" + kState + "&code=" + std::string(20'000, 'x')).kind, Kind::stray);
}

TEST(Redirect, SaysWhatTheServerSaysInPlaceOfACode) {
  const Redirect denied =
      read_redirect(sent_along(), "/?error=access_denied&error_description=The+user+said%20no&" + kState);
  EXPECT_EQ(denied.kind, Kind::refused);
  EXPECT_EQ(denied.error, "access_denied");
  EXPECT_EQ(denied.description, "The user said no");
  EXPECT_EQ(read_redirect(sent_along(), "/?code=c&error=access_denied&" + kState).kind, Kind::refused);
  EXPECT_EQ(read_redirect(sent_along(), "/?" + kState).kind, Kind::empty);
  EXPECT_EQ(read_redirect(sent_along(), "/?code=&" + kState).kind, Kind::empty);
}

TEST(Redirect, IsOfTheServerThatItNames) {
  SentAlong sent = sent_along();
  const std::string code = "/?code=c&" + kState;
  EXPECT_EQ(read_redirect(sent, code + "&iss=https%3A%2F%2Fother.example").kind, Kind::code) << "unknown: not judged";
  sent.issuer = "https://login.example.com";
  EXPECT_EQ(read_redirect(sent, code + "&iss=https%3A%2F%2Flogin.example.com").kind, Kind::code);
  EXPECT_EQ(read_redirect(sent, code).kind, Kind::code) << "the server does not say that it names itself";
  EXPECT_EQ(read_redirect(sent, code + "&iss=https%3A%2F%2Flogin.example.com%2F").kind, Kind::foreign);
  EXPECT_EQ(read_redirect(sent, code + "&iss=").kind, Kind::foreign);
  EXPECT_EQ(read_redirect(sent, "/?error=access_denied&iss=https://evil.example&" + kState).kind, Kind::foreign);
  sent.names_itself = true;
  EXPECT_EQ(read_redirect(sent, code).kind, Kind::foreign);
  EXPECT_EQ(read_redirect(sent, "/?error=access_denied&" + kState).kind, Kind::foreign);
  EXPECT_EQ(read_redirect(sent, code + "&iss=https%3A%2F%2Flogin.example.com").kind, Kind::code);
}

TEST(Redirect, IsPastedAsBrowsersShowIt) {
  for (const std::string pasted :
       {"http://127.0.0.1:40123/?code=c", "  http://127.0.0.1:40123/?code=c \r", "127.0.0.1:40123/?code=c",
        "HTTP://127.0.0.1:40123/?code=c#", "https://127.0.0.1:40123/?code=c#_=_"}) {
    const auto target = pasted_target(sent_along(), pasted);
    ASSERT_TRUE(target) << pasted;
    EXPECT_EQ(*target, "/?code=c");
  }
  for (const std::string pasted : {"", "c", "?code=c", "http://127.0.0.1:4012/?code=c", "http://127.0.0.1:40123",
                                   "http://localhost:40123/?code=c", "http://127.0.0.1:40123@evil.example/?code=c"}) {
    const auto target = pasted_target(sent_along(), pasted);
    ASSERT_FALSE(target) << pasted;
    EXPECT_THAT(target.error().text, HasSubstr("http://127.0.0.1:40123/"));
    EXPECT_THAT(target.error().text, Not(HasSubstr("code=c")));
  }
}

TEST(Redirect, KeepsBytesThatAreNoTextToItself) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string target = "/?code=" + std::string(1, static_cast<char>(byte)) + "&" + kState;
    const Redirect redirect = read_redirect(sent_along(), target);
    if (redirect.kind != Kind::code) continue;
    EXPECT_GT(byte, ' ');
    EXPECT_LT(byte, 0x7F);
  }
}

}  // namespace
}  // namespace postern::credentials
