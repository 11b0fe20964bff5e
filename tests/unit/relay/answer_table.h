// Tables of answers, for the tests of what they are about.
#pragma once

#include "relay/verdict.h"

#include <sstream>
#include <string>

namespace postern::relay {

/// "550 5.1.1 one line|another"
inline smtp::Reply reply_of(const std::string& line) {
  smtp::Reply reply;
  reply.code = std::stoi(line.substr(0, 3));
  std::istringstream lines(line.size() > 4 ? line.substr(4) : "");
  for (std::string text; std::getline(lines, text, '|');) reply.lines.push_back(text);
  return reply;
}

/// M is MAIL, R RCPT, D DATA and T the dot.
inline Asked place_of(char letter) {
  switch (letter) {
    case 'M': return Asked::mail;
    case 'R': return Asked::rcpt;
    case 'D': return Asked::data;
    default: return Asked::text;
  }
}

/// Of a 421 that says whose it is, or of what follows from that alone.
inline std::string closing_for(Blame blame) {
  switch (blame) {
    case Blame::crowded: return "crowded";
    case Blame::site: return "site";
    case Blame::sender: return "sender";
    case Blame::connection: return "enough";
    case Blame::recipients: return "split";
    default: return "closing";
  }
}

/// What an attempt makes of it, in one word.
inline std::string outcome_of(Asked asked, const smtp::Reply& reply) {
  const Judgement judged = judge(asked, reply);
  switch (judged.about) {
    case Judgement::About::nobody: return "as hoped for";
    case Judgement::About::closing: return closing_for(judged.blame);
    case Judgement::About::site: return judged.blame == Blame::crowded ? "crowded" : "site";
    case Judgement::About::sender: return "sender";
    case Judgement::About::protocol: return "protocol";
    case Judgement::About::message:
    case Judgement::About::recipient: break;
  }
  if (judged.status.doubtful) return "doubtful";
  if (judged.blame == Blame::connection) return "enough";
  if (too_many_recipients(judged.status)) return "split";
  return std::string(mail::name(judged.status.verdict));
}

}  // namespace postern::relay
