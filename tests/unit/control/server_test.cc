#include "control/server.h"

#include "base/user_range.h"
#include "control/commands.h"
#include "session.h"
#include "support/expected_log.h"

#include <algorithm>

namespace postern::control {
namespace {

using boost::json::object;

class ControlServer : public Control {};

std::size_t entries_in(const std::vector<object>& lines) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [](const object& line) { return line.contains("state"); }));
}

TEST_F(ControlServer, AnswersAnyBadRequestWithUsage) {
  const std::vector<std::string> bad{
      "{",        "{}",          "{\"command\":7}",         "{\"command\":\"\"}",   "{\"command\":\"queue\"}",
      "{\"a\":}", "{\"\xff\":1", "{\"command\":\"mailq\"}", "{\"command\":\"x\"}]", "{\"command\":null}",
  };
  for (const std::string& request : bad) EXPECT_EQ(exit_of(request), 64) << request;
}

TEST_F(ControlServer, AnswersAnUnknownWordInPlainText) {
  EXPECT_EQ(ask("status\n"), "error 64 unknown request \"status\"\n");
  EXPECT_EQ(ask("\n"), "error 64 unknown request \"\"\n");
  EXPECT_EQ(ask("\tmailq\n"), "error 64 unknown request \"\\x09mailq\"\n");
  EXPECT_EQ(ask("\x1b[2J\n"), "error 64 unknown request \"\\x1b[2J\"\n");
}

