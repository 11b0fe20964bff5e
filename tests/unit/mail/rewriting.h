// A text as it goes out, for the tests of what is done to it.
#pragma once

#include "mail/text_rewriter.h"
#include "mail/text_survey.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

inline constexpr TextRules kEightBitServer{.eight_bit = true, .utf8 = false, .at_any_cost = false};
inline constexpr TextRules kSevenBitServer{.eight_bit = false, .utf8 = false, .at_any_cost = false};
inline constexpr TextRules kAtAnyCost{.eight_bit = false, .utf8 = false, .at_any_cost = true};

/// Feeds `text` cut at these places, which are in order.
template <class Feed>
void in_pieces(std::string_view text, const std::vector<std::size_t>& cuts, const Feed& feed) {
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    feed(text.substr(begin, cut - begin));
    begin = cut;
  }
  feed(text.substr(begin));
}

inline TextPlan surveyed(std::string_view text, const TextRules& rules, const std::vector<std::size_t>& cuts = {}) {
  TextSurvey survey(rules);
  in_pieces(text, cuts, [&survey](std::string_view piece) { survey.feed(piece); });
  return survey.finish();
}

inline std::string rewritten(std::string_view text, const TextRules& rules, const std::vector<std::size_t>& cuts = {}) {
  TextRewriter rewriter(surveyed(text, rules, cuts), rules);
  std::string out;
  in_pieces(text, cuts, [&rewriter, &out](std::string_view piece) { rewriter.feed(piece, out); });
  rewriter.finish(out);
  return out;
}

}  // namespace postern::mail
