// The envelope of a message: what SMTP says about it, apart from its text (RFC 5321 2.3.1).
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/text_facts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::mail {

/// The owner of what came by SMTP or was made by us: no user has this uid.
inline constexpr std::uint32_t kNoUid = UINT32_MAX;

/// Where a message came from, as the kernel and the connection tell, never as the client claims
/// (apart from `helo`, which is the client's word).
struct Source {
  enum class Kind { local, smtp, daemon };  ///< unix socket, TCP, made by us (a bounce)
  Kind kind = Kind::daemon;
  std::optional<std::uint32_t> uid;  ///< SO_PEERCRED of a unix socket
  std::optional<std::int32_t> pid;
  /// Who holds the other end of a TCP connection, where the kernel tells: it counts for this user, and is nobody's.
  std::optional<std::uint32_t> holder;
  std::string peer;  ///< "127.0.0.1:51122" of a TCP peer
  std::string helo;

  /// Which user of this machine sent it, by either door.
  [[nodiscard]] std::optional<std::uint32_t> user() const { return uid ? uid : holder; }
};

enum class BodyType { seven_bit, eight_bit };      ///< BODY= of RFC 6152
enum class Return { unspecified, full, headers };  ///< RET= of RFC 3461 4.3

/// NOTIFY= of RFC 3461 4.1 as bits; 0 means that none was given.
inline constexpr unsigned kNotifyUnspecified = 0;
inline constexpr unsigned kNotifyNever = 1;
inline constexpr unsigned kNotifySuccess = 2;
inline constexpr unsigned kNotifyFailure = 4;
inline constexpr unsigned kNotifyDelay = 8;

/// No envelope takes more bytes in a file of the spool; what comes in is refused before it does.
inline constexpr std::size_t kLongestEnvelope = std::size_t{4} << 20U;
/// So much of it is for what is no recipient.
inline constexpr std::size_t kRestOfEnvelope = std::size_t{16} << 10U;
/// So much of it is set apart for each recipient, besides its address and ORCPT.
inline constexpr std::size_t kLeastRecipient = 64;

/// One forward-path. `address` is a valid Mailbox (RFC 5321 4.1.2) without the angle brackets.
struct Recipient {
  std::string address;
  unsigned notify = kNotifyUnspecified;
  std::string orcpt;  ///< "rfc822;xtext" exactly as given (RFC 3461 4.2), empty if none
};

/// Of what sendmail was given as recipients and could not read, at most so much is kept.
inline constexpr std::size_t kMostUnread = 20;
inline constexpr std::size_t kLongestUnread = 100;

struct Envelope {
  QueueId id;         ///< given by the queue
  WallTime accepted;  ///< given by the queue
  Source source;
  std::string sender;  ///< reverse-path without brackets; empty: the null reverse-path
  std::vector<Recipient> recipients;
  /// What was given as a recipient and is no address, at most kMostUnread of at most kLongestUnread octets, printable:
  /// nobody gets a copy for it, and the sender is told as of a recipient that failed for good.
  std::vector<std::string> unread;
  std::string envid;  ///< xtext as given (RFC 3461 4.4), empty if none
  Return ret = Return::unspecified;
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;   ///< the client's word (RFC 6531 3.4); what is needed is found in addresses and text
  std::uint64_t size = 0;  ///< of the message on disk, LF line ends; given by the spool
  /// Of the text as it is stored; given by the spool. Nothing: stored by a program that did not look.
  std::optional<TextFacts> text;
  std::uint64_t wire_size = 0;  ///< the same with CRLF line ends, without dot stuffing: what SIZE= means (RFC 1870)
};

}  // namespace postern::mail
