#include "history/query.h"

#include "base/text.h"
#include "unit/history/a_record.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

namespace postern::history {
namespace {

bool matches(const Query& query, const Record& record) {
  const View view = View::of(record);
  const Matcher matcher(query);
  const bool does = matcher.matches(view);
  EXPECT_TRUE(!does || matcher.may_match(line_of(record)));
  return does;
}

TEST(HistoryQuery, WhatIsSetMustFitAndNothingSetIsEverything) {
  Record record = a_record(7);
  record[Field::original] = "root@web1.example.net";
  record[Field::message_id] = "<Abc@web1>";
  record[Field::site] = "main";
  EXPECT_TRUE(matches({}, record));
  struct Case {
    std::function<void(Query&)> set;
    bool matches;
  };
  const WallTime at = *parse_rfc3339(record[Field::at]);
  const std::vector<Case> cases = {
      {[](Query& q) { q.kinds = {Kind::delivered, Kind::failed}; }, true},
      {[](Query& q) { q.kinds = {Kind::failed}; }, false},
      {[](Query& q) { q.to = "ADMIN7@"; }, true},
      {[](Query& q) { q.to = "Root@"; }, true},
      {[](Query& q) { q.to = "admin8@"; }, false},
      {[](Query& q) { q.from = "CRON"; }, true},
      {[](Query& q) { q.from = "<>"; }, false},
      {[](Query& q) { q.subject = "backup 7"; }, true},
      {[](Query& q) { q.subject = "backup 8"; }, false},
      {[](Query& q) { q.message_id = "<abc@WEB1>"; }, true},
      {[](Query& q) { q.message_id = "abc@web1"; }, true},
      {[](Query& q) { q.message_id = "abd"; }, false},
      {[](Query& q) { q.id = "0P6C"; }, true},
      {[](Query& q) { q.id = "p6c9"; }, false},
      {[](Query& q) { q.site = "main"; }, true},
      {[](Query& q) { q.site = "mai"; }, false},
      {[](Query& q) { q.uid = 1001; }, true},
      {[](Query& q) { q.uid = 1000; }, false},
      {[](Query& q) { q.owner = 1001; }, true},
      {[](Query& q) { q.owner = 100; }, false},
      {[&](Query& q) { q.since = at; }, true},
      {[&](Query& q) { q.since = at + Milliseconds(1); }, false},
      {[&](Query& q) { q.until = at; }, false},
      {[&](Query& q) { q.until = at + Milliseconds(1); }, true},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Query query;
    cases[i].set(query);
    EXPECT_EQ(matches(query, record), cases[i].matches) << i;
    // With another condition that does not fit, none does.
    query.subject = "no such";
    EXPECT_FALSE(matches(query, record)) << i;
  }
}

TEST(HistoryQuery, LettersOfAllScriptsAreFoundInEitherCase) {
  Record record = a_record(7);
  record[Field::subject] = "Überwachung: ОШИБКА";
  record[Field::original] = "MÜLLER@example.net";
  for (const std::string part : {"überwachung", "ÜBER", "ошибка", "Ошибка", "WACHUNG"}) {
    Query query;
    query.subject = part;
    EXPECT_TRUE(matches(query, record)) << part;
    query.to = "müller@";
    EXPECT_TRUE(matches(query, record)) << part;
  }
  Query other;
  other.subject = "uberwachung";
  EXPECT_FALSE(matches(other, record));
}

TEST(HistoryQuery, WhatARecordHoldsEscapedIsFoundByWhatItIs) {
  Record record = a_record(7);
  record[Field::subject] = printable("DOMAIN\\web1: C:\\Backup");
  for (const std::string part : {"domain\\WEB1", "c:\\b", "\\"}) {
    Query query;
    query.subject = part;
    EXPECT_TRUE(matches(query, record)) << part;
  }
  Query other;
  other.subject = "\\web2";
  EXPECT_FALSE(matches(other, record));
}

TEST(HistoryQuery, AnAddressWithBlanksIsFoundByThem) {
  Record record = a_record(1);
  Row to(Field::to);
  to.add("\"quoted local part\"@a.example");
  to.add("b@b.example");
  record[Field::to] = to.text();
  Query query;
  for (const char* wanted : {"quoted local", "\"Quoted local part\"@", "b@b.example"}) {
    query.to = wanted;
    EXPECT_TRUE(matches(query, record)) << wanted;
  }
  for (const char* wanted : {"quoted  local", "a.example b@b"}) {
    query.to = wanted;
    EXPECT_FALSE(matches(query, record)) << wanted << " is in no address";
  }
}

TEST(HistoryQuery, WhatCameByTcpIsFoundByItsUserAndShownToAdministratorsAlone) {
  Record record = a_record(1);
  record[Field::owner].clear();
  Query user;
  user.uid = 1001;
  EXPECT_TRUE(matches(user, record));
  user.owner = 1001;
  EXPECT_FALSE(matches(user, record));
}

TEST(HistoryQuery, WhoseMailIsNotKnownIsNobodys) {
  Record record = a_record(1);
  record[Field::uid].clear();
  record[Field::owner].clear();
  Query query;
  query.owner = 0;
  EXPECT_FALSE(matches(query, record));
  record[Field::from] = "<>";
  Query null;
  null.from = "<>";
  EXPECT_TRUE(matches(null, record));
}

}  // namespace
}  // namespace postern::history
