#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class ProgressScreen : public Render {};

TEST_F(ProgressScreen, TellsAPersonWhereToAgree) {
  boost::json::object line;
  line["kind"] = "device";
  line["site"] = "main";
  line["url"] = "https://id.example.com/device";
  line["code"] = "ABCD-EFGH";
  line["expires"] = 900;
  Renderer renderer("login", View{kShownAt});
  EXPECT_EQ(renderer.line(line),
            "To let posternd log in at main, open this page in any browser, on any device:\n\n"
            "    https://id.example.com/device\n\n"
            "and enter the code\n\n"
            "    ABCD-EFGH\n\n"
            "The code is good for 15m.\n");
  EXPECT_EQ(renderer.waiting_for(), "you to agree");
  line["complete_url"] = "https://id.example.com/device?code=ABCD-EFGH";
  EXPECT_NE(renderer.line(line).find("The page with the code in it: https://id.example.com/device?code=ABCD-EFGH\n"),
            std::string::npos);
}

TEST_F(ProgressScreen, TellsAPersonWhereABrowserBeginsAndWhatToPaste) {
  boost::json::object line;
  line["kind"] = "browser";
  line["site"] = "main";
  line["url"] = "https://id.example.com/auth?state=s";
  line["redirect"] = "http://127.0.0.1:40123/";
  line["expires"] = 600;
  const std::string page = "https://id.example.com/auth?state=" + std::string(100, 's');
  View narrow{kShownAt};
  narrow.width = 80;
  line["url"] = page;
  EXPECT_EQ(Renderer("login", narrow).line(line),
            "To let posternd log in at main, open this page in a browser:\n\n    " + page +
                "\n\n"
                "If that browser is on this machine, there is no more to do. One on another\n"
                "machine ends at a page that it cannot open: copy the whole address of that page,\n"
                "paste it into this window and press Enter. It begins with\n"
                "http://127.0.0.1:40123/\n\nWaiting for up to 10m.\n");
  line["url"] = "https://id.example.com/auth?state=s";
  EXPECT_EQ(
      Renderer("login", View{kShownAt}).line(line),
      "To let posternd log in at main, open this page in a browser:\n\n"
      "    https://id.example.com/auth?state=s\n\n"
      "If that browser is on this machine, there is no more to do. One on another machine ends at a page that it "
      "cannot open: copy the whole address of that page, paste it into this window and press Enter. It begins with "
      "http://127.0.0.1:40123/\n\nWaiting for up to 10m.\n");
}

TEST_F(ProgressScreen, PutsCodeAndWordsOfAVerdictTogetherOnce) {
  boost::json::object event;
  event["kind"] = "event";
  event["event"] = "delivered";
  event["recipient"] = "a@x";
  mail::Status status;
  status.verdict = mail::Verdict::delivered;
  struct Row {
    int code;
    const char* enhanced;
    const char* text;
    const char* shown;
  };
  for (const Row& row : {Row{250, "2.0.0", "ok", "250 2.0.0 ok"}, Row{250, "", "ok", "250 ok"},
                         Row{0, "4.4.7", "too old", "4.4.7 too old"}, Row{0, "", "x", "x"},
                         Row{550, "5.0.0", "no", "550 no"}, Row{451, "4.0.0", "no", "451 no"}}) {
    queue::Event done;
    done.kind = queue::Event::Kind::delivered;
    done.recipient = "a@x";
    done.status = status;
    done.status.code = row.code;
    done.status.enhanced = row.enhanced;
    done.status.text = row.text;
    EXPECT_EQ(once(to_json(done)), std::string("a@x: delivered: ") + row.shown + "\n");
  }
}

}  // namespace
}  // namespace postern::console
