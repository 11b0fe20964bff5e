// A fact of the log in the words of Postfix, for the programs that read its log: pflogsumm, logwatch and
// many a script. What they count is there: how a message came (pickup, smtpd), its Message-ID (cleanup), sender and
// size (qmgr), what became of each recipient (smtp), reports (bounce), its end (qmgr: removed), and warnings. Whatever
// Postfix has no words for is a line of posternd, which such programs pass over; so are refusals of clients, whose
// reasons they want in words of Postfix alone: pflogsumm counts none as rejected.
//
// Queue ids are in upper case there, since logwatch takes no others.
#pragma once

#include "base/log.h"

#include <string>
#include <vector>

namespace postern::mail {

struct SyslogLine {
  std::string program;  ///< "postfix/smtp"
  std::string text;     ///< printable
};

/// At least one line; the first is the one that the fact is about.
[[nodiscard]] std::vector<SyslogLine> postfix_lines(const LogRecord& record);

}  // namespace postern::mail
