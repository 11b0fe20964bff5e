#include "control/veil.h"

#include "mail/advice.h"
#include "session.h"

#include <string>
#include <vector>

namespace postern::control {
namespace {

using boost::json::object;

class VeilTest : public Control {};

TEST_F(VeilTest, WhoseMailIsNotTakenIsForAdministrators) {
  queue.site_list.push_back({});
  queue.site_list.back().name = "smtp.example.com";
  queue.site_list.back().connections = 3;
  queue::SenderStatus sender;
  sender.sender = "secret@example.com";
  sender.trouble.text = "553 secret@example.com is not owned";
  queue.site_list.back().senders.push_back(sender);
  const std::string request = R"({"command":"status"})";
  EXPECT_EQ(ask(request, kAlice).find("secret"), std::string::npos);
  const object site = ask_json(request)[0].at("smarthosts").as_array()[0].as_object();
  EXPECT_EQ(site.at("connections").as_int64(), 3);
  const object& told = site.at("senders").as_array()[0].as_object();
  EXPECT_EQ(told.at("sender").as_string(), "secret@example.com");
  EXPECT_EQ(told.at("trouble").as_object().at("text").as_string(), "553 secret@example.com is not owned");
}

/// What a server, a credential program or a token server says may name anybody.
TEST_F(VeilTest, NoWordsAboutOthersReachOrdinaryUsers) {
  queue.files[id(1)] = "size: 1\n\nx";
  const std::vector<std::string> requests = {R"({"command":"status"})"
                                             "\n",
                                             R"({"command":"queue list"})"
                                             "\n",
                                             request("queue show", 1) + "\n", "mailq\n"};
  const std::string words =
      "refuses every message; the last answer: 550 5.7.1 <secret@example.com>: relay access denied";
  for (auto step = mail::Step::resolve; step <= mail::Step::quit;
       step = static_cast<mail::Step>(static_cast<int>(step) + 1)) {
    for (const int code : {0, 550}) {
      for (const bool of_sender : {false, true}) {
        mail::SiteTrouble trouble{step, Failure::refused, code, words};
        trouble.answer = "PLAIN: 535 secret";
        queue.entries.clear();
        queue::Entry& entry = add(1, kAlice);
        entry.site = "mx";
        entry.trouble = trouble;
        entry.reason = (of_sender ? "mx does not take mail of alice@example.com: " : "") + words;
        queue.site_list.assign(1, {});
        queue.site_list[0].name = "mx";
        queue.counted.waiting = queue.site_list[0].waiting = 1;
        if (of_sender) {
          queue.site_list[0].senders = {{"secret@example.com", trouble, clock.wall(), std::nullopt}};
        } else {
          queue.site_list[0].trouble = trouble;
        }
        const std::string advice = mail::advice(trouble, "mx");
        for (const std::string& one : requests) {
          SCOPED_TRACE(std::string(mail::name(step)) + " " + std::to_string(code) + " " + one);
          const std::string told = ask(one, kAlice);
          const bool before = step < mail::Step::auth && !(of_sender && one.find("status") != std::string::npos);
          EXPECT_EQ(told.find("secret") != std::string::npos, before) << told;
          EXPECT_NE(ask(one).find("secret"), std::string::npos) << "an administrator reads it";
          if (one.front() == '{') {
            EXPECT_NE(told.find(advice), std::string::npos) << told;
          }
          if (one == "mailq\n" && of_sender) {
            EXPECT_NE(told.find("mx does not take mail of alice@example.com"), std::string::npos) << told;
          }
        }
      }
    }
  }
}

/// Otherwise they would be guessed letter by letter.
TEST_F(VeilTest, WhatIsVeiledIsNotFoundEither) {
  const std::string words = "535 5.7.8 bob.secret@corp: wrong password";
  for (unsigned i = 0; i < 100; ++i) {
    queue::Entry& entry = add(i, i % 2 == 0 ? kAlice : kBob);
    if (i < 10 || i == 98) continue;  // the page between has nothing that fits
    entry.site = "mx";
    entry.trouble = mail::SiteTrouble{mail::Step::auth, Failure::refused, 535, words, true};
    entry.reason = words;
  }
  const std::string ids = ",\"ids\":[\"" + id(10).str() + "\",\"" + id(12).str() + "\"]}";
  const auto found = [&](const std::string& text, uid_t uid) {
    return ask_json(R"({"command":"queue list","filter":{"text":")" + text + "\"}}", uid).size() - 1;
  };
  const auto handled = [&](const std::string& text, const std::string& rest, uid_t uid) {
    const auto lines = ask_json(R"({"command":"queue hold","filter":{"text":")" + text + "\"}" + rest, uid);
    const auto count = lines.at(lines.size() - 2).at("count").as_int64();
    for (queue::Entry& entry : queue.entries) entry.state = queue::State::waiting;
    return count;
  };
  for (const char* text : {"bob.secret@corp", "bob", "5.7.8", "wrong password"}) {
    EXPECT_EQ(found(text, kAlice), 0U) << text;
    EXPECT_EQ(handled(text, "}", kAlice), 0) << text;
    EXPECT_EQ(handled(text, ids, kAlice), 0) << text;
    EXPECT_EQ(found(text, kRoot), 89U) << text;
    EXPECT_EQ(handled(text, "}", kRoot), 89) << text;
    EXPECT_EQ(handled(text, ids, kRoot), 2) << text;
  }
  EXPECT_EQ(found("THE SERVER SAID 535", kAlice), 44U) << "what is read is found";
  EXPECT_EQ(handled("the server said 535", ids, kAlice), 2);
  EXPECT_EQ(found("connection refused", kAlice), 6U) << "of every page";
  EXPECT_EQ(handled("connection refused", "}", kAlice), 6);
  const std::string first = R"({"command":"queue list","limit":5,"filter":{"text":"connection refused"}})";
  const auto limited = ask_json(first, kAlice);
  ASSERT_EQ(limited.size(), 7U);
  EXPECT_EQ(limited[5].at("after").as_string(), id(8).str());
}

}  // namespace
}  // namespace postern::control
