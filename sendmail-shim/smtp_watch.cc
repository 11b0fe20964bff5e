#include "sendmail-shim/smtp_watch.h"

#include "base/text.h"
#include "sendmail-shim/submit.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::shim {
namespace {

constexpr std::size_t kLongestLine = 4096;  // the daemon takes less
constexpr int kUnknownCommand = 500;        // RFC 5321 4.2.4; one that is known and not offered is 502
constexpr int kBadSequence = 503;
constexpr int kAnotherProtocol = 554;  // what the daemon says to HTTP and TLS, and closes
constexpr int kEnds = 421;
constexpr std::string_view kTooManyErrors = "4.7.0";

smtp::LineEnd line_end_of(std::string_view line) {
  if (line.ends_with("\r\r\n")) return smtp::LineEnd::cr_cr_lf;
  return line.ends_with("\r\n") ? smtp::LineEnd::crlf : smtp::LineEnd::lf;
}

/// Nothing that can be seen in the line itself: no MAIL came, or there were too many errors.
bool blames_the_line_before(const smtp::Reply& reply) {
  return reply.code == kBadSequence || (reply.code == kEnds && reply.enhanced() == kTooManyErrors);
}

std::string said(const smtp::Reply& reply) { return "the mail daemon said: " + reply.text(); }

}  // namespace

SmtpWatch::Verb SmtpWatch::verb_of(std::string_view line) {
  struct Word {
    std::string_view text;
    Verb verb;
  };
  static constexpr std::array kWords{Word{"EHLO", Verb::hello}, Word{"HELO", Verb::hello}, Word{"MAIL", Verb::mail},
                                     Word{"RCPT", Verb::rcpt},  Word{"DATA", Verb::data},  Word{"RSET", Verb::rset},
                                     Word{"QUIT", Verb::quit}};
  const auto words = split_words(trim(line));
  if (words.empty()) return Verb::empty;
  const auto* const word =
      std::ranges::find_if(kWords, [&](const Word& one) { return iequals(one.text, words.front()); });
  return word == kWords.end() ? Verb::other : word->verb;
}

/// One command at the front of `bytes`, or a part of one.
std::size_t SmtpWatch::take_command(std::string_view bytes) {
  const std::size_t lf = bytes.find('\n');
  const std::string_view taken = bytes.substr(0, lf == std::string_view::npos ? lf : lf + 1);
  line_ += taken.substr(0, kLongestLine - std::min(line_.size(), kLongestLine));
  if (lf == std::string_view::npos) return taken.size();
  const std::string line = std::exchange(line_, {});
  const Verb verb = verb_of(line);
  asked_.push_back(verb);
  // The daemon takes EHLO with any words, those of a whole session whose lines end in CR among them.
  if (trim(line).find('\r') != std::string_view::npos) note_stray("a CR without LF ends no line");
  if (verb == Verb::data) {
    place_ = Place::data_asked;
    text_ = smtp::DataDecoder(line_end_of(line));
  }
  return taken.size();
}

std::size_t SmtpWatch::client(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty() && place_ != Place::data_asked) {
    if (place_ == Place::commands) {
      rest.remove_prefix(take_command(rest));
      continue;
    }
    std::string text;
    if (!text_.feed(rest, text)) continue;
    asked_.push_back(Verb::text);
    place_ = Place::commands;
  }
  return bytes.size() - rest.size();
}

void SmtpWatch::daemon(std::string_view bytes) {
  while (!bytes.empty() && !garbled_) {
    const auto reply = parser_.feed(bytes);
    garbled_ = !reply;
    if (garbled_ || !*reply) continue;
    // What answers nothing says that the session ends.
    const Verb verb = asked_.empty() ? Verb::other : asked_.front();
    if (!asked_.empty()) asked_.pop_front();
    answered(verb, **reply);
  }
}

void SmtpWatch::note_stray(const std::string& why) {
  if (!stray_) stray_ = Exit{EX_DATAERR, why};
}

