// A stored message that goes out. However it is cut the same is planned and written; what is written holds to the lines
// and octets that servers take, or a doubt says that it does not; a second rewriting changes nothing. The first byte of
// the input chooses what the server takes and the size of the pieces.
#include "mail/text_rewriter.h"

#include "base/text.h"
#include "fuzz.h"
#include "mail/text_survey.h"
#include "mail/wrap.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace {

using namespace postern;

struct Sent {
  mail::TextPlan plan;
  std::string text;
};

Sent sent(std::string_view text, std::size_t piece, const mail::TextRules& rules) {
  mail::TextSurvey survey(rules);
  for (std::size_t at = 0; at < text.size(); at += piece) survey.feed(text.substr(at, piece));
  Sent made;
  made.plan = survey.finish();
  mail::TextRewriter rewriter(made.plan, rules);
  for (std::size_t at = 0; at < text.size(); at += piece) rewriter.feed(text.substr(at, piece), made.text);
  rewriter.finish(made.text);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const mail::TextRules rules{.eight_bit = (choice & 3U) == 1, .utf8 = false, .at_any_cost = (choice & 3U) == 2};
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  const Sent whole = sent(text, text.size() + 1, rules);
  const Sent pieces = sent(text, 1 + (choice >> 2U), rules);
  fuzz::check(whole.text == pieces.text, "the text does not depend on the pieces");
  fuzz::check(whole.plan.parts == pieces.plan.parts, "the plan does not depend on the pieces");
  fuzz::check(whole.plan.identity == (whole.text == text), "the plan says whether anything changes");
  // A Content-Type that was replaced takes raw octets in it along, which the plan told all the same.
  const bool retyped = std::ranges::any_of(
      whole.plan.parts, [](const mail::PartPlan& part) { return part.type != mail::AddedType::none; });
  const bool overstated = retyped && whole.plan.eight_bit_left;
  fuzz::check(overstated || whole.plan.eight_bit_left == !is_ascii(whole.text),
              "the plan says whether 8-bit text is left");
  const bool fits = mail::lines_fit(whole.text) && (rules.eight_bit || is_ascii(whole.text));
  fuzz::check(fits || !whole.plan.doubts.empty(), "what a server may refuse is a doubt");
  fuzz::check(fits || !rules.at_any_cost, "at any cost it fits");
  // The intake lets neither a NUL nor a CR pass. In a boundary they are none, and what takes their place makes it one.
  constexpr std::string_view kNever("\0\r", 2);
  if (text.find_first_of(kNever) != std::string_view::npos) return 0;
  fuzz::check(sent(whole.text, 4096, rules).text == whole.text, "what was rewritten stays");
  return 0;
}
