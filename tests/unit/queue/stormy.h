// A queue that gathers what is alike, for tests of it: three of user 1000 go within ten minutes, then they wait.
#pragma once

#include "queue_fixture.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {

inline Config stormy_config() {
  Config made;
  made.hostname = "web1.example.net";
  made.domain = "example.net";
  mail::LocalNames names;
  names.hostname = made.hostname;
  names.domain = made.domain;
  StormRule rule;
  rule.users = {"backup"};
  rule.window = Seconds(600);
  rule.after = 3;
  made.storms = {rule};
  made.storms_of = StormRules(made.storms, names);
  made.user = [](std::uint32_t uid) -> Task<Result<mail::User>> {
    if (uid == 99) co_return Error{Failure::timeout, "the name service does not say who that is"};
    mail::User user{false, uid == 1000 ? "backup" : "alice", {}};
    co_return user;
  };
  return made;
}

inline mail::Envelope from_user(std::uint32_t uid, const std::string& sender = "root@web1.example.net") {
  mail::Envelope made;
  made.sender = sender;
  made.source.kind = mail::Source::Kind::local;
  made.source.uid = uid;
  made.recipients.resize(1);
  made.recipients[0].address = "admin@example.com";
  return made;
}

/// What is alike but for a word of its own, by which it is known wherever it is.
inline std::string own_word(std::size_t number) { return fmt::format("123e4567-e89b-12d3-a456-{:012}", number); }
inline std::string failing_job(std::size_t number, const std::string& what = "backup") {
  return "From: root (Cron Daemon)\nTo: root\nSubject: Cron " + what + "\n\nfailed in run " + own_word(number) + "\n";
}
/// The numbers of those in this text.
inline std::multiset<std::size_t> words_in(const std::string& text) {
  const std::string begin = "123e4567-e89b-12d3-a456-";
  std::multiset<std::size_t> numbers;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    numbers.insert(std::stoul(text.substr(at + begin.size(), 12)));
  }
  return numbers;
}

}  // namespace postern::queue
