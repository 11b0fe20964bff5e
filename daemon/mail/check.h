// What `postern check` finds out about one smarthost, as data. No mail is sent to learn it.
#pragma once

#include "mail/report.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::mail {

struct AuthAttempt {
  std::string mechanism;
  bool succeeded = false;
  std::string reply;  ///< the server's words, or why it ended
};

struct AuthSkip {
  std::string mechanism;
  std::string reason;
};

struct CheckReport {
  std::string site;  ///< the smarthost's name in the settings
  std::string host;  ///< "smtp.example.com[192.0.2.1]:465"
  std::string greeting;
  std::string tls_version;
  std::string tls_cipher;
  std::string certificate_subject;
  std::string certificate_issuer;
  std::string certificate_expires;      ///< RFC 3339
  std::vector<std::string> extensions;  ///< EHLO keywords as the server wrote them
  std::vector<std::string> offered;     ///< mechanisms
  std::vector<AuthAttempt> tried;
  std::vector<AuthSkip> skipped;
  std::string mechanism;               ///< the one that worked; empty: none
  std::optional<SiteTrouble> trouble;  ///< nothing: all is well
};

}  // namespace postern::mail
