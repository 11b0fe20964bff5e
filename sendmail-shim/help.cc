#include "sendmail-shim/help.h"

namespace postern::shim {
namespace {

constexpr std::size_t kColumn = 12;

std::string row(std::string option, std::string_view words) {
  option.insert(0, "  ");
  option.append(option.size() < kColumn ? kColumn - option.size() : 1, ' ');
  return option.append(words).append("\n");
}

std::string option_text(const OptionRow& one) {
  std::string text = {'-', one.letter};
  if (one.argument == Argument::required) text += " x";
  if (one.argument == Argument::glued) text += "[x]";
  return text;
}

std::string usage_text(Personality personality) {
  switch (personality) {
    case Personality::mailq: return "Usage: mailq\nLists the queue of Postern's mail daemon.\n\n";
    case Personality::newaliases: return "Usage: newaliases\n\n";
    case Personality::sendmail: break;
  }
  return "Usage: sendmail [OPTION]... [--] [RECIPIENT]...\n"
         "Hands the message on standard input to Postern's mail daemon.\n\n";
}

}  // namespace

std::string help_text(Personality personality) {
  std::string text = usage_text(personality) + "Options:\n";
  std::string ignored;
  for (const OptionRow& one : option_table()) {
    if (one.use == Use::acted_on) text += row(option_text(one), one.note);
    if (one.use == Use::ignored) ignored += (ignored.empty() ? "" : ", ") + option_text(one);
  }
  text += row("--help", "prints this") + row("--version", "prints the version") + "\nModes:\n";
  for (const ModeRow& one : mode_table()) {
    if (one.use == Use::acted_on) text += row(std::string("-b") + one.letter, one.note);
  }
  text += "\nTaken for the sake of programs that give them, and without effect:\n  " + ignored + "\n";
  return text + "\nSee sendmail(1), mailq(1), newaliases(1).\n";
}

}  // namespace postern::shim
