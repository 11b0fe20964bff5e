#include "net/srv_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace postern::net {
namespace {

/// "0 10 a" is priority, weight, target.
DnsRecord server(std::uint16_t priority, std::uint16_t weight, std::string target) {
  return {priority, weight, 465, std::move(target)};
}

std::string names(const std::vector<DnsRecord>& records) {
  std::string text;
  for (const DnsRecord& one : records) text += one.target;
  return text;
}

struct Case {
  const char* what;
  std::vector<DnsRecord> records;
  std::deque<std::uint32_t> drawn;  ///< as the lots fall
  const char* order;
};

TEST(SrvOrder, IsByPriorityAndThenByLot) {
  const std::vector<Case> cases = {
      {"none", {}, {}, ""},
      {"one", {server(5, 5, "a")}, {5}, "a"},
      {"priorities alone", {server(20, 0, "c"), server(0, 0, "a"), server(10, 9, "b")}, {0, 1, 0}, "abc"},
      {"the lowest number of a sum", {server(0, 10, "a"), server(0, 20, "b")}, {0, 0}, "ab"},
      {"the first one's last number", {server(0, 10, "a"), server(0, 20, "b")}, {10, 0}, "ab"},
      {"the second one's first number", {server(0, 10, "a"), server(0, 20, "b")}, {11, 0}, "ba"},
      {"the second one's last number", {server(0, 10, "a"), server(0, 20, "b")}, {30, 0}, "ba"},
      {"a number that is none", {server(0, 10, "a"), server(0, 20, "b")}, {99, 99}, "ba"},
      {"without weight: only the 0 is its", {server(0, 10, "a"), server(0, 0, "b")}, {0, 0}, "ba"},
      {"without weight: else the last", {server(0, 10, "a"), server(0, 0, "b")}, {1, 0}, "ab"},
      {"all without weight: each by even chances",
       {server(0, 0, "a"), server(0, 0, "b"), server(0, 0, "c")},
       {2, 1, 0},
       "cba"},
      {"three lots", {server(0, 1, "a"), server(0, 2, "b"), server(0, 3, "c")}, {4, 3, 1}, "cba"},
      {"a heavy one of a later priority waits", {server(2, 65535, "b"), server(1, 0, "a")}, {0, 1}, "ab"},
      {"sums beyond 16 bits",
       std::vector<DnsRecord>(4, server(0, 65535, "a")),
       {262140, 196605, 131070, 65535},
       "aaaa"},
  };
  for (const Case& one : cases) {
    std::deque<std::uint32_t> drawn = one.drawn;
    const auto order = in_srv_order(one.records, [&](std::uint32_t) {
      const std::uint32_t next = drawn.empty() ? 0 : drawn.front();
      if (!drawn.empty()) drawn.pop_front();
      return next;
    });
    EXPECT_EQ(names(order), one.order) << one.what;
  }
}

TEST(SrvOrder, AsksForNumbersUpToTheSumOfWhatIsLeft) {
  std::vector<std::uint32_t> asked;
  static_cast<void>(in_srv_order({server(1, 7, "a"), server(1, 3, "b"), server(2, 0, "c"), server(2, 0, "d")},
                                 [&](std::uint32_t most) {
                                   asked.push_back(most);
                                   return std::uint32_t{1};
                                 }));
  EXPECT_EQ(asked, (std::vector<std::uint32_t>{10, 3, 1, 0}));
}

TEST(SrvOrder, HasEachServerOnceWhateverIsDrawn) {
  std::vector<DnsRecord> records;
  for (std::uint16_t i = 0; i < 6; ++i)
    records.push_back(server(i % 2, i % 3, std::string(1, static_cast<char>('a' + i))));
  for (std::uint32_t number = 0; number < 12; ++number) {
    std::string all = names(in_srv_order(records, [&](std::uint32_t) { return number; }));
    EXPECT_EQ(all.find_first_of("bdf"), all.find_first_not_of("ace")) << "priority 0 comes before 1: " << all;
    std::ranges::sort(all);
    EXPECT_EQ(all, "abcdef");
  }
}

TEST(SrvOrder, ServesByWeight) {
  const std::vector<DnsRecord> records = {server(0, 1, "a"), server(0, 3, "b")};
  std::map<std::string, int> first;
  for (std::uint32_t number = 0; number <= 4; ++number) {
    ++first[in_srv_order(records, [&](std::uint32_t most) { return std::min(number, most); }).front().target];
  }
  // RFC 2782 draws from 0, and 0 is the first one's.
  EXPECT_EQ(first["a"], 2);
  EXPECT_EQ(first["b"], 3);
}

}  // namespace
}  // namespace postern::net
