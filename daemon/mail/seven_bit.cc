#include "mail/seven_bit.h"

#include "base/text.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"
#include "mail/text_filters.h"
#include "mail/text_rewriter.h"
#include "mail/text_survey.h"
#include "mail/wrap.h"

namespace postern::mail {

bool is_seven_bit(std::string_view text) {
  constexpr std::string_view kNever("\0\r", 2);
  return is_ascii(text) && text.find_first_of(kNever) == std::string_view::npos && lines_fit(text);
}

std::string seven_bit_message(std::string_view message) {
  if (is_seven_bit(message)) return std::string(message);
  const TextRules rules{.eight_bit = false, .utf8 = false, .at_any_cost = true};
  TextSurvey survey(rules);
  survey.feed(message);
  TextRewriter rewriter(survey.finish(), rules);
  std::string out;
  rewriter.feed(message, out);
  rewriter.finish(out);
  return out;
}

std::string seven_bit_header(std::string_view header) {
  std::string fields(header.substr(0, parse_headers(header).size));
  if (!fields.empty() && !fields.ends_with('\n')) fields += '\n';
  if (is_seven_bit(fields)) return fields;
  return forced_fields(outgoing_fields(fields, FieldRules{}));
}

}  // namespace postern::mail