/// Of the refusals that a message meets before its text the first one says why, since those behind it follow from it:
/// "too many errors, closing", too. But where the daemon took one recipient, the refusal of another is not why DATA is
/// refused or the session ends.
void SmtpWatch::refuse(Verb verb, const smtp::Reply& reply) {
  const bool of_another = reachable_ && (verb == Verb::data || (reply.code == kEnds && refused_ == Verb::rcpt));
  if (!refusal_ || of_another || verb == Verb::text) {
    const Exit exit{exit_code_for(reply.code, reply.enhanced()), said(reply)};
    refusal_ = stray_ && (foreign_ || blames_the_line_before(reply)) ? *stray_ : exit;
    refused_ = verb;
  }
  // Text behind a refused DATA is taken for commands, and none of them, such as a line that begins with "Helo", makes
  // that good.
  if ((verb == Verb::text || verb == Verb::data) && !lost_) lost_ = refusal_;
}

/// The message is stored, refused or given up.
void SmtpWatch::settle() {
  begun_ = false;
  reachable_ = false;
  refusal_.reset();
}

void SmtpWatch::answered(Verb verb, const smtp::Reply& reply) {
  const bool good = reply.code < 400;
  const bool ends = reply.code == kEnds;
  if (verb == Verb::data) place_ = reply.intermediate() ? Place::text : Place::commands;
  if (verb == Verb::quit && good) client_ended_ = true;
  // Who is turned away at the door came with a message.
  if (begins(verb) || (verb == Verb::greeting && !good)) begun_ = true;
  if (verb == Verb::rcpt && good) reachable_ = true;
  if (verb == Verb::data && good) refusal_.reset();
  const bool foreign = verb == Verb::other && reply.code == kAnotherProtocol;
  foreign_ = foreign_ || foreign;
  const bool stray = foreign || (verb == Verb::other && reply.code == kUnknownCommand);
  if (stray) note_stray(said(reply));
  if (!good && (begun_ || ends) && (ends || verb != Verb::empty)) refuse(verb, reply);
  if (verb == Verb::text) {
    settle();
    if (!good) return;
    stored_ = true;
    stray_.reset();
  }
  if (!good || (verb != Verb::rset && verb != Verb::hello)) return;
  // A client gives up what is refused. One that speaks no SMTP gives up nothing: its text has a line that begins so.
  if (begun_ && stray_ && !lost_) lost_ = refusal_ ? *refusal_ : *stray_;
  settle();
}

/// What the input ends with is no command. Without a line end that matters to nobody but for QUIT.
std::optional<Exit> SmtpWatch::unfinished_line() const {
  const Verb verb = verb_of(line_);
  if (!client_ended_ || place_ != Place::commands || verb == Verb::empty || verb == Verb::quit) return std::nullopt;
  return Exit{EX_DATAERR, "the input ended inside a line"};
}

Exit SmtpWatch::outcome() const {
  // Behind what is another protocol nothing is looked at, and a form or a body may have lines that begin with anything.
  const bool begun = begun_ || (!foreign_ && (std::ranges::any_of(asked_, begins) || begins(verb_of(line_))));
  const std::optional<Exit>& why = lost_ || !begun ? lost_ : refusal_;
  if (why) return Exit{why->code, "the message was not stored; " + why->text};
  if (garbled_) return Exit{EX_PROTOCOL, "the mail daemon's answers are no SMTP"};
  const std::string end = silent_ ? "the mail daemon did not answer in time" : "the mail daemon closed the connection";
  if (!begun) {
    if (silent_ && !stored_) return Exit{EX_TEMPFAIL, end + "; nothing was stored"};
    const std::optional<Exit> stray = stray_ ? stray_ : unfinished_line();
    if (!stray) return Exit{};
    if (stored_) return Exit{EX_OK, "", "what came behind the message is no SMTP and was not stored; " + stray->text};
    return Exit{EX_DATAERR, "what came is no SMTP (-t takes a message as it is), nothing was stored; " + stray->text};
  }
  const bool asked = std::ranges::find(asked_, Verb::text) != asked_.end();
  if (asked) {
    return Exit{EX_TEMPFAIL, end + " before it confirmed the message; it may or may not be in the queue (see mailq)"};
  }
  if (client_ended_ && !silent_)
    return Exit{EX_DATAERR, "the session ended before its message did; nothing of it was stored"};
  return Exit{EX_TEMPFAIL, end + "; nothing was stored"};
}

}  // namespace postern::shim
