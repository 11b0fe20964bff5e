// Who may send as whom (`senders` in postern.yaml(5)): of the reverse-path, and of each address in the From that will
// leave. Pure; who a uid is comes from users.h.
//
// All rows that name the user, or a group of theirs, count together; the rows of "*" do where there is none. Whom no
// row is for may send as everybody, and so may root. The own name at a name of this machine is always the user's, since
// that is what programs send as that say nothing; the null reverse-path, which is nobody, is everybody's, and so is
// MAILER-DAEMON, which then stands in From.
#pragma once

#include "mail/idn.h"
#include "mail/local_names.h"
#include "smtp/command.h"
#include "submission/submission_options.h"
#include "submission/users.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::submission {

/// The rows that count for this user, as indexes: none, and the user may send as everybody.
[[nodiscard]] std::vector<std::size_t> rows_for(const std::vector<SenderRule>& rules, const User& user);

class SenderCheck {
 public:
  /// The references outlive it.
  SenderCheck(const std::vector<SenderRule>& rules, const mail::LocalNames& names, const User& user)
      : rules_(rules),
        names_(names),
        user_(user),
        own_(mail::with_ascii_domain(user.name)),
        rows_(rows_for(rules, user)) {}

  [[nodiscard]] bool free() const { return rows_.empty(); }
  /// Of a reverse-path, complete or empty.
  [[nodiscard]] std::optional<smtp::Refusal> reverse_path(std::string_view address) const;
  /// Of a header as it is stored, in full.
  [[nodiscard]] std::optional<smtp::Refusal> header(std::string_view text) const;
  /// Of a header of which not all can be looked at.
  [[nodiscard]] smtp::Refusal too_long() const;

 private:
  [[nodiscard]] bool may(std::string_view given, mail::AsciiDomains& domains) const;
  [[nodiscard]] std::string rule() const;
  [[nodiscard]] smtp::Refusal unreadable() const;
  [[nodiscard]] smtp::Refusal refusal(std::string_view what, std::string_view address) const;

  const std::vector<SenderRule>& rules_;
  const mail::LocalNames& names_;
  const User& user_;
  std::string own_;  ///< its name, as addresses are compared
  std::vector<std::size_t> rows_;
};

}  // namespace postern::submission
