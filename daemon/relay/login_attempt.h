// One login by one mechanism (RFC 4954 section 4): command, challenges and responses, and how it ended.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "credentials/blocking.h"
#include "relay/wire.h"
#include "sasl/mechanism.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::relay {

struct LoginAttempt {
  enum class End {
    accepted,
    refused,     ///< by a 4xx or 5xx
    nonsense,    ///< the challenge made no sense; it was cancelled
    distrusted,  ///< the server has not proved who it is: nothing more may be said to it
    failed,      ///< the connection broke
  };
  End end = End::failed;
  int code = 0;                ///< of the server's last reply
  std::string words;           ///< for people: the server's, or why it ended; without secrets
  std::optional<Error> error;  ///< failed and distrusted
  bool temporary = false;      ///< refused: says nothing about the credentials
  bool crowded = false;        ///< refused: too many logins or connections at a time
  bool judged = false;         ///< the server has looked at the credentials and does not want them

  bool other_binding = false;  ///< the server knows no channel binding of that type (RFC 5802 section 7)
  /// 421, or the connection is gone: the server talks to nobody any more on this one.
  [[nodiscard]] bool hung_up() const;
  /// The server talks in a way that cannot be understood: the connection is of no use, but another mechanism may do.
  [[nodiscard]] bool garbled() const;
};

/// By the mechanism of that name, whose steps run by `blocking` (null: here): a server may ask for half a second of
/// hashing. Some servers refuse the initial response for its form alone (501, 504): they get it
/// when they ask for it. After a 535 they do not: it would make two failed logins of each wrong password, and accounts
/// are locked by their number.
Task<LoginAttempt> attempt_login(Wire& wire, std::string_view name, const sasl::Credentials& credentials,
                                 const sasl::Situation& situation, const credentials::Blocking& blocking);

}  // namespace postern::relay
