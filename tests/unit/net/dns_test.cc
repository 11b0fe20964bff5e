#include "net/dns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::net {
namespace {

constexpr unsigned kCname = 5;
constexpr unsigned kMx = 15;
constexpr unsigned kSrv = 33;
constexpr unsigned kPointer = 0xc00c;  // to the name in the question
const std::string kName = "_submissions._tcp.example.com";

std::string number(unsigned value) { return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)}; }

std::string labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    out += static_cast<char>(dot);
    out += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return out + '\0';
}

/// One record (RFC 1035 4.1.3).
std::string record(const std::string& owner, unsigned type, std::uint32_t ttl, const std::string& data) {
  return owner + number(type) + number(1) + number(ttl >> 16U) + number(ttl & 0xffffU) +
         number(static_cast<unsigned>(data.size())) + data;
}

std::string message_of(const std::vector<std::string>& records, unsigned flags = 0x8180) {
  std::string out = number(1) + number(flags) + number(1) + number(static_cast<unsigned>(records.size())) + number(0) +
                    number(0) + labels(kName) + number(kSrv) + number(1);
  for (const std::string& one : records) out += one;
  return out;
}

/// An answer with one question and these answers of a type.
std::string message(unsigned type, const std::vector<std::string>& datas) {
  std::vector<std::string> records;
  records.reserve(datas.size());
  for (const std::string& data : datas) records.push_back(record(number(kPointer), type, 60, data));
  return message_of(records);
}

std::string srv(unsigned priority, unsigned weight, unsigned port, std::string_view target) {
  return number(priority) + number(weight) + number(port) + labels(target);
}

DnsAnswer parsed(const std::string& bytes, DnsType type = DnsType::srv) {
  const auto answer = parse_answer(bytes, kName, type);
  if (!answer) ADD_FAILURE() << answer.error().text;
  return answer ? *answer : DnsAnswer();
}

TEST(Dns, ReadsTheRecordsAsTheyCome) {
  const DnsAnswer answer = parsed(message(kSrv, {srv(20, 0, 465, "c.example"), srv(10, 1, 465, "B.Example"),
                                                 srv(10, 9, 2465, "a.example"), srv(30, 0, 0, "")}));
  const std::vector<DnsRecord> expected = {
      {20, 0, 465, "c.example"}, {10, 1, 465, "b.example"}, {10, 9, 2465, "a.example"}, {30, 0, 0, ""}};
  EXPECT_EQ(answer.records, expected);
  EXPECT_EQ(answer.ttl, Seconds(60));
  EXPECT_EQ(answer.left_out, 0U);
  EXPECT_FALSE(answer.proven);
  const DnsAnswer mx =
      parsed(message(kMx, {number(20) + labels("b.example"), number(10) + labels("a.example")}), DnsType::mx);
  ASSERT_EQ(mx.records.size(), 2U);
  EXPECT_EQ(mx.records.front(), (DnsRecord{20, 0, 0, "b.example"}));
}

TEST(Dns, OtherTypesAndNamesThatAreNoHostsAreLeftOut) {
  EXPECT_TRUE(parsed(message(kMx, {number(1) + labels("a.example")})).records.empty());
  const DnsAnswer odd = parsed(
      message(kSrv, {srv(1, 1, 465, "a b.example"), srv(1, 1, 465, "-x\x1b.example"), number(1) + number(2) + number(3),
                     srv(1, 1, 25, "127.0.0.1"), srv(1, 1, 25, "2130706433")}));
  EXPECT_TRUE(odd.records.empty());
  EXPECT_EQ(odd.left_out, 5U);
  EXPECT_TRUE(parsed(message(kSrv, {})).records.empty());
}

TEST(Dns, RecordsOfNamesThatNobodyAskedForAreNone) {
  const DnsAnswer answer =
      parsed(message_of({record(labels("_submissions._tcp.evil.net"), kSrv, 60, srv(0, 0, 1, "a.x")),
                         record(labels("_SUBMISSIONS._tcp.example.COM"), kSrv, 60, srv(1, 1, 2, "b.x"))}));
  ASSERT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(answer.records[0].target, "b.x");
}

TEST(Dns, AliasesAreFollowedAndTheShortestTimeHolds) {
  const std::string there = labels("_submissions._tcp.provider.net");
  const DnsAnswer answer = parsed(message_of(
      {record(number(kPointer), kCname, 30, there), record(there, kSrv, 300, srv(0, 0, 465, "smtp.provider.net"))}));
  ASSERT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(answer.ttl, Seconds(30));
  // In a circle they end, and lead nowhere.
  const std::string circle = record(number(kPointer), kCname, 30, number(kPointer));
  EXPECT_TRUE(parsed(message_of({circle, circle})).records.empty());
}

TEST(Dns, ATimeThatIsTooLargeIsNone) {
  const auto ttl_of = [](std::uint32_t ttl) {
    return parsed(message_of({record(number(kPointer), kSrv, ttl, srv(0, 0, 465, "a.x")),
                              record(number(kPointer), kSrv, 7200, srv(0, 0, 465, "b.x"))}))
        .ttl;
  };
  EXPECT_EQ(ttl_of(0x7fffffff), Seconds(7200));
  EXPECT_EQ(ttl_of(0x80000000), Seconds(0));
  EXPECT_EQ(ttl_of(0), Seconds(0));
  EXPECT_EQ(ttl_of(5), Seconds(5));
}

TEST(Dns, OnlyTheMarkOfTheResolverProvesAnAnswer) {
  const std::vector<std::string> one = {record(number(kPointer), kSrv, 60, srv(0, 0, 465, "a.x"))};
  EXPECT_TRUE(parsed(message_of(one, 0x81a0)).proven);
  EXPECT_FALSE(parsed(message_of(one, 0x8180)).proven);
}

TEST(Dns, MoreThanAnybodyHasAreCounted) {
  for (const std::size_t count : {31U, 32U, 33U, 40U, 1000U}) {
    const DnsAnswer answer = parsed(message(kSrv, std::vector<std::string>(count, srv(0, 0, 465, "a.x"))));
    EXPECT_EQ(answer.records.size(), std::min<std::size_t>(count, 32));
    EXPECT_EQ(answer.left_out > 0, count > 32);
  }
}

TEST(Dns, AnAnswerCutOrChangedAnywhereIsReadWithoutHarm) {
  const std::string there = labels("_submissions._tcp.provider.net");
  const std::string whole = message_of({record(number(kPointer), kCname, 30, there),
                                        record(there, kSrv, 60, srv(1, 2, 465, "smtp.example.com")),
                                        record(there, kSrv, 60, srv(3, 4, 587, "mail.example.com"))});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_answer(whole.substr(0, length), kName, DnsType::srv)) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      const auto answer = parse_answer(changed, kName, DnsType::srv);
      EXPECT_LE(answer ? answer->records.size() : 0, 2U);
    }
  }
  EXPECT_FALSE(parse_answer(std::string(70'000, '\0'), kName, DnsType::srv));
}

}  // namespace
}  // namespace postern::net
