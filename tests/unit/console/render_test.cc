#include "console/render.h"

#include "rendered.h"

namespace postern::console {
namespace {

TEST_F(Render, Q15_IsNotSteeredByAnyMemberOfAnAnswer) {
  const std::vector<boost::json::object> lines{to_json(good_check()), to_json(entry())};
  for (boost::json::object line : lines) {
    for (const auto& member : boost::json::object(line)) {
      if (member.key() == "kind") continue;
      for (const boost::json::value& hostile :
           {boost::json::value("a\x1b[2J\x07\u009b\u202e"), boost::json::value(7), boost::json::value(nullptr),
            boost::json::value(boost::json::array{"\x1b", 1}),
            boost::json::value(boost::json::object{{"text", "\x1b"}})}) {
        boost::json::object changed = line;
        changed[member.key()] = hostile;
        const std::string text = once(changed);
        EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
        EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
        EXPECT_EQ(text.find("\u202e"), std::string::npos) << text;
      }
    }
  }
}

TEST_F(Render, KeepsToItselfWhatItDoesNotKnow) {
  boost::json::object line;
  EXPECT_EQ(once(line), "");
  line["kind"] = "weather";
  EXPECT_EQ(once(line), "");
}

TEST_F(Render, KnowsWhomTheDaemonWaitsFor) {
  Renderer renderer("check", View{kShownAt});
  EXPECT_EQ(renderer.waiting_for(), "posternd");
  boost::json::object line;
  line["kind"] = "checking";
  line["site"] = "smtp.example.com";
  EXPECT_EQ(renderer.line(line), "");
  EXPECT_EQ(renderer.waiting_for(), "smtp.example.com");
}

}  // namespace
}  // namespace postern::console
