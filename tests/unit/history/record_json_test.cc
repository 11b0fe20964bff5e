#include "history/record_json.h"

#include "unit/history/a_record.h"

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

namespace postern::history {
namespace {

TEST(RecordJson, HasWhatIsKnownAndNothingElse) {
  Record record = a_record(7);
  record[Field::size] = "1234";
  record[Field::original] = "root";
  record[Field::attempts] = "3";
  EXPECT_EQ(boost::json::serialize(to_json(record)),
            R"({"kind":"record","time":"2026-09-21T14:13:27.000Z","state":"delivered","id":"0p6c9x2m7k4hq107",)"
            R"("size":1234,"uid":1001,"sender":"cron@web1.example.net","recipients":[{"address":"admin7@example.com",)"
            R"("original":"root"}],"recipient_count":1,"subject":"Backup 7","attempts":3,)"
            R"("reply":"250 2.0.0 Ok: queued as 7"})");
  Record gathered;
  gathered[Field::kind] = "gathered";
  gathered[Field::digest] = "0p6c9x2m7k4hq107";
  EXPECT_EQ(boost::json::serialize(to_json(gathered)),
            R"({"kind":"record","state":"gathered","digest":"0p6c9x2m7k4hq107"})");
  EXPECT_EQ(boost::json::serialize(to_json(Record())), R"({"kind":"record"})");
}

TEST(RecordJson, TheNullSenderIsAnEmptyOneAndMoreRecipientsThanAreNamedAreCounted) {
  Record record;
  record[Field::from] = "<>";
  record[Field::to] = "a@example.com b@example.com";
  record[Field::original] = "- root";
  record[Field::count] = "500";
  EXPECT_EQ(boost::json::serialize(to_json(record)),
            R"({"kind":"record","sender":"","recipients":[{"address":"a@example.com"},)"
            R"({"address":"b@example.com","original":"root"}],"recipient_count":500})");
}

}  // namespace
}  // namespace postern::history
