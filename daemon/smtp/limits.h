// Sizes and times of SMTP, each with its section of RFC 5321 where it has one.
#pragma once

#include "base/clock.h"

#include <cstddef>

namespace postern::smtp::limits {

// What we accept as a server. The RFC gives minima (4.5.3.1); ours are at or above them.
inline constexpr std::size_t kDomain = 255;  // 4.5.3.1.2
inline constexpr std::size_t kPath = 256;    // 4.5.3.1.3, with the brackets; no limit of 4.5.3.1.1 for the local part
inline constexpr std::size_t kCommandLine = 2048;   // 4.5.3.1.4 asks for 512; extensions add to it
inline constexpr std::size_t kReceivedLines = 50;   // 6.3: more is a loop
inline constexpr std::size_t kEnvid = 100;          // RFC 3461 4.4
inline constexpr std::size_t kOrcpt = 500;          // RFC 3461 4.2
inline constexpr std::size_t kUnread = 1000;        // XUNREAD=; with all else of MAIL in kCommandLine
inline constexpr std::size_t kUnreadSender = 300;   // XSENDER=
inline constexpr std::size_t kBadCommands = 10;     // then 421
inline constexpr std::size_t kIdleCommands = 1000;  // NOOP, RSET and the like between two stored messages; then 421
/// Between two stored messages; then 421. More than an envelope has room for.
inline constexpr std::size_t kRefusedRecipients = 100'000;
inline constexpr std::size_t kReplyBuffer = std::size_t{64} * 1024;  // unread replies of a pipelining client

// What we accept as a client.
inline constexpr std::size_t kReplyLine = 4096;  // 4.5.3.1.5 asks for 512
inline constexpr std::size_t kReplyLines = 128;
inline constexpr std::size_t kBlankLines = 3;  // before a reply
inline constexpr std::size_t kReplyBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kAuthLine = 12288;     // RFC 4954 4
inline constexpr std::size_t kInlineCommand = 512;  // longest AUTH command with initial response

// Client time-outs, 4.5.3.2.
inline constexpr Seconds kConnect{30};     // to one address; with implicit TLS the handshake is inside
inline constexpr Seconds kHandshake{60};   // after STARTTLS
inline constexpr Seconds kWelcome{60};     // from the connection to the login, where another address could be tried
inline constexpr Seconds kGreeting{300};   // 4.5.3.2.1
inline constexpr Seconds kMail{300};       // 4.5.3.2.2; EHLO and AUTH too
inline constexpr Seconds kRcpt{300};       // 4.5.3.2.3
inline constexpr Seconds kDataStart{120};  // 4.5.3.2.4
inline constexpr Seconds kDataBlock{180};  // 4.5.3.2.5
inline constexpr Seconds kDataDone{600};   // 4.5.3.2.6
inline constexpr Seconds kQuit{5};
inline constexpr Seconds kCheck{60};      // a connection that a person waits for, until it is logged in
inline constexpr Seconds kFarewell{1};    // QUIT on all idle connections at the stop
inline constexpr Seconds kAttempt{3600};  // one attempt altogether, however close to its deadlines a server answers,
inline constexpr std::size_t kSlowest = 4096;  // and as long again as the text takes at so many bytes a second

// Server time-outs.
inline constexpr Seconds kIdle{300};      // 4.5.3.2.7, between commands and between pieces of data
inline constexpr Seconds kLoneDot{10};    // behind a lone dot that ends no message, though its client may think so
inline constexpr Seconds kSession{3600};  // one connection altogether

}  // namespace postern::smtp::limits
