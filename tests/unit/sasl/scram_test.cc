#include "base/text.h"
#include "exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::sasl {
namespace {

using namespace std::string_literals;
using test::encoded;

const std::string kNonce = "fyko+d2lbbFgONRv9qkxdawL";
const std::string kFull = kNonce + "3rfcNHYJY1ZVvWVs7j";
const std::string kSalted = ",s=QSXCR+Q6sek8bf92";
const std::string kGoodFirst = "r=" + kFull + kSalted + ",i=4096";
const std::string kGoodFinal = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";

Situation fixed_nonce() {
  Situation situation;
  situation.nonce = kNonce;
  return situation;
}

std::unique_ptr<Mechanism> client(const Situation& situation = fixed_nonce()) {
  return make_mechanism("SCRAM-SHA-1", test::with_password("user", "pencil"), situation);
}

/// The failure of the step that gets `message` first; nothing if it is answered.
std::optional<Error> first_refused(const std::string& message) {
  const auto mechanism = client();
  (void)mechanism->initial();
  const auto response = mechanism->step(encoded(message));
  EXPECT_FALSE(mechanism->accepted());
  if (response) return std::nullopt;
  EXPECT_FALSE(mechanism->step(encoded(kGoodFirst))) << "it is over after " << message;
  return response.error();
}

std::unique_ptr<Mechanism> proved() {
  auto mechanism = client();
  (void)mechanism->initial();
  EXPECT_TRUE(mechanism->step(encoded(kGoodFirst)));
  return mechanism;
}

TEST(Scram, RefusesEveryBadFirstMessageBeforeItProvesAnything) {
  const std::vector<std::string> bad{
      "r=" + kNonce + kSalted + ",i=4096",                // the server added nothing
      "r=" + kNonce.substr(0, 10) + kSalted + ",i=4096",  // short
      "r=x" + kFull + kSalted + ",i=4096",                // ours is not at the front
      "r=" + to_upper(kFull) + kSalted + ",i=4096",       // changed
      "r=" + kFull + " x" + kSalted + ",i=4096",          // a blank in the nonce
      "r=" + kFull + "\xC3\xA4" + kSalted + ",i=4096",    // not ASCII
      "r=" + kFull + ",s=,i=4096",                        // no salt
      "r=" + kFull + ",s=?,i=4096",                       // not base64
      "r=" + kFull + ",s=QSXCR,i=4096",                   // not padded
      "r=" + kFull + ",s=" + base64_encode(std::string(1025, 's')) + ",i=4096",
      kSalted.substr(1) + ",r=" + kFull + ",i=4096",  // another order
      "r=" + kFull + ",i=4096" + kSalted,
      "m=x,r=" + kFull + kSalted + ",i=4096",  // a mandatory extension
      "r=" + kFull + kSalted + ",i=4096,m=x",
      "r=" + kFull + kSalted + ",i=4096,i=4097",  // twice
      "r=" + kFull + kSalted + ",i=4096,x=1,x=2",
      "r=" + kFull + ",r=" + kFull + kSalted + ",i=4096",
      "r=" + kFull + kSalted,
      "r=" + kFull,
      "r=" + kFull + kSalted + ",i=4096,",  // malformed
      "r=" + kFull + kSalted + ",i=4096,x",
      "r=" + kFull + kSalted + ",i=4096,1=x",
      "r=" + kFull + kSalted + ",i=4096,x=\xFF",
      "r=" + kFull + kSalted + ",i=4096,x=a\0b"s,
      "," + kGoodFirst,
      "x",
      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
      std::string("\0\0\0", 3),
  };
  for (const std::string& message : bad) {
    const auto error = first_refused(message);
    ASSERT_TRUE(error) << message;
    EXPECT_EQ(error->failure, Failure::protocol) << message;
  }
}

TEST(Scram, TakesIterationCountsFrom4096To600000Only) {
  for (const char* count : {"-1", "0", "1", "4095", "600001", "1000000000", "4294971392", "18446744073709555712",
                            "99999999999999999999999999999999999999", "04096", "+4096", "4096 ", "0x1000", "4096.0"}) {
    const auto error = first_refused("r=" + kFull + kSalted + ",i=" + count);
    ASSERT_TRUE(error) << count;
    EXPECT_EQ(error->failure, Failure::protocol) << count;
    EXPECT_NE(error->text.find("iteration"), std::string::npos) << error->text;
  }
  for (const char* count : {"4096", "4097", "599999", "600000"}) {
    EXPECT_FALSE(first_refused("r=" + kFull + kSalted + ",i=" + count)) << count;
  }
  EXPECT_NE(first_refused("r=" + kFull + kSalted + ",i=1")->text.find("asks for 1 SCRAM iterations"),
            std::string::npos);
}

TEST(Scram, IgnoresExtensionsAfterTheCount) {
  EXPECT_FALSE(first_refused(kGoodFirst + ",x=1,y=a=b,Z=\xC3\xA4"));
  const auto mechanism = proved();
  EXPECT_TRUE(mechanism->step(encoded(kGoodFinal + ",x=1")));
  EXPECT_TRUE(mechanism->accepted());
}

TEST(Scram, EndsTheSessionOnEverySignatureButTheRightOne) {
  const std::string right = *base64_decode(kGoodFinal.substr(2));
  std::vector<std::string> wrong{"v=", "v=?", "v=AA==", "v=" + base64_encode(right + "x"),
                                 "v=" + base64_encode(right.substr(0, right.size() - 1))};
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    std::string changed = right;
    changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
    wrong.push_back("v=" + base64_encode(changed));
  }
  for (const std::string& message : wrong) {
    const auto mechanism = proved();
    const auto response = mechanism->step(encoded(message));
    ASSERT_FALSE(response) << message;
    EXPECT_EQ(response.error().failure, message == "v=" ? Failure::protocol : Failure::tls) << message;
    EXPECT_EQ(mechanism->accepted().error().failure, Failure::tls);
    EXPECT_FALSE(mechanism->step(encoded(kGoodFinal))) << "no second try";
    EXPECT_EQ(mechanism->accepted().error().failure, Failure::tls);
  }
}