TEST_F(ControlServer, R13_SurvivesDeeplyNestedRequests) {
  std::string nested = R"({"command":)";
  nested.append(20'000, '[');
  EXPECT_EQ(exit_of(nested), 64);
}

TEST_F(ControlServer, RefusesARequestWithoutEnd) {
  const std::string answer = ask(std::string(100'000, 'x'));
  EXPECT_NE(answer.find("64 KiB"), std::string::npos) << answer;
}

TEST_F(ControlServer, SaysNothingToAClientThatEndsBeforeItsLine) { EXPECT_EQ(ask("mailq"), ""); }

TEST_F(ControlServer, DoesNothingForAClientThatHasGone) {
  add(1, kRoot);
  client_gone = true;
  for (const std::string& one : {request("queue delete", 1), std::string(R"({"command":"queue retry"})"),
                                 std::string(R"({"command":"send-test","recipient":"a@example.com","timeout":0})")}) {
    EXPECT_EQ(ask(one + "\n"), "") << one;
  }
  EXPECT_EQ(ask("flush\n"), "");
  EXPECT_EQ(queue.entries.size(), 1U);
  EXPECT_EQ(queue.begun + queue.retry_all_calls, 0U);
}

TEST_F(ControlServer, ReadsARequestInPiecesOfAnySize) {
  const std::string request = R"({"command":"status"})";
  const std::string whole = ask(request + "\n");
  for (std::size_t chunk = 1; chunk <= request.size(); ++chunk) {
    test::ScriptedStream::Options options;
    options.chunk = chunk;
    EXPECT_EQ(ask(request + "\n", kRoot, options), whole) << chunk;
  }
}

TEST_F(ControlServer, EndsQuietlyWhereverTheStreamFails) {
  for (unsigned i = 0; i < 300; ++i) add(i, kAlice);
  const std::vector<std::string> requests{"mailq\n",
                                          "mailq\ttally\n",
                                          "verify\troot\ta@example.com\n",
                                          "flush\n",
                                          "{\"command\":\"status\"}\n",
                                          "{\"command\":\"queue list\"}\n",
                                          request("queue show", 1) + "\n",
                                          "{\"command\":\"check\"}\n",
                                          "{\"command\":\"explain\"}\n",
                                          "{\"command\":\"login\"}\n",
                                          "{\"command\":\"send-test\",\"recipient\":\"a@example.com\",\"timeout\":0}\n",
                                          "garbage\n"};
  for (const std::string& line : requests) {
    queue.begun = 0;
    const std::string whole = ask(line);
    for (std::size_t operation = 1; operation <= 12; ++operation) {
      test::ScriptedStream::Options options;
      options.fail_at = operation;
      options.failure = operation % 2 == 0 ? Failure::closed : Failure::timeout;
      queue.begun = 0;  // the same id again
      const std::string part = ask(line, kRoot, options);
      EXPECT_TRUE(line.starts_with("flush") || whole.starts_with(part)) << line << part;
      EXPECT_FALSE(queue.watched());
    }
  }
}

TEST_F(ControlServer, Q01_ListsTenThousandMessagesPageByPage) {
  for (unsigned i = 0; i < 10'000; ++i) add(i, kAlice);
  const std::vector<object> lines = ask_json(R"({"command":"queue list"})");
  ASSERT_EQ(lines.size(), 10'001U);
  for (unsigned i = 0; i < 10'000; ++i) ASSERT_EQ(lines[i].at("id").as_string(), id(i).str());
  EXPECT_EQ(lines.back().at("exit").as_int64(), 0);
}

TEST_F(ControlServer, ListsTheFirstHundredRecipientsAndHowManyThereAreAndShowsAll) {
  for (const std::size_t count : {std::size_t{100}, std::size_t{101}, std::size_t{40'000}}) {
    queue.entries.clear();
    queue::Entry& entry = add(1, kAlice);
    entry.recipients.assign(count, {"admin@example.com", std::nullopt});
    const object line = ask_json(R"({"command":"queue list"})").front();
    EXPECT_EQ(line.at("recipients").as_array().size(), 100U);
    EXPECT_EQ(line.contains("recipient_count"), count > 100) << count;
    if (count == 100) continue;
    EXPECT_EQ(line.at("recipient_count").as_int64(), static_cast<std::int64_t>(count));
  }
}

TEST_F(ControlServer, MailqNamesTheFirstHundredRecipientsAndHowManyMoreThereAre) {
  queue::Entry& entry = add(1, kAlice);
  entry.recipients.assign(40'000, {"admin@example.com", std::nullopt});
  const std::string text = ask("mailq\n");
  EXPECT_LT(text.size(), 10'000U);
  EXPECT_NE(text.find(" and 39900 more recipients\n"), std::string::npos) << text;
  entry.recipients.resize(100);
  EXPECT_EQ(ask("mailq\n").find("more recipients"), std::string::npos);
}

TEST_F(ControlServer, AListTellsOrdinaryUsersHowManyAreOfOthersAndNothingElseOfThem) {
  add(1, kAlice);
  for (unsigned i = 2; i < 5; ++i) add(i, kBob);
  queue.counted.waiting = 3;
  queue.counted.held = 1;
  const auto last = [&](const std::string& members, uid_t uid) {
    const std::vector<object> lines = ask_json(R"({"command":"queue list")" + members + "}", uid);
    return lines.size() < 2 ? object() : lines[lines.size() - 2];
  };
  EXPECT_EQ(last("", kAlice), (object{{"kind", "others"}, {"count", 3}, {"own", 1}}));
  EXPECT_EQ(last("", kBob + 1), (object{{"kind", "others"}, {"count", 4}, {"own", 0}}));
  EXPECT_EQ(last("", kRoot).at("kind").as_string(), "entry") << "all were listed";
  EXPECT_EQ(last(R"(,"filter":{"state":"waiting"})", kAlice).at("kind").as_string(), "entry");
  EXPECT_TRUE(last(R"(,"filter":{"state":"waiting"})", kBob + 1).empty()) << "that is not what was asked about";
}

/// In a user namespace all whom it does not know are one uid.
TEST_F(ControlServer, WhomTheKernelDoesNotTellApartOwnNoMessage) {
  add(1, overflow_uid());
  EXPECT_EQ(ask("mailq\n", overflow_uid()).find("root@web1"), std::string::npos);
  EXPECT_EQ(ask_json(R"({"command":"queue list"})", overflow_uid()).size(), 1U);
  for (const std::string command : {"queue show", "queue hold", "queue delete", "queue bounce", "queue retry"}) {
    EXPECT_NE(exit_of(request(command, 1), overflow_uid()), 0) << command;
    EXPECT_NE(exit_of(request(command, 1), kAlice), 0) << command;
  }
  EXPECT_EQ(queue.entries.size(), 1U);
  EXPECT_EQ(entries_in(ask_json(R"({"command":"queue list"})")), 1U) << "root";
}

TEST_F(ControlServer, AnswersAnAdministratorAtLengthWhateverOthersLeaveUnread) {
  queue::Entry& entry = add(1, kAlice);
  entry.recipients.assign(100, {std::string(20'000, 'a'), std::nullopt});
  FairMemory::Share one(context->unread, kBob);
  FairMemory::Share two(context->unread, kBob + 1);
  ASSERT_TRUE(one.resize(kUnread.all / 2));
  ASSERT_TRUE(two.resize(kUnread.all / 4));
  FairMemory::Share three(context->unread, kBob + 2);
  ASSERT_TRUE(three.resize(kUnread.all / 8));
  EXPECT_EQ(exit_of(R"({"command":"queue list"})", kAlice), 75);
  EXPECT_EQ(exit_of(R"({"command":"queue list"})"), 0);
}

TEST_F(ControlServer, PagesAListingByLimitAndAfter) {
  for (unsigned i = 0; i < 100; ++i) add(i, i % 3 == 0 ? kAlice : kBob);
  for (const std::size_t limit : {1U, 7U, 31U, 32U, 33U, 34U, 100U}) {
    std::string after;
    std::size_t seen = 0;
    for (unsigned round = 0; round < 100; ++round) {
      const std::vector<object> lines =
          ask_json(R"({"command":"queue list","limit":)" + std::to_string(limit) + after + "}", kAlice);
      seen += entries_in(lines);
      if (lines.size() < 2 || lines[lines.size() - 2].at("kind").as_string() != "more") break;
      after = R"(,"after":")" + std::string(lines[lines.size() - 2].at("after").as_string()) + "\"";
    }
    EXPECT_EQ(seen, 34U) << limit;
  }
}

TEST_F(ControlServer, NamesNoBeginningInAnOrderThatHasNone) {
  for (unsigned i = 0; i < 3; ++i) add(i, kAlice);
  for (const auto& [order, named] :
       {std::pair("oldest", true), std::pair("newest", true), std::pair("next", false), std::pair("largest", false)}) {
    const std::vector<object> lines =
        ask_json(std::string(R"({"command":"queue list","limit":2,"order":")") + order + "\"}");
    ASSERT_EQ(lines.size(), 4U) << order;
    EXPECT_EQ(lines[2].at("kind").as_string(), "more") << order;
    EXPECT_EQ(lines[2].contains("after"), named) << order;
  }
}

TEST_F(ControlServer, RefusesAListingWithImpossibleBounds) {
  for (const char* members :
       {R"("limit":-1)", R"("limit":"x")", R"("limit":1.5)", R"("after":"../x")", R"("after":3)"}) {
    EXPECT_EQ(exit_of(std::string(R"({"command":"queue list",)") + members + "}"), 64) << members;
  }
}

TEST_F(ControlServer, Q02_V25_ShowsOthersOnlyTheirOwnMessages) {
  add(1, kAlice);
  add(2, kBob);
  add(3, kRoot);
  queue.entries[2].source.uid.reset();
  EXPECT_EQ(entries_in(ask_json(R"({"command":"queue list"})", kRoot)), 3U);
  EXPECT_EQ(entries_in(ask_json(R"({"command":"queue list"})", kAlice)), 1U);
  const std::string mailq = ask("mailq\n", kBob);
  EXPECT_NE(mailq.find(id(2).str()), std::string::npos);
  EXPECT_EQ(mailq.find(id(1).str()), std::string::npos);
  queue.counted.waiting = 3;
  EXPECT_NE(ask("mailq\n", kBob).find("3 messages wait, 1 of them yours"), std::string::npos);
}

TEST_F(ControlServer, Q03_RefusesTheMessageOfAnotherUser) {
  add(1, kAlice);
  queue.files[id(1)] = "size: 1\n\nx";
  for (const char* command : {"queue show", "queue retry", "queue delete"}) {
    EXPECT_EQ(exit_of(request(command, 1), kBob), 77) << command;
    EXPECT_EQ(exit_of(request(command, 9), kBob), 66) << command;
  }
  EXPECT_TRUE(queue.retried.empty());
  EXPECT_TRUE(queue.removed.empty());
  for (const char* command : {"queue show", "queue retry", "queue delete"}) {
    EXPECT_EQ(exit_of(request(command, 1), kAlice), 0) << command;
  }
  EXPECT_EQ(queue.retried.size(), 1U);
  EXPECT_EQ(queue.removed.size(), 1U);
}

TEST_F(ControlServer, Q11_KeepsChecksAndTestMessagesForAdministrators) {
  EXPECT_EQ(exit_of(R"({"command":"check"})", kAlice), 77);
  EXPECT_EQ(exit_of(R"({"command":"send-test","recipient":"a@example.com"})", kAlice), 77);
  EXPECT_NE(exit_of(R"({"command":"status"})", kAlice), 77);
}

TEST_F(ControlServer, Q05_NeverTakesAPathForAnId) {
  for (const char* text : {"../../etc/passwd", "*", "", ".", "0000000000000000/", "0000000000000000 ",
                           "OOOOOOOOOOOOOOOO", "000", "00000000000000000"}) {
    for (const char* command : {"queue show", "queue delete"}) {
      const std::string line = std::string(R"({"command":")") + command + R"(","id":")" + text + "\"}";
      EXPECT_EQ(exit_of(line), 64) << text;
    }
  }
  EXPECT_EQ(exit_of(R"({"command":"queue delete"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"queue delete","id":["0000000000000000"]})"), 64);
  EXPECT_TRUE(queue.removed.empty());
}

TEST_F(ControlServer, TellsUnknownAndBusyMessagesApart) {
  add(1, kAlice, queue::State::active);
  EXPECT_EQ(exit_of(request("queue delete", 1)), 75);
  EXPECT_EQ(exit_of(request("queue retry", 1)), 75);
  EXPECT_EQ(exit_of(request("queue delete", 2)), 66);
  EXPECT_EQ(exit_of(request("queue retry", 2)), 66);
  EXPECT_EQ(exit_of(request("queue show", 2)), 66);
  for (const std::string command : {"queue show", "queue delete", "queue retry"}) {
    for (const uid_t uid : {kRoot, kAlice}) {
      const std::string error(ask_json(request(command, 2), uid).back().at("error").as_string());
      // It was asked already where the message is shown.
      EXPECT_EQ(error.find("`postern history show " + id(2).str() + "`") == std::string::npos, command == "queue show")
          << command << ": " << error;
      EXPECT_NE(error.find("`journalctl POSTERN_QUEUE_ID=" + id(2).str() + "`"), std::string::npos)
          << command << ": " << error;
    }
  }
}

TEST_F(ControlServer, DeletesOnceAndLogsWhoDidIt) {
  add(1, kAlice);
  EXPECT_EQ(exit_of(request("queue delete", 1), kAlice), 0);
  EXPECT_EQ(exit_of(request("queue delete", 1), kAlice), 66);
  EXPECT_EQ(queue.removed, std::vector<QueueId>{id(1)});
}

TEST_F(ControlServer, ShowsTheHeaderAndTheBodyOnlyOnRequest) {
  add(1, kAlice);
  queue.files[id(1)] = "postern: 1\nsize: 0000000023\n\nSubject: hi\n there\n\nbody\nlog: not part of it\n";
  const object without = ask_json(request("queue show", 1)).front();
  EXPECT_EQ(without.at("header").as_string(), "Subject: hi\n there\n");
  EXPECT_FALSE(without.contains("body"));
  std::string with = request("queue show", 1);
  with.insert(with.size() - 1, ",\"body\":true");
  EXPECT_EQ(ask_json(with).front().at("body").as_string(), "bod");  // as far as `size` goes
}

TEST_F(ControlServer, ShowsTheMessageBehindAnEnvelopeOfAnyLength) {
  add(1, kAlice);
  std::string envelope = "postern: 1\nsize: 0000000018\n";
  while (envelope.size() < 3U << 20U) envelope += "to: somebody@example.com\n";
  queue.files[id(1)] = envelope + "\nSubject: hi\n\nbody\n";
  std::string line = request("queue show", 1);
  line.insert(line.size() - 1, ",\"body\":true");
  const object shown = ask_json(line).front();
  EXPECT_EQ(shown.at("header").as_string(), "Subject: hi\n");
  EXPECT_EQ(shown.at("body").as_string(), "body\n");
}

TEST_F(ControlServer, ShowsAFileCutAnywhere) {
  add(1, kAlice);
  const std::string file = "size: 0000000022\nto: \xff\xfe\n\nSubject: \xe9t\xe9\n\nb\x1b[2Jdy\n";
  std::string line = request("queue show", 1);
  line.insert(line.size() - 1, ",\"body\":true");
  for (std::size_t size = 0; size <= file.size(); ++size) {
    queue.files[id(1)] = file.substr(0, size);
    EXPECT_EQ(exit_of(line), 0) << size;
  }
}

TEST_F(ControlServer, ShowsWhatIsLeftOfAFileWithoutAnEnvelope) {
  add(1, kAlice, queue::State::corrupt);
  std::string line = request("queue show", 1);
  line.insert(line.size() - 1, ",\"body\":true");
  for (const std::string file : {"", "garbage\nof a broken disk\n", "postern: 1\nsize: 7"}) {
    queue.files[id(1)] = file;
    const object shown = ask_json(line).front();
    EXPECT_EQ(shown.at("header").as_string(), "");
    EXPECT_EQ(shown.at("body").as_string(), file);
    EXPECT_FALSE(shown.at("truncated").as_bool());
  }
  queue.files[id(1)] = std::string(5U << 20U, 'x');
  EXPECT_TRUE(ask_json(line).front().at("truncated").as_bool());
}

TEST_F(ControlServer, AnswersInPlainAsciiWhateverTheAddressesHold) {
  queue::Entry& entry = add(1, kAlice);
  entry.sender = "\x1b]0;owned\x07\u009b31m\u202e@\xff";
  entry.recipients[0].address = "j\u00f6rg@\U0001F600.example";
  for (const std::string& request : {std::string("{\"command\":\"queue list\"}\n"), std::string("mailq\n")}) {
    for (const char byte : ask(request)) {
      const bool plain = byte == '\n' || (byte >= ' ' && byte < 0x7F);
      const bool utf8 = (static_cast<unsigned char>(byte) & 0x80U) != 0 && request == "mailq\n";
      EXPECT_TRUE(plain || utf8) << static_cast<int>(byte);
    }
  }
  const object listed = ask_json(R"({"command":"queue list"})").front();
  EXPECT_EQ(listed.at("recipients").as_array()[0].as_object().at("address").as_string(),
            "j\u00f6rg@\U0001F600.example");
}

TEST_F(ControlServer, ReportsTheVerdictFirst) {
  queue.site_list.push_back({});
  queue.site_list.back().name = "smtp.example.com";
  queue.site_list.back().tried = true;
  const std::vector<object> lines = ask_json(R"({"command":"status"})");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("verdict").as_string(), "all is well: nothing waits");
  EXPECT_EQ(lines[0].at("level").as_int64(), 0);
  EXPECT_EQ(lines[0].at("findings").as_array().size(), 1U);
  EXPECT_EQ(lines[0].at("version").as_string(), "1.2.3");
  EXPECT_EQ(lines[0].at("smarthosts").as_array().size(), 1U);
  queue.counted.failed = 1;
  EXPECT_EQ(exit_of(R"({"command":"status"})"), 2);
}

Task<Result<queue::DropState>> lies_there(Result<queue::DropState> state) { co_return state; }

TEST_F(ControlServer, StatusTellsAdministratorsWhoseFilesWereRefusedAndUsersOfTheirOwn) {
  EXPECT_FALSE(ask_json(R"({"command":"status"})")[0].contains("dropped"));
  queue::DropState state;
  state.waiting = 2;
  state.oldest = clock.wall();
  state.refused = {{kAlice, 3}, {kBob, 1}};
  Result<queue::DropState> found = state;
  context->dropped = [&found] { return lies_there(found); };
  const auto dropped = [this](uid_t uid) {
    return ask_json(R"({"command":"status"})", uid)[0].at("dropped").as_object();
  };
  EXPECT_EQ(dropped(kRoot).at("waiting").to_number<int>(), 2);
  EXPECT_EQ(dropped(kRoot).at("directory").as_string(), "/var/spool/postern/drop");
  const object refused = dropped(kRoot).at("refused").as_object();
  EXPECT_EQ(refused.at("files").to_number<int>(), 4);
  EXPECT_EQ(refused.at("owners").as_array().size(), 2U);
  EXPECT_EQ(refused.at("directory").as_string(), "/var/spool/postern/refused");
  EXPECT_EQ(refused.at("kept_days").to_number<int>(), 30);
  const object own = dropped(kAlice).at("refused").as_object();
  EXPECT_EQ(own.at("files").to_number<int>(), 3);
  EXPECT_EQ(own.at("owners").as_array().size(), 1U);
  EXPECT_FALSE(dropped(4003).contains("refused"));
  found = Error{Failure::denied, "permission denied"};
  EXPECT_EQ(dropped(kAlice).at("error").as_string(), "permission denied");
}

TEST_F(ControlServer, P17_StatusSaysFirstThatTheDiskTakesNoMail) {
  queue.refusal = queue::Refusal{clock.wall(), Error{Failure::io, "open: Read-only file system"}};
  const std::string verdict(ask_json(R"({"command":"status"})")[0].at("verdict").as_string());
  EXPECT_TRUE(verdict.starts_with("new mail is refused since ")) << verdict;
  EXPECT_NE(verdict.find("Read-only file system; what to do: look at the disk of /var/spool/postern"),
            std::string::npos)
      << verdict;
  EXPECT_EQ(exit_of(R"({"command":"status"})"), 2);
}

TEST_F(ControlServer, StatusQuotesAWrongSettingsFileToAdministratorsAlone) {
  context->complaints = [](queue::Asker asker) {
    return std::vector<std::string>{asker.administrator ? "f.yaml:3:1: unknown key 'sekret'" : "f.yaml"};
  };
  EXPECT_NE(ask(R"({"command":"status"})"
                "\n")
                .find("sekret"),
            std::string::npos);
  EXPECT_EQ(ask(R"({"command":"status"})"
                "\n",
                kAlice)
                .find("sekret"),
            std::string::npos);
  EXPECT_EQ(exit_of(R"({"command":"status"})", kAlice), 1);
}

TEST_F(ControlServer, StatusTellsWhereRootsMailGoesAndAnAliasToAdministratorsAlone) {
  mail::LocalNames names;
  names.hostname = names.domain = "web1.example.net";
  context->names = [&names] { return names; };
  const std::string request = R"({"command":"status"})";
  object nobody{
      {"alias", false}, {"file", "/etc/aliases"}, {"recipients", boost::json::array{"root@web1.example.net"}}};
  for (const uid_t uid : {kRoot, kAlice}) EXPECT_EQ(ask_json(request, uid)[0].at("root"), nobody);
  for (const std::string name : {"root", "*"}) {
    names.aliases = {{name, {"admin@example.com"}}};
    const object told{{"alias", true}, {"recipients", boost::json::array{"admin@example.com"}}};
    EXPECT_EQ(ask_json(request)[0].at("root"), told);
    EXPECT_EQ(ask_json(request, kAlice)[0].at("root"), (object{{"alias", true}}));
  }
  // As posternd --check judges it (mail::roots_mail).
  for (mail::Aliases* table : {&names.aliases, &names.of_file}) {
    names.aliases.clear();
    *table = {{"root", {"joe"}}};
    const object local{{"alias", true}, {"recipients", boost::json::array{"joe@web1.example.net"}}, {"local", true}};
    EXPECT_EQ(ask_json(request)[0].at("root"), local);
    EXPECT_EQ(ask_json(request, kAlice)[0].at("root"), (object{{"alias", true}}));
  }
  names = mail::LocalNames();
  names.hostname = names.domain = "web1.example.net";
  names.aliases_file.clear();
  nobody.erase("file");
  EXPECT_EQ(ask_json(request)[0].at("root"), nobody);
}

Task<Result<std::string>> said(std::string words) { co_return words; }
Task<Result<std::string>> failed(std::string words) { co_return Error{Failure::corrupt, std::move(words)}; }

TEST_F(ControlServer, NewaliasesSaysWhatWasFoundToAdministratorsAlone) {
  int asked = 0;
  context->new_aliases = [&asked] {
    ++asked;
    return said("/etc/aliases: 2 aliases\n");
  };
  EXPECT_EQ(ask("newaliases\n"), "ok\n/etc/aliases: 2 aliases\nend 0\n");
  EXPECT_EQ(ask("newaliases\n", kAlice).substr(0, 9), "error 77 ");
  EXPECT_EQ(asked, 1);
  context->new_aliases = [] { return failed("the aliases of before stay in force: x"); };
  EXPECT_EQ(ask("newaliases\n"), "error 65 the aliases of before stay in force: x\n");
}

TEST_F(ControlServer, TellsInTheStatusWhichSmarthostIsWeakerThanBefore) {
  queue.site_list.push_back({});
  queue.site_list.back().name = "smtp.example.com";
  mail::CheckReport known;
  known.site = "smtp.example.com";
  known.weaker = {"no SCRAM mechanism any more"};
  reports = {known};
  const object status = ask_json(R"({"command":"status"})")[0];
  EXPECT_EQ(status.at("smarthosts").as_array()[0].as_object().at("weaker").as_array().size(), 1U);
  EXPECT_NE(status.at("verdict").as_string().find("no SCRAM"), std::string::npos);
  EXPECT_EQ(exit_of(R"({"command":"status"})"), 1);
  EXPECT_EQ(exit_of(R"({"command":"check"})"), 1) << "they say the same";
  EXPECT_EQ(exit_of(R"({"command":"check","accept_weaker":true})"), 0);
}

TEST_F(ControlServer, ShowsTheDialogueOfACheckOnlyOnRequestAndToAdministrators) {
  EXPECT_FALSE(ask_json(R"({"command":"check"})")[1].contains("trace"));
  const object line = ask_json(R"({"command":"check","verbose":true})")[1];
  EXPECT_EQ(line.at("trace").as_array().size(), 2U);
  EXPECT_EQ(exit_of(R"({"command":"check","verbose":"yes"})"), 64);
  const object accepted = ask_json(R"({"command":"check","accept_weaker":true})")[1];
  EXPECT_EQ(accepted.at("mechanism").as_string(), "CRAM-MD5");
  EXPECT_EQ(exit_of(R"({"command":"check","accept_weaker":1})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"check","verbose":true})", kAlice), 77);
  EXPECT_EQ(exit_of(R"({"command":"check"})", kAlice), 77) << "each check is a login";
}

TEST_F(ControlServer, LogsInByAPersonAndTriesItAtOnce) {
  const std::vector<object> lines = ask_json(R"({"command":"login","site":"smtp.example.com"})");
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0].at("kind").as_string(), "device");
  EXPECT_EQ(lines[0].at("url").as_string(), "https://id.example.com/device");
  EXPECT_EQ(lines[0].at("complete_url").as_string(), "https://id.example.com/device?code=ABCD-EFGH");
  EXPECT_EQ(lines[0].at("code").as_string(), "ABCD-EFGH");
  EXPECT_EQ(lines[0].at("expires").as_int64(), 900);
  EXPECT_EQ(lines[1].at("kind").as_string(), "notice");
  EXPECT_EQ(lines[3].at("kind").as_string(), "check");
  EXPECT_EQ(lines.back().at("exit").as_int64(), 0);
  EXPECT_EQ(smarthosts.logged_in, std::vector<std::string>{"smtp.example.com"});
  EXPECT_EQ(queue.recovered, std::vector<std::string>{"smtp.example.com"});
}

TEST_F(ControlServer, ALoginHasTheTimeThatAProviderNeedsBeforeThereIsAnythingToShow) {
  Milliseconds left{};
  smarthosts.at_login = [&] { left = deadline; };
  EXPECT_EQ(exit_of(R"({"command":"login"})"), 0);
  EXPECT_GE(left, std::chrono::minutes(20));
}

TEST_F(ControlServer, HandsWhatAPersonPastesToALoginByABrowser) {
  const std::string answer = ask("{\"command\":\"login\",\"flow\":\"code\"}\n" + std::string(20'000, 'x') +
                                 "\n{\"pasted\":\"one\"}\nno JSON\n{\"pasted\":7}\n[]\n{\"pasted\":\"t\\u0077o\"}\n");
  EXPECT_NE(answer.find(R"("kind":"browser")"), std::string::npos) << answer;
  EXPECT_NE(answer.find("both are here"), std::string::npos);
  EXPECT_NE(answer.find(R"("done":true,"exit":0)"), std::string::npos);
  EXPECT_EQ(smarthosts.pasted, (std::vector<std::string>{"one", "two"}));
}

TEST_F(ControlServer, ALoginByABrowserWaitsForNothingThatIsPastedOnceTheClientSaysNoMore) {
  const std::string answer = ask("{\"command\":\"login\",\"flow\":\"code\"}\n");
  EXPECT_NE(answer.find(R"("done":true,"exit":0)"), std::string::npos)
      << "an end of what it sends is none of the login";
  EXPECT_TRUE(smarthosts.pasted.empty());
  EXPECT_EQ(exit_of(R"({"command":"login","flow":"magic"})"), 64);
}

TEST_F(ControlServer, LogsInOnlyWhereItIsClearWhere) {
  EXPECT_EQ(exit_of(R"({"command":"login"})"), 0) << "the only one";
  EXPECT_EQ(exit_of(R"({"command":"login","site":"other"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"login","site":7})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"login"})", kAlice), 77);
  sites = {"one", "two"};
  const object refused = ask_json(R"({"command":"login"})").back();
  EXPECT_EQ(refused.at("error").as_string(), "say which: postern login one | two");
  sites.clear();
  EXPECT_EQ(exit_of(R"({"command":"login"})"), 64);
  EXPECT_EQ(smarthosts.logged_in.size(), 1U);
}

TEST_F(ControlServer, ALoginThatNobodyAgreesToReleasesNothing) {
  for (const auto& [failure, exit] : {std::pair(Failure::denied, 77), std::pair(Failure::timeout, 75),
                                      std::pair(Failure::invalid, 64), std::pair(Failure::tls, 69)}) {
    smarthosts.login_result = Error{failure, "no"};
    EXPECT_EQ(exit_of(R"({"command":"login"})"), exit);
  }
  EXPECT_TRUE(test::was_logged("login by a person has failed"));
  EXPECT_TRUE(queue.recovered.empty());
}

TEST_F(ControlServer, SaysWhatToDoWithAMessageThatCannotBeRetried) {
  add(1, kAlice, queue::State::failed).reason = "550 5.1.1 no such user";
  add(2, kAlice, queue::State::corrupt);
  queue.set_aside = {id(1), id(2)};
  for (const uid_t uid : {kRoot, kAlice}) {
    const object failed = ask_json(request("queue retry", 1), uid).back();
    EXPECT_EQ(failed.at("error").as_string(),
              id(1).str() +
                  " failed for good (550 5.1.1 no such user) and is kept for reading only: `postern queue show " +
                  id(1).str() + " --body` shows it; send it anew if it is still wanted, then `postern queue delete " +
                  id(1).str() + "`");
    EXPECT_EQ(failed.at("exit").as_int64(), 66);
    EXPECT_NE(ask_json(request("queue retry", 2), uid).back().at("error").as_string().find("damaged"),
              std::string::npos);
  }
  EXPECT_TRUE(queue.retried.empty());
}

TEST_F(ControlServer, ChecksEverySiteAndReleasesTheHealthyOnes) {
  sites = {"good", "bad"};
  mail::CheckReport bad;
  bad.site = "bad";
  bad.trouble = mail::SiteTrouble{mail::Step::connect, Failure::refused, 0, "connection refused", false};
  reports = {bad};
  const std::vector<object> lines = ask_json(R"({"command":"check"})");
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines.back().at("exit").as_int64(), 1);
  EXPECT_EQ(queue.recovered, std::vector<std::string>{"good"});
  EXPECT_EQ(exit_of(R"({"command":"check","site":"good"})"), 0);
  EXPECT_EQ(exit_of(R"({"command":"check","site":"other"})"), 64);
  sites.clear();
  EXPECT_EQ(exit_of(R"({"command":"check"})"), 1);
}

}  // namespace
}  // namespace postern::control
