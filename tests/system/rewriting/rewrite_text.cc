// rewrite-text [--seven-bit] [--utf8] [--at-any-cost]: messages as they would go out, one after the other, for tests in
// other languages. Both ways each is a line with its size, then so many bytes:
//
//   standard input   SIZE PIECE\n text       fed in pieces of so many octets; 0: in one
//   standard output  SIZE IDENTITY LEFT DOUBTS\n text
//
// IDENTITY and LEFT are 0 or 1 as in mail/text_plan.h, DOUBTS is the number of lines of doubts that stand before the
// text.
#include "mail/text_rewriter.h"
#include "mail/text_survey.h"

#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace postern;

void rewrite(std::string_view text, std::size_t piece, const mail::TextRules& rules) {
  mail::TextSurvey survey(rules);
  for (std::size_t at = 0; at < text.size(); at += piece) survey.feed(text.substr(at, piece));
  const mail::TextPlan plan = survey.finish();
  mail::TextRewriter rewriter(plan, rules);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) rewriter.feed(text.substr(at, piece), out);
  rewriter.finish(out);
  std::cout << out.size() << ' ' << plan.identity << ' ' << plan.eight_bit_left << ' ' << plan.doubts.size() << '\n';
  for (const std::string& doubt : plan.doubts) std::cout << doubt << '\n';
  std::cout << out << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  mail::TextRules rules;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option(argv[i]);
    if (option == "--seven-bit") {
      rules.eight_bit = false;
    } else if (option == "--utf8") {
      rules.utf8 = true;
    } else if (option == "--at-any-cost") {
      rules.at_any_cost = true;
    } else {
      std::cerr << "usage: rewrite-text [--seven-bit] [--utf8] [--at-any-cost]\n";
      return 64;
    }
  }
  std::size_t size = 0;
  std::size_t piece = 0;
  while (std::cin >> size >> piece) {
    std::cin.get();
    std::string text(size, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(size));
    rewrite(text, piece == 0 ? size + 1 : piece, rules);
  }
  return 0;
}