TEST(Scram, RefusesALastMessageWithoutSignature) {
  for (const std::string& message : {"x=1"s, "x=1,"s + kGoodFinal, kGoodFinal + "," + kGoodFinal, ""s, kGoodFirst}) {
    const auto mechanism = proved();
    EXPECT_EQ(mechanism->step(encoded(message)).error().failure, Failure::protocol) << message;
    EXPECT_EQ(mechanism->accepted().error().failure, Failure::tls);
  }
  const auto mechanism = proved();
  EXPECT_EQ(mechanism->step(test::raw("v=rmF9")).error().failure, Failure::protocol);
}

TEST(Scram, DoesNotBelieveA235BeforeTheSignature) {
  const auto at_once = client();
  EXPECT_EQ(at_once->accepted().error().failure, Failure::tls);
  (void)at_once->initial();
  EXPECT_EQ(at_once->accepted().error().failure, Failure::tls);
  EXPECT_EQ(proved()->accepted().error().failure, Failure::tls);
  const auto after_error = proved();
  EXPECT_TRUE(after_error->step(encoded("e=other-error")));
  EXPECT_EQ(after_error->accepted().error().failure, Failure::tls);
}

TEST(Scram, LetsTheServerRefuseAfterAnOrdinaryError) {
  for (const char* code : {"invalid-encoding", "extensions-not-supported", "invalid-proof", "unknown-user",
                           "channel-binding-not-supported", "unsupported-channel-binding-type",
                           "invalid-username-encoding", "no-resources", "other-error", "something-new"}) {
    for (const bool early : {true, false}) {
      const auto mechanism = early ? client() : proved();
      const auto response = mechanism->step(encoded("e="s + code + (early ? ",x=y" : "")));
      ASSERT_TRUE(response) << code;
      EXPECT_EQ(response->bytes, "");
      EXPECT_EQ(mechanism->refusal(), code);
      EXPECT_EQ(mechanism->step(encoded(kGoodFinal)).error().failure, Failure::protocol);
      EXPECT_FALSE(mechanism->accepted());
    }
  }
  const auto mechanism = proved();
  EXPECT_TRUE(mechanism->step(encoded("e=\x1B[2J" + std::string(5000, 'x'))));
  EXPECT_EQ(mechanism->refusal().substr(0, 8), "\\x1b[2Jx");
  EXPECT_LT(mechanism->refusal().size(), 250U);
}

TEST(Scram, EndsTheSessionWhenTheChannelIsNotTheSame) {
  for (const char* code : {"channel-bindings-dont-match", "server-does-support-channel-binding"}) {
    for (const bool early : {true, false}) {
      const auto mechanism = early ? client() : proved();
      const auto response = mechanism->step(encoded("e="s + code));
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().failure, Failure::tls);
      EXPECT_EQ(mechanism->refusal(), code);
    }
  }
}

TEST(Scram, TellsTheServerWhatItKnowsOfBinding) {
  for (int bits = 0; bits < 8; ++bits) {
    Situation situation = fixed_nonce();
    const bool can = (bits & 1) != 0;
    if (can) situation.bindings = {test::binding("tls-exporter", "x"), test::binding("tls-unique", "y")};
    situation.binding_offered = (bits & 2) != 0;
    situation.binding_allowed = (bits & 4) != 0;
    const bool missed = can && !situation.binding_offered && situation.binding_allowed;
    EXPECT_EQ(client(situation)->initial(), (missed ? "y,,n=user,r=" : "n,,n=user,r=") + kNonce) << bits;
    const auto plus = make_mechanism("SCRAM-SHA-1-PLUS", test::with_password("user", "pencil"), situation);
    ASSERT_EQ(plus != nullptr, can);
    if (plus) {
      EXPECT_EQ(plus->initial(), "p=tls-exporter,,n=user,r=" + kNonce);
    }
  }
}

TEST(Scram, RepeatsItselfWhenTheServerDidNotTakeTheInitialResponse) {
  for (const char* prompt : {"", "go on", "="}) {
    const auto mechanism = client();
    const auto initial = mechanism->initial();
    const auto again = mechanism->step(test::raw(prompt));
    ASSERT_TRUE(again) << prompt;
    EXPECT_EQ(again->bytes, initial);
    EXPECT_FALSE(client()->step(encoded("x")));
    const auto response = mechanism->step(encoded(kGoodFirst));
    ASSERT_TRUE(response);
    EXPECT_TRUE(mechanism->step(encoded(kGoodFinal)));
    EXPECT_TRUE(mechanism->accepted());
    EXPECT_EQ(mechanism->step(encoded("")).error().failure, Failure::protocol);
  }
  const auto asks_twice = client();
  EXPECT_TRUE(asks_twice->step(encoded("")));
  EXPECT_EQ(asks_twice->step(encoded("")).error().failure, Failure::protocol);
}

TEST(Scram, TakesANewNonceEachTime) {
  const Situation situation;
  std::vector<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string first = *client(situation)->initial();
    const std::string nonce = first.substr(first.rfind("r=") + 2);
    EXPECT_EQ(nonce.size(), 32U);
    EXPECT_EQ(nonce.find_first_of(",= "), std::string::npos);
    EXPECT_EQ(std::ranges::count(seen, nonce), 0);
    seen.push_back(nonce);
  }
}

}  // namespace
}  // namespace postern::sasl
