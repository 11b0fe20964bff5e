#include "net/dns.h"

#include "base/fd.h"
#include "net/dns_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <utility>
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

constexpr unsigned kGood = 0x8180;
constexpr unsigned kServerFailure = 0x8182;
constexpr unsigned kNoSuchName = 0x8183;
constexpr unsigned kRefused = 0x8185;
constexpr unsigned kCut = 0x0200;
constexpr unsigned kSilence = 0x10000;  // no flags: by TCP nothing is answered

struct Say {
  unsigned flags = kGood;
  std::vector<std::string> records;
};

/// On loopback, at one port by UDP and by TCP. Without an answer by TCP it hangs up there.
class NameServer {
 public:
  NameServer(Say by_udp, std::optional<Say> by_tcp) : by_udp_(std::move(by_udp)), by_tcp_(std::move(by_tcp)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A port that is free by one of the two may be taken by the other.
    for (bool bound = false; !bound;) {
      tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      udp_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      address_.sin_port = 0;
      socklen_t size = sizeof(address_);
      EXPECT_EQ(::bind(tcp_.get(), any(), size), 0);
      EXPECT_EQ(::getsockname(tcp_.get(), any(), &size), 0);
      bound = ::bind(udp_.get(), any(), size) == 0;
    }
    EXPECT_EQ(::listen(tcp_.get(), 8), 0);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    end_ = UniqueFd(ends[0]);
    running_ = UniqueFd(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    running_ = UniqueFd();
    thread_.join();
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  [[nodiscard]] const sockaddr_in& address() const { return address_; }

 private:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&address_); }

  static std::string answer_to(std::string_view query, const Say& say) {
    std::string out = std::string(query.substr(0, 2)) + message_of(say.records, say.flags).substr(2);
    return out;
  }

  void serve() {
    for (;;) {
      std::array<pollfd, 3> wanted{{{end_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}}};
      if (::poll(wanted.data(), wanted.size(), -1) < 0 || wanted[0].revents != 0) return;
      std::array<char, 1024> query{};
      if (wanted[1].revents != 0) {
        sockaddr_in from{};
        socklen_t size = sizeof(from);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
        auto* asker = reinterpret_cast<sockaddr*>(&from);
        const ssize_t count = ::recvfrom(udp_.get(), query.data(), query.size(), 0, asker, &size);
        const std::string out = answer_to(std::string_view(query.data(), static_cast<std::size_t>(count)), by_udp_);
        EXPECT_EQ(::sendto(udp_.get(), out.data(), out.size(), 0, asker, size), static_cast<ssize_t>(out.size()));
      }
      if (wanted[2].revents != 0) {
        UniqueFd client(::accept(tcp_.get(), nullptr, nullptr));
        if (by_tcp_ && by_tcp_->flags == kSilence) {
          unanswered_.push_back(std::move(client));
          continue;
        }
        const ssize_t count = by_tcp_ ? ::recv(client.get(), query.data(), query.size(), 0) : 0;
        if (count <= 2) continue;
        const std::string out =
            answer_to(std::string_view(query.data(), static_cast<std::size_t>(count)).substr(2), *by_tcp_);
        const std::string whole = number(static_cast<unsigned>(out.size())) + out;
        EXPECT_EQ(::send(client.get(), whole.data(), whole.size(), MSG_NOSIGNAL), static_cast<ssize_t>(whole.size()));
      }
    }
  }

  Say by_udp_;
  std::optional<Say> by_tcp_;
  sockaddr_in address_{};
  UniqueFd tcp_;
  UniqueFd udp_;
  UniqueFd end_;
  UniqueFd running_;  ///< closed: the end
  std::vector<UniqueFd> unanswered_;
  std::thread thread_;
};

Result<DnsAnswer> ask(const std::vector<const NameServer*>& servers) {
  struct __res_state state{};
  EXPECT_EQ(res_ninit(&state), 0);
  state.nscount = static_cast<int>(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) state.nsaddr_list[i] = servers[i]->address();
  auto answer = ask_dns(state, kName, DnsType::srv);
  res_nclose(&state);
  return answer;
}

