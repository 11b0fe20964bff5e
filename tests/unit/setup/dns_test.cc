#include "setup/dns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::setup {
namespace {

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

/// An answer (RFC 1035 4.1) with one question and these answers of a type.
std::string message(unsigned type, const std::vector<std::string>& datas) {
  const std::string name = labels("_submissions._tcp.example.com");
  std::string out = number(1) + number(0x8180) + number(1) + number(static_cast<unsigned>(datas.size())) + number(0) +
                    number(0) + name + number(type) + number(1);
  for (const std::string& data : datas) {
    out += number(0xc00c) + number(type) + number(1) + number(0) + number(60) +
           number(static_cast<unsigned>(data.size())) + data;
  }
  return out;
}

std::string srv(unsigned priority, unsigned weight, unsigned port, std::string_view target) {
  return number(priority) + number(weight) + number(port) + labels(target);
}

constexpr unsigned kSrv = 33;
constexpr unsigned kMx = 15;

TEST(Dns, RecordsComeInTheOrderInWhichTheyAreTried) {
  const auto records = parse_answer(message(kSrv, {srv(20, 0, 465, "c.example"), srv(10, 1, 465, "B.example"),
                                                   srv(10, 9, 2465, "a.example"), srv(30, 0, 0, "")}),
                                    DnsType::srv);
  ASSERT_TRUE(records);
  const std::vector<DnsRecord> expected = {
      {10, 9, 2465, "a.example"}, {10, 1, 465, "b.example"}, {20, 0, 465, "c.example"}, {30, 0, 0, ""}};
  EXPECT_EQ(*records, expected);
  const auto mx =
      parse_answer(message(kMx, {number(20) + labels("b.example"), number(10) + labels("a.example")}), DnsType::mx);
  ASSERT_TRUE(mx);
  ASSERT_EQ(mx->size(), 2U);
  EXPECT_EQ(mx->front().target, "a.example");
}

TEST(Dns, OtherTypesAndNamesThatAreNoHostsAreLeftOut) {
  EXPECT_TRUE(parse_answer(message(kMx, {number(1) + labels("a.example")}), DnsType::srv)->empty());
  EXPECT_TRUE(
      parse_answer(message(kSrv, {srv(1, 1, 465, "a b.example"), srv(1, 1, 465, "-x\x1b.example")}), DnsType::srv)
          ->empty());
  EXPECT_TRUE(parse_answer(message(kSrv, {}), DnsType::srv)->empty());
}

TEST(Dns, AnAnswerCutOrChangedAnywhereIsReadWithoutHarm) {
  const std::string whole = message(kSrv, {srv(1, 2, 465, "smtp.example.com"), srv(3, 4, 587, "mail.example.com")});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_answer(whole.substr(0, length), DnsType::srv)) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int byte : {0x00, 0x01, 0x3f, 0xc0, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      const auto records = parse_answer(changed, DnsType::srv);
      EXPECT_LE(records ? records->size() : 0, 2U);
    }
  }
}

}  // namespace
}  // namespace postern::setup
