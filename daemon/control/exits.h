// Exit codes of `postern`, as the daemon puts them into its answers: those of sysexits.h, and three of our own for
// what scripts ask most. Values alone; postern(8) documents them.
#pragma once

namespace postern::control::exits {

inline constexpr int kWell = 0;
inline constexpr int kTrouble = 1;       ///< mail waits because of trouble; a check or a test message failed
inline constexpr int kAttention = 2;     ///< login refused, or failed or corrupt messages: nothing mends itself
inline constexpr int kUsage = 64;        // EX_USAGE
inline constexpr int kDamaged = 65;      // EX_DATAERR
inline constexpr int kNoMessage = 66;    // EX_NOINPUT
inline constexpr int kUnreachable = 69;  // EX_UNAVAILABLE
inline constexpr int kInternal = 70;     // EX_SOFTWARE
inline constexpr int kIo = 74;           // EX_IOERR
inline constexpr int kLater = 75;        // EX_TEMPFAIL
inline constexpr int kDenied = 77;       // EX_NOPERM

}  // namespace postern::control::exits
