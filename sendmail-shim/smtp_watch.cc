#include "sendmail-shim/smtp_watch.h"

#include "base/text.h"
#include "sendmail-shim/submit.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::shim {
namespace {

constexpr std::size_t kLongestLine = 4096;  // the daemon takes less

smtp::LineEnd line_end_of(std::string_view line) {
  if (line.ends_with("\r\r\n")) return smtp::LineEnd::cr_cr_lf;
  return line.ends_with("\r\n") ? smtp::LineEnd::crlf : smtp::LineEnd::lf;
}

}  // namespace

/// One command at the front of `bytes`, or a part of one.
std::size_t SmtpWatch::take_command(std::string_view bytes) {
  struct Word {
    std::string_view text;
    Verb verb;
  };
  static constexpr std::array kWords{Word{"EHLO", Verb::hello}, Word{"HELO", Verb::hello}, Word{"MAIL", Verb::mail},
                                     Word{"RCPT", Verb::rcpt},  Word{"DATA", Verb::data},  Word{"RSET", Verb::rset},
                                     Word{"QUIT", Verb::quit}};
  const std::size_t lf = bytes.find('\n');
  const std::string_view taken = bytes.substr(0, lf == std::string_view::npos ? lf : lf + 1);
  line_ += taken.substr(0, kLongestLine - std::min(line_.size(), kLongestLine));
  if (lf == std::string_view::npos) return taken.size();
  const std::string line = std::exchange(line_, {});
  const auto words = split_words(trim(line));
  const std::string_view first = words.empty() ? std::string_view() : words.front();
  const auto* const word = std::ranges::find_if(kWords, [&](const Word& one) { return iequals(one.text, first); });
  const Verb verb = word == kWords.end() ? Verb::other : word->verb;
  asked_.push_back(verb);
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

/// Of the refusals that a message meets before its text the first one says why; those behind it follow from it. What is
/// said to the text, and why the session ends, counts more.
void SmtpWatch::refuse(Verb verb, const smtp::Reply& reply) {
  const Exit exit{exit_code_for(reply.code, reply.enhanced()), reply.text()};
  const bool ends = reply.code == 421;
  if (verb == Verb::text && !lost_) lost_ = exit;
  if (!refusal_ || ends) refusal_ = exit;
}

void SmtpWatch::answered(Verb verb, const smtp::Reply& reply) {
  const bool good = reply.code < 400;
  if (verb == Verb::data) place_ = reply.intermediate() ? Place::text : Place::commands;
  if (verb == Verb::quit && good) client_ended_ = true;
  // Who is turned away at the door came with a message.
  if (verb == Verb::mail || (verb == Verb::greeting && !good)) begun_ = true;
  if (!good && (begun_ || reply.code == 421)) refuse(verb, reply);
  const bool settled = verb == Verb::text || (good && (verb == Verb::rset || verb == Verb::hello));
  if (!settled) return;
  begun_ = false;
  refusal_.reset();
}

Exit SmtpWatch::outcome() const {
  const bool begun = begun_ || std::ranges::find(asked_, Verb::mail) != asked_.end();
  const std::optional<Exit>& why = begun ? refusal_ : lost_;
  if (why) return Exit{why->code, "the message was not stored; the mail daemon said: " + why->text};
  if (garbled_) return Exit{EX_PROTOCOL, "the mail daemon's answers are no SMTP"};
  if (!begun) return Exit{};
  const bool asked = std::ranges::find(asked_, Verb::text) != asked_.end();
  if (asked) {
    return Exit{EX_TEMPFAIL,
                "the mail daemon closed the connection before it confirmed the message; it may or may not "
                "be in the queue (see mailq)"};
  }
  if (client_ended_) return Exit{EX_DATAERR, "the session ended before its message did; nothing of it was stored"};
  return Exit{EX_TEMPFAIL, "the mail daemon closed the connection; nothing was stored"};
}

}  // namespace postern::shim
