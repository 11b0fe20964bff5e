// Private to setup/: what the settings of other programs have in common: hosts with ports, files to trust, mechanisms,
// names, and what Postern does otherwise and therefore says. A value that is not what stands in its place is never
// quoted, neither in notes nor in errors: it may be a password that slipped there. File and line say which it is.
#pragma once

#include "setup/peer_files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::setup {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;  ///< 0: not said
};

/// "host", "host:port", "[host]:port", "2001:db8::1", "[2001:db8::1]:port"; the port as a number or as the name of a
/// service of mail. Failure: invalid.
[[nodiscard]] Result<HostPort> host_port(const Mark& mark, std::string_view text);
/// 1 to 65535, or smtp, smtps, submissions, submission. Failure: invalid.
[[nodiscard]] Result<std::uint16_t> port_of(const Mark& mark, std::string_view text);
/// A host name or a numeric address. Failure: invalid.
[[nodiscard]] Result<std::string> host_of(const Mark& mark, std::string_view text);

/// An address or the name of a local user, and no pattern: what a line about one sender begins with.
[[nodiscard]] bool is_one_sender(std::string_view text);

/// Sets the name; what is no host name becomes a note.
void set_name(Import& import, const Mark& mark, std::string& name, std::string_view text);
/// An address that may stand on the wire, with a domain; nothing, and a note, if it is none.
[[nodiscard]] std::optional<std::string> wire_address(Import& import, const Mark& mark, std::string_view text);

/// An absolute path for a key of the settings; nothing, and a note, if it is none.
[[nodiscard]] std::optional<std::string> absolute_path(Import& import, const Mark& mark, std::string_view text);
/// The authorities to trust. The system's own store is the default and not written; a directory becomes a note.
void set_trust(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view path);
/// A directory of them: a note, unless it is the system's own.
void set_trust_directory(Import& import, const Mark& mark, std::string_view path);

/// The one login mechanism that is to be used. One that Postern does not know becomes a note.
void set_mechanism(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view word);

/// False, and a note, if it is no name of a user.
bool set_user(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view user);
/// A password must be one line without NUL. Without one, an empty one too, the smarthost gets a `password_file` that
/// nobody else has, which the administrator is to write, and a note on it.
void set_password(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view password);
/// Both.
void set_login(Import& import, const Mark& mark, settings::Smarthost& smarthost, std::string_view user,
               std::string_view password);

enum class Cleartext { asked_for, not_asked_for };
/// What comes of a login where there is no TLS: allowed where the other program was told so.
void judge_cleartext(Import& import, const Mark& mark, settings::Smarthost& smarthost, Cleartext cleartext);

/// The last step of each importer: adds the smarthost to the proposal, under a name that no other has there. What the
/// settings would refuse in it (a certificate without a key or without TLS, mechanisms that nothing is there for)
/// becomes a note.
void add_smarthost(Import& import, const Mark& mark, settings::Smarthost smarthost);

// The notes on what Postern is stricter in.
void note_verified(Import& import, const Mark& mark);       ///< certificates were not verified
void note_opportunistic(Import& import, const Mark& mark);  ///< TLS was used if offered
enum class Fingerprints { none, some };                     ///< that were written
/// Of them not all, or none, are in tls_pin.
void note_pin(Import& import, const Mark& mark, const settings::Smarthost& smarthost,
              Fingerprints written = Fingerprints::some);
void note_envelope_only(Import& import, const Mark& mark);  ///< the header's From was left alone
void note_no_local_mail(Import& import, const Mark& mark);  ///< mailboxes on this machine

/// What /etc/mailname says; empty if nothing.
[[nodiscard]] Result<std::string> mailname(const Import& import);

}  // namespace postern::setup
