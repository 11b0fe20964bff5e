// Who is meant by a name of this machine: one value that completes and expands recipients for every way in (sockets,
// drop directory, `send-test`, `explain`), for reports to local senders and for alarms. Values and pure functions; who
// fills it in is settings/.
//
// Programs write root@localhost, root@web1, root@web1.example.net and plain root, and mean the same. None of these is a
// mailbox anywhere else, so a smarthost that is given them refuses the mail.
#pragma once

#include "mail/aliases.h"
#include "mail/host_names.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// What every program takes for the aliases of the machine (Debian policy 11.6).
inline constexpr const char* kMachinesAliases = "/etc/aliases";

struct LocalNames : HostNames {
  bool hostname_guessed = false;           ///< nobody said `hostname`: it is what the machine is called by itself
  bool domain_guessed = false;             ///< nobody said `domain`: it is that of /etc/mailname
  std::vector<std::string> local_domains;  ///< of the settings: names of this machine besides its own
  std::vector<std::string> machine;        ///< what it is called by itself: the kernel's name, that of /etc/hosts
  std::string mailname;                    ///< what /etc/mailname says; empty: nothing

  Aliases aliases;                              ///< of the settings; they go before those of the file
  std::string aliases_file = kMachinesAliases;  ///< empty: none is read
  Aliases of_file;                              ///< what it said when it was read

  /// For who needs no more than these.
  [[nodiscard]] const HostNames& host_names() const { return *this; }

  enum class Kind {
    foreign,  ///< the address stays as it is
    /// A name of this machine and of nothing else: every alias applies, and an address without one is completed by
    /// `domain`, as a bare name is.
    machine,
    /// `domain`, where it is none of these; a guessed `hostname` such as companies have is none. It may have mailboxes
    /// elsewhere, so that an address without an alias stays; of which aliases, see file_applies_to().
    domain,
    /// Of /etc/mailname or of the machine, and such as companies have for all of their mailboxes. The aliases of names
    /// apply, the catch-all does not: the mail of everybody would be caught.
    shared,
  };
  /// Of the part behind the "@", in any case, with or without a final dot, in letters or A-labels. None: machine.
  [[nodiscard]] Kind kind_of(std::string_view mail_domain) const;
  /// The aliases of the file are those of the machine's users: sales@example.com is somebody's mailbox, whatever they
  /// say of `sales`. Those of the settings were written for `domain`, too.
  [[nodiscard]] bool file_applies_to(std::string_view mail_domain) const;

  /// The addresses that get mail for this one; never empty. Mailboxes come once, in order of first appearance. Aliases
  /// that lead in a circle lead nowhere; an address of which nothing else is left stands for itself.
  [[nodiscard]] std::vector<std::string> recipients_of(std::string_view address) const;

  /// An alias of this name, its own or the catch-all, says who gets its mail.
  [[nodiscard]] bool has_alias(std::string_view name) const;
  /// The targets of its own alias, those of the settings before those of the file; null: there is none.
  [[nodiscard]] const std::vector<std::string>* own_alias(const std::string& key) const;
  /// Of this name at that domain, which is not foreign.
  [[nodiscard]] const std::vector<std::string>* own_alias(const std::string& key, std::string_view mail_domain) const;
  /// The circles of all aliases.
  [[nodiscard]] std::vector<Circle> circles() const;

  friend bool operator==(const LocalNames&, const LocalNames&) = default;
};

/// "localhost" and what else systems call the loopback in /etc/hosts, and names below "localhost" (RFC 6761 6.3).
[[nodiscard]] bool is_loopback_name(std::string_view name);

/// Where mail for root goes if no alias says it, or only to a local user without a mailbox as far as we know (`root:
/// joe` in the machine's aliases), in a sentence; empty: to an address that somebody wrote down.
[[nodiscard]] std::string roots_mail(const LocalNames& names);

}  // namespace postern::mail