Result<DnsAnswer> ask(Say by_udp, std::optional<Say> by_tcp) {
  const NameServer server(std::move(by_udp), std::move(by_tcp));
  return ask({&server});
}

std::vector<std::string> one_server(std::string_view target) {
  return {record(number(kPointer), kSrv, 60, srv(1, 1, 465, target))};
}

std::string target_of(const Result<DnsAnswer>& answer) {
  if (!answer) return answer.error().text;
  return answer->records.size() == 1 ? answer->records.front().target : "not one record";
}

TEST(Dns, WhatIsCutOffIsAskedByTcp) {
  EXPECT_EQ(target_of(ask(Say{kGood, one_server("udp.x")}, Say{kGood, one_server("tcp.x")})), "udp.x");
  for (const auto& left : {std::vector<std::string>(), one_server("udp.x")}) {
    EXPECT_EQ(target_of(ask(Say{kGood | kCut, left}, Say{kGood, one_server("tcp.x")})), "tcp.x");
  }
}

TEST(Dns, AnAnswerOfWhichAllIsCutOffDeniesNothing) {
  const std::string alias = record(number(kPointer), kCname, 30, labels("a.x"));
  const std::string no_host = record(number(kPointer), kSrv, 60, srv(1, 1, 25, "127.0.0.1"));
  for (const auto& left :
       {std::vector<std::string>(), std::vector<std::string>{alias}, std::vector<std::string>{no_host}}) {
    for (const auto& by_tcp :
         {std::optional<Say>(), std::optional<Say>(Say{kServerFailure, {}}), std::optional<Say>(Say{kRefused, {}})}) {
      const auto answer = ask(Say{kGood | kCut, left}, by_tcp);
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().failure, Failure::resolve);
      EXPECT_THAT(answer.error().text, testing::HasSubstr("the SRV record of " + kName + " was cut off"));
    }
  }
  // What is left of it is good, and said to be a part.
  const auto part = ask(Say{kGood | kCut, one_server("udp.x")}, std::nullopt);
  EXPECT_EQ(target_of(part), "udp.x");
  EXPECT_TRUE(part && part->partial);
  const auto whole = ask(Say{kGood | kCut, one_server("udp.x")}, Say{kGood, one_server("tcp.x")});
  EXPECT_TRUE(whole && !whole->partial);
}

TEST(Dns, ByTcpTheNextServerIsAskedWhereOneCannotTell) {
  const NameServer next(Say{kGood, one_server("udp.x")}, Say{kGood, one_server("tcp.x")});
  for (const auto& by_tcp : {std::optional<Say>(), std::optional<Say>(Say{kServerFailure, {}})}) {
    const NameServer first(Say{kGood | kCut, {}}, by_tcp);
    EXPECT_EQ(target_of(ask({&first, &next})), "tcp.x");
  }
}

TEST(Dns, ByTcpTheNextServerIsAskedInTimeWhereOneSaysNothing) {
  const NameServer silent(Say{kGood | kCut, {}}, Say{kSilence, {}});
  const NameServer next(Say{kGood, one_server("udp.x")}, Say{kGood, one_server("tcp.x")});
  // Asked twice, so that a slow machine has the time of two.
  EXPECT_EQ(target_of(ask({&silent, &next, &next})), "tcp.x");
}

TEST(Dns, ThatThereIsNoSuchNameIsSaidAndTheLackOfARecordIsAnother) {
  const std::string no_name = "the DNS has no such name: " + kName;
  const std::string no_record = "the DNS has no SRV record of " + kName;
  EXPECT_EQ(target_of(ask(Say{kNoSuchName, {}}, std::nullopt)), no_name);
  EXPECT_EQ(target_of(ask(Say{kNoSuchName | kCut, {}}, std::nullopt)), no_name);
  EXPECT_EQ(target_of(ask(Say{kGood | kCut, {}}, Say{kNoSuchName, {}})), no_name);
  EXPECT_EQ(target_of(ask(Say{kGood, {}}, std::nullopt)), no_record);
  EXPECT_EQ(target_of(ask(Say{kGood | kCut, {}}, Say{kGood, {}})), no_record);
}

}  // namespace
}  // namespace postern::net
