#include "exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::sasl {
namespace {

using namespace std::string_literals;
using Outcome = ServerMechanism::Outcome;

/// One whole exchange, from both sides' point of view.
struct Vector {
  std::string mechanism;
  std::string user;
  std::string password;
  std::string flag;        // "n", "y" or "p"
  ChannelBinding binding;  // of a flag p
  std::string client_nonce;
  std::string client_first;
  std::string server_first;
  std::string client_final;
  std::string server_final;
};

std::string bytes_from_zero(char count) {
  std::string bytes;
  for (char c = 0; c < count; ++c) bytes += c;
  return bytes;
}

ChannelBinding unique(std::string data) { return test::binding("tls-unique", std::move(data)); }
ChannelBinding exporter() { return test::binding("tls-exporter", bytes_from_zero(32)); }

const std::string kSha1First = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
const std::string kSha256First =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

std::vector<Vector> of_the_rfcs() {
  return {
      // RFC 5802 section 5
      {"SCRAM-SHA-1",
       "user",
       "pencil",
       "n",
       {},
       "fyko+d2lbbFgONRv9qkxdawL",
       "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
       kSha1First,
       "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
       "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
      // RFC 7677 section 3
      {"SCRAM-SHA-256",
       "user",
       "pencil",
       "n",
       {},
       "rOprNGfwEbeRWgbNEkqO",
       "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
       kSha256First,
       "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
       "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
  };
}

// Both by GNU SASL 2.2.0, its client and its server against each other.
std::vector<Vector> of_gnu_sasl() {
  return {
      {"SCRAM-SHA-1-PLUS", "user", "pencil", "p", unique(bytes_from_zero(12)), "7ZS22ENt2NsdVj4z4gnqxkdS",
       "p=tls-unique,,n=user,r=7ZS22ENt2NsdVj4z4gnqxkdS",
       "r=7ZS22ENt2NsdVj4z4gnqxkdSssgNqJeyRpOdCmp5Qq3l0hpp,s=ORYjome6tyqw48r0,i=4096",
       "c=cD10bHMtdW5pcXVlLCwAAQIDBAUGBwgJCgs=,r=7ZS22ENt2NsdVj4z4gnqxkdSssgNqJeyRpOdCmp5Qq3l0hpp,"
       "p=2lr8R+1sNhYQFwj6ipRPKcNxdWc=",
       "v=iJdQuZGM3Fjmv211LXTQ3TNvF0I="},
      {"SCRAM-SHA-256-PLUS", "user", "pencil", "p", unique(bytes_from_zero(12)), "gngEBRpeegSJd0A2szb1Ah0P",
       "p=tls-unique,,n=user,r=gngEBRpeegSJd0A2szb1Ah0P",
       "r=gngEBRpeegSJd0A2szb1Ah0PGSmX1TuKwwSww6DpanLsyjXq,s=nY4n8FZZ47AZElx8,i=4096",
       "c=cD10bHMtdW5pcXVlLCwAAQIDBAUGBwgJCgs=,r=gngEBRpeegSJd0A2szb1Ah0PGSmX1TuKwwSww6DpanLsyjXq,"
       "p=XTKLdWx0/a2pST+b7JfGIISlbyZryYEdBiT0DFLbrww=",
       "v=Kafn/KvW/QQtS25g2PhoqrFkxcoBP2GRoM3Z3c/iMVM="},
      {"SCRAM-SHA-1-PLUS", "user", "pencil", "p", exporter(), "T+uSqSabrF3ljmime+cfIQkV",
       "p=tls-exporter,,n=user,r=T+uSqSabrF3ljmime+cfIQkV",
       "r=T+uSqSabrF3ljmime+cfIQkV+Y4AG3X7calHB954YDB4pEd3,s=Cimwjo04DAkHt2xh,i=4096",
       "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,"
       "r=T+uSqSabrF3ljmime+cfIQkV+Y4AG3X7calHB954YDB4pEd3,p=BI9c4MsWjSrIqd/QslwmgKEOY00=",
       "v=+f28zbgWVyItUyrNBkbWqPNISNs="},
      {"SCRAM-SHA-256-PLUS", "user", "pencil", "p", exporter(), "VL3xaV3IL1fNwSDkw/cmjOis",
       "p=tls-exporter,,n=user,r=VL3xaV3IL1fNwSDkw/cmjOis",
       "r=VL3xaV3IL1fNwSDkw/cmjOisXp15CGme35XtBC66N/Jz6iwP,s=JqIjyNsZ+PbMdFRe,i=4096",
       "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,"
       "r=VL3xaV3IL1fNwSDkw/cmjOisXp15CGme35XtBC66N/Jz6iwP,p=uGMKLqZM625J1lWkSfMoeD/keT7mvl0zsv/lzZu0Ub0=",
       "v=BNSmLhvKxd99N0rDCmv81KoLWIqEIV/R/CrxD+pxVyA="},
      // A name to escape; a password that SASLprep makes "IX IX".
      {"SCRAM-SHA-256",
       "a,b=c",
       "I\xC2\xADX \xE2\x85\xA8",
       "n",
       {},
       "abQzlEFXSip67zupdPg5s79X",
       "n,,n=a=2Cb=3Dc,r=abQzlEFXSip67zupdPg5s79X",
       "r=abQzlEFXSip67zupdPg5s79XwMTB0sphTDkNs0NrXK4x73Pl,s=Y1FBbBzADXHO22gv,i=4096",
       "c=biws,r=abQzlEFXSip67zupdPg5s79XwMTB0sphTDkNs0NrXK4x73Pl,p=8LpDBnLtCSsgm2a4CrRTumaHymYce3nNVFgWfngs26M=",
       "v=YoAZG+2exGB3pWnjQzprZM61G+VkbolROMuVkSBbmmk="},
      // The name is the ordinal sign that becomes "a", the password holds a no-break space.
      {"SCRAM-SHA-1",
       "\xC2\xAA",
       "p\xC3\xA4ss\xC2\xA0w\xC3\xB6rd",
       "n",
       {},
       "jgjuqsVc+vfToeR5aYRm1W+X",
       "n,,n=a,r=jgjuqsVc+vfToeR5aYRm1W+X",
       "r=jgjuqsVc+vfToeR5aYRm1W+XqX4VT6z44OjR4mkUnojB20sV,s=tezNQ1tvApl8Stzk,i=4096",
       "c=biws,r=jgjuqsVc+vfToeR5aYRm1W+XqX4VT6z44OjR4mkUnojB20sV,p=BLVrvU7wj+Ra13ALWeUq/a3O9hk=",
       "v=ORDhQLxlgIgqojLeuI5sNJ2fA3E="},
  };
}

std::vector<Vector> of_other_projects() {
  return {
      // The tests of mellium.im/sasl (Go), sasl_test.go, cases 3 and 6
      {"SCRAM-SHA-1-PLUS", "user", "pencil", "p", unique(bytes_from_zero(5)), "fyko+d2lbbFgONRv9qkxdawL",
       "p=tls-unique,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
       "r=fyko+d2lbbFgONRv9qkxdawL16090868851744577,s=QSXCR+Q6sek8bf92,i=4096",
       "c=cD10bHMtdW5pcXVlLCwAAQIDBA==,r=fyko+d2lbbFgONRv9qkxdawL16090868851744577,p=kD6Wfe1kGICYN08YH7oONG2Enb0=",
       "v=QI0Ihj/QJv+VSyezLtd/d5PrYy0="},
      {"SCRAM-SHA-1-PLUS", ",=,=", "password", "p", unique("finishedmessage"), "fyko+d2lbbFgONRv9qkxdawL",
       "p=tls-unique,,n==2C=3D=2C=3D,r=fyko+d2lbbFgONRv9qkxdawL",
       "r=fyko+d2lbbFgONRv9qkxdawLtheirnonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
       "c=cD10bHMtdW5pcXVlLCxmaW5pc2hlZG1lc3NhZ2U=,r=fyko+d2lbbFgONRv9qkxdawLtheirnonce,"
       "p=8t6BJnSAd7Vi+mGZEi+Oqwci11c=",
       "v=8IDvl31piL1lkn6XLCqqFVS4EJM="},
      // The tests of scramp (Python, the client of pg8000), test_scramp.py: with a binding, and where only the client
      // could bind
      {"SCRAM-SHA-1-PLUS", "user", "pencil", "p", unique("xxx"), "fyko+d2lbbFgONRv9qkxdawL",
       "p=tls-unique,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", kSha1First,
       "c=cD10bHMtdW5pcXVlLCx4eHg=,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=/63TtbB5lIS6610+k4/luJMJqAI=",
       "v=GCPHy5gy1sRwXTCbwNhiiWIzLtU="},
      {"SCRAM-SHA-256-PLUS", "user", "pencil", "p", unique("xxx"), "rOprNGfwEbeRWgbNEkqO",
       "p=tls-unique,,n=user,r=rOprNGfwEbeRWgbNEkqO", kSha256First,
       "c=cD10bHMtdW5pcXVlLCx4eHg=,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
       "p=v0J7PaQUPWowoTrwRLCKLzIZBpNUhWFlTrUKI1j9DpM=",
       "v=XjAev9iHBOvTxT+eNzBaFmP1IrqWah2PpZAa0wQrfY4="},
      {"SCRAM-SHA-1",
       "user",
       "pencil",
       "y",
       {},
       "fyko+d2lbbFgONRv9qkxdawL",
       "y,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
       kSha1First,
       "c=eSws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=BjZF5dV+EkD3YCb3pH3IP8riMGw=",
       "v=dsprQ5R2AGYt1kn4bQRwTAE0PTU="},
      // A client and a server of WildFly Elytron 2.6 (Java) against each other, as kept in the tests of a Rust client
      // for Infinispan
      {"SCRAM-SHA-512",
       "testuser",
       "testpass",
       "n",
       {},
       "u{KSK:?h^0_Fv!+0&a8QZz=r9mam<S(&F5*Q~qr^R|aNN~P>",
       "n,,n=testuser,r=u{KSK:?h^0_Fv!+0&a8QZz=r9mam<S(&F5*Q~qr^R|aNN~P>",
       "r=u{KSK:?h^0_Fv!+0&a8QZz=r9mam<S(&F5*Q~qr^R|aNN~P>5HXB1V`L3yPAj)CbipC'<T_v}HQ-,s=OumLQqvE8v01nG3E,i=20000",
       "c=biws,r=u{KSK:?h^0_Fv!+0&a8QZz=r9mam<S(&F5*Q~qr^R|aNN~P>5HXB1V`L3yPAj)CbipC'<T_v}HQ-,"
       "p=0qmuMd9EM5rhtcjaQ0xXw6Dkf72dyg5OYfQiZn8c55SZ0GYD0EaHDJNzvE7w9wYklTOzb9eiHcBiWzBJxYQ59Q==",
       "v=cYD+i7GYtue7LfEgLHSWdvlMJq15c5p0kHb4n9lmgMNObhS51YN0bjPJitAnH+dbWWVIT8kJG5Hn10jewNMMYQ=="},
      // Computed with Python's hashlib and hmac
      {"SCRAM-SHA-512-PLUS", "user", "pencil", "p", exporter(), "rOprNGfwEbeRWgbNEkqO",
       "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO", kSha256First,
       "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,"
       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
       "p=jVaGV/PIJ7hgkpxV9a1jdpzyYkHQH9gW6fn3DbAL2oEA+5w4CCSJjoq8G37bn2FsGaVEMsk4kiHRqMUoN/aiiA==",
       "v=bTvxua5nsJsvSd2bk+1WbSe84MBgjkACQPOqiN7MhTBLYxVX2QUqwET2NLcZEv2CfexR6NbAMluKltOEs5vLYw=="},
      {"SCRAM-SHA-256",
       "user",
       "pencil",
       "y",
       {},
       "rOprNGfwEbeRWgbNEkqO",
       "y,,n=user,r=rOprNGfwEbeRWgbNEkqO",
       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=600000",
       "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=sGV3NZfF/PHNFN9Xm8uFnC0wAkViMfBurnn6d7EzkMU=",
       "v=kAKDEvmP1YTxhRmmx8ZrMs7HCfRxYrlf0OA67C0a2Ls="},
  };
}

Situation situation_of(const Vector& vector) {
  Situation situation;
  situation.nonce = vector.client_nonce;
  if (vector.flag == "p") situation.bindings = {vector.binding};
  if (vector.flag == "y") situation.bindings = {exporter()};
  situation.binding_offered = vector.flag == "p";
  return situation;
}

void check_client(const Vector& vector) {
  SCOPED_TRACE(vector.mechanism + " " + vector.client_first);
  const auto client =
      make_mechanism(vector.mechanism, test::with_password(vector.user, vector.password), situation_of(vector));
  EXPECT_EQ(client->initial(), vector.client_first);
  const auto final = client->step(test::encoded(vector.server_first));
  ASSERT_TRUE(final) << final.error().text;
  EXPECT_EQ(final->bytes, vector.client_final);
  EXPECT_FALSE(client->accepted());
  const auto last = client->step(test::encoded(vector.server_final));
  ASSERT_TRUE(last) << last.error().text;
  EXPECT_EQ(last->bytes, "");
  EXPECT_TRUE(last->encoded);
  EXPECT_TRUE(client->accepted());
  EXPECT_EQ(client->refusal(), "");
}

void check_server(const Vector& vector) {
  SCOPED_TRACE(vector.mechanism + " " + vector.client_first);
  ServerSide side;
  side.password_of = [&](std::string_view) { return vector.password; };
  side.challenge_seed = vector.server_first.substr(2 + vector.client_nonce.size());
  if (vector.flag == "p") side.bindings = {vector.binding};
  const auto server = make_server_mechanism(vector.mechanism, side);
  auto answer = server->step(vector.client_first);
  EXPECT_EQ(answer.outcome, Outcome::challenge);
  EXPECT_EQ(answer.challenge, vector.server_first);
  answer = server->step(vector.client_final);
  EXPECT_EQ(answer.outcome, Outcome::challenge);
  EXPECT_EQ(answer.challenge, vector.server_final);
  EXPECT_EQ(server->step("").outcome, Outcome::success);
}

void check(const std::vector<Vector>& vectors) {
  for (const Vector& vector : vectors) {
    check_client(vector);
    check_server(vector);
  }
}

TEST(ScramVectors, AreThoseOfTheRfcs) { check(of_the_rfcs()); }

TEST(ScramVectors, AreThoseOfGnuSasl) { check(of_gnu_sasl()); }

TEST(ScramVectors, AreThoseOfOtherProjects) { check(of_other_projects()); }

}  // namespace
}  // namespace postern::sasl
