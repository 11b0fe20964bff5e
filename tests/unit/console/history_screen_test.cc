#include "console/screens.h"

#include "rendered.h"

#include "console/fields.h"
#include "history/record_json.h"

#include <string>

namespace postern::console {
namespace {

class HistoryScreen : public Render {
 protected:
  static history::Record report() {
    using history::Field;
    history::Record record;
    record[Field::at] = to_rfc3339(kShownAt - std::chrono::hours(12) + Seconds(2));
    record[Field::kind] = "delivered";
    record[Field::id] = entry().id.text();
    record[Field::accepted] = to_rfc3339(kShownAt - std::chrono::hours(12));
    record[Field::size] = "1840";
    record[Field::uid] = "0";
    record[Field::from] = "root@web1";
    record[Field::to] = "admin@example.com";
    record[Field::original] = "root";
    record[Field::subject] = "Backup report";
    record[Field::message_id] = "<a@web1>";
    record[Field::site] = "main";
    record[Field::host] = "smtp.example.com[192.0.2.1]:465";
    record[Field::remote_id] = "4XYZ1";
    record[Field::reply] = "250 2.0.0 Ok: queued as 4XYZ1";
    return record;
  }
  static std::string listed(const history::Record& record, std::size_t width = 0) {
    return Renderer("history", View{kShownAt, width}).line(history::to_json(record));
  }
};

TEST_F(HistoryScreen, TellsWhatBecameOfAMessageInItsColumns) {
  EXPECT_EQ(listed(report()),
            "ID                STATE      TIME                   SIZE  SENDER -> RECIPIENTS, SUBJECT, ANSWER\n" +
                entry().id.str() +
                "  delivered  2026-11-23 03:00:02    1.8K  root@web1 -> admin@example.com (root)\n"
                "                  \"Backup report\"\n"
                "                  main after 2s: 250 2.0.0 Ok: queued as 4XYZ1\n");
  EXPECT_EQ(listed(report(), 80), "ID                STATE      TIME                   SIZE\n" + entry().id.str() +
                                      "  delivered  2026-11-23 03:00:02    1.8K\n"
                                      "  root@web1 -> admin@example.com (root)\n"
                                      "  \"Backup report\"\n"
                                      "  main after 2s: 250 2.0.0 Ok: queued as 4XYZ1\n");
}

TEST_F(HistoryScreen, TellsOfARefusalWhatIsKnownOfIt) {
  using history::Field;
  history::Record refused;
  refused[Field::at] = to_rfc3339(kShownAt);
  refused[Field::kind] = "refused";
  refused[Field::client] = "uid 1000 pid 7";
  refused[Field::reply] = "421 4.3.2 too many connections";
  EXPECT_NE(listed(refused).find("-                 refused    2026-11-23 15:00:00       -\n"
                                 "                  by uid 1000 pid 7: 421 4.3.2 too many connections\n"),
            std::string::npos)
      << listed(refused);
}

TEST_F(HistoryScreen, NamesTheStormDigestThatAMessageIsIn) {
  using history::Field;
  history::Record gathered = report();
  gathered[Field::kind] = "gathered";
  gathered[Field::digest] = "0p6c9x2m7k4hq107";
  for (const Field field : {Field::site, Field::host, Field::remote_id, Field::reply}) gathered[field].clear();
  EXPECT_NE(listed(gathered).find("                  in storm digest 0p6c9x2m7k4hq107 after 2s\n"), std::string::npos)
      << listed(gathered);
}

TEST_F(HistoryScreen, ShowsTheWholeWayOfOneBelowWhatIsTheSameOfAll) {
  for (const char* command : {"history show", "queue show"}) {
    Renderer renderer(command, View{kShownAt});
    history::Record accepted = report();
    using history::Field;
    accepted[Field::kind] = "accepted";
    accepted[Field::at] = accepted[Field::accepted];
    accepted[Field::client] = "uid 0 pid 7";
    for (const Field field : {Field::site, Field::host, Field::remote_id, Field::reply}) accepted[field].clear();
    history::Record last = report();
    last[Field::attempts] = "3";
    std::string text = renderer.line(history::to_json(accepted));
    text += renderer.line(history::to_json(last));
    text += renderer.end();
    EXPECT_EQ(text,
              "id            " + entry().id.str() +
                  "\n"
                  "accepted      2026-11-23 03:00:00 (12h ago)\n"
                  "from          root@web1\n"
                  "subject       Backup report\n"
                  "message-id    <a@web1>\n"
                  "size          1840 bytes\n"
                  "user          uid 0\n"
                  "2026-11-23 03:00:00  accepted   admin@example.com (root)  by uid 0 pid 7\n"
                  "2026-11-23 03:00:02  delivered  admin@example.com (root)  main after 2s, attempt 3: 250 2.0.0 Ok: "
                  "queued as 4XYZ1\n"
                  "    at smtp.example.com[192.0.2.1]:465\n"
                  "    known there as 4XYZ1\n");
  }
}

TEST_F(HistoryScreen, BehindTheWayOfAMessageItIsSaidHowToSeeTheOldest) {
  const boost::json::object more{{"kind", "more"}};
  for (const char* command : {"history show", "queue show"}) {
    Renderer renderer(command, View{kShownAt});
    (void)renderer.line(history::to_json(report()));
    EXPECT_EQ(renderer.line(more), "There are records before these: postern history --id " +
                                       report()[history::Field::id] + " --state all --limit 10000 shows them.\n");
  }
  EXPECT_EQ(Renderer("history", View{kShownAt}).line(more), "There are more: a larger --limit shows them.\n");
}

TEST_F(HistoryScreen, SaysWhatAListCannotHave) {
  const std::string first = to_rfc3339(kShownAt - std::chrono::hours(3));
  const std::string last = to_rfc3339(kShownAt);
  boost::json::object line{{"kind", "kept"}};
  line["left_out"] = {{{"user", 1001}, {"number", 2682}, {"first", first}, {"last", last}},
                      {{"number", 1}, {"first", last}, {"last", last}}};
  line["begins"] = first;
  const std::string text = Renderer("history", View{kShownAt}).line(line);
  EXPECT_EQ(text, "At least 2682 records of uid 1001 are not here, left out between " +
                      local_time(kShownAt - std::chrono::hours(3)) + " and " + local_time(kShownAt) +
                      ": one user may have a quarter of the history in a day (history.size); the log has them.\n"
                      "At least 1 record of unknown users is not here, left out about " +
                      local_time(kShownAt) +
                      ": one user may have a quarter of the history in a day (history.size); the log has them.\n"
                      "The history begins at " +
                      local_time(kShownAt - std::chrono::hours(3)) + "; what was before is not kept.\n");
  boost::json::object odd{{"kind", "kept"}};
  odd["left_out"] = {1, "x", boost::json::object()};
  EXPECT_NE(Renderer("history", View{kShownAt}).line(odd).find("left out at some time"), std::string::npos);
}

TEST_F(HistoryScreen, WithoutAnyItSaysWhy) {
  Renderer all("history", View{kShownAt});
  EXPECT_EQ(all.end(), "The history is empty.\n");
  all.narrow();
  EXPECT_EQ(all.end(), "Nothing in the history is meant by that.\n");
}

TEST_F(HistoryScreen, NothingInARecordSteersATerminalWhateverItsWidth) {
  history::Record hostile = report();
  for (std::string& text : hostile.texts) {
    if (text.find("2026") == std::string::npos) text += "\x1b[2J\n\r\u202e";
  }
  for (std::size_t width = 20; width <= 240; width += 5) {
    for (const char* command : {"history", "history show"}) {
      const std::string text = Renderer(command, View{kShownAt, width}).line(history::to_json(hostile));
      EXPECT_EQ(text.find('\x1b'), std::string::npos);
      EXPECT_EQ(text.find('\r'), std::string::npos);
      EXPECT_EQ(text.find("\u202e"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace postern::console
