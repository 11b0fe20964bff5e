#include "setup/postfix_notes.h"

#include "base/network.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

/// Read by import_postfix.cc.
constexpr auto kCarriedOver = std::to_array<std::string_view>({
    "relayhost",
    "smtp_fallback_relay",
    "fallback_relay",
    "smtp_sasl_auth_enable",
    "smtp_sasl_password_maps",
    "smtp_sasl_security_options",
    "smtp_sasl_mechanism_filter",
    "smtp_tls_security_level",
    "smtp_use_tls",
    "smtp_enforce_tls",
    "smtp_tls_wrappermode",
    "smtp_tls_policy_maps",
    "smtp_tls_CAfile",
    "smtp_tls_fingerprint_cert_match",
    "smtp_tls_cert_file",
    "smtp_tls_key_file",
    "smtp_generic_maps",
    "sender_canonical_maps",
    "canonical_maps",
    "myhostname",
    "mydomain",
    "myorigin",
    "smtp_helo_name",
    "alias_maps",
    "alias_database",
});

/// About Postfix' own programs, files and mailboxes; what begins so.
constexpr auto kOwn = std::to_array<std::string_view>({
    "smtpd_",
    "postscreen_",
    "compatibility_level",
    "biff",
    "readme_directory",
    "append_",
    "mailbox_",
    "recipient_delim",
    "config_directory",
    "data_directory",
    "daemon_directory",
    "command_directory",
    "queue_directory",
    "mail_owner",
    "setgid_group",
    "sendmail_path",
    "newaliases_path",
    "mailq_path",
    "html_directory",
    "manpage_directory",
    "sample_directory",
    "shlib_directory",
    "meta_directory",
    "debug_peer",
    "debugger_command",
    "inet_protocols",
    "unknown_local_recipient",
    "local_recipient_maps",
    "home_mailbox",
    "mail_spool_directory",
    "smtp_tls_session_cache",
    "smtp_tls_loglevel",
    "smtp_tls_note_starttls",
    "smtp_sasl_type",
    "smtp_sasl_path",
    "smtp_sasl_tls_security",
    "default_process_limit",
    "disable_vrfy",
    "show_user",
    "import_environment",
    "export_environment",
    "maillog_file",
    "in_flow_delay",
    "local_",
    "mailq",
    "tls_",
    "lmtp_",
    "default_database_type",
});

constexpr std::size_t kMostOwn = 4096;  // bytes of names in one note

struct Says {
  std::string_view name;
  std::string_view says;
};
constexpr auto kSays = std::to_array<Says>({
    {"smtp_sender_dependent_authentication", "one account is used for all senders; write 'routes' for another"},
    {"sender_dependent_relayhost_maps", "write 'routes' for the choice of the server by the sender"},
    {"sender_dependent_default_transport_maps", "write 'routes' for the choice of the server by the sender"},
    {"transport_maps", "all mail goes to the smarthost; write 'routes' for the choice of the server by the recipient"},
    {"relay_transport", "all mail goes to the smarthost, by SMTP"},
    {"default_transport", "all mail goes to the smarthost, by SMTP"},
    {"relay_domains", "all mail goes to the smarthost"},
    {"mydestination",
     "mail for these names stayed on this machine; Postern sends it to the smarthost: give 'aliases' "
     "for names that have no mailbox there"},
    {"mynetworks", "Postern takes mail from other machines where 'listen.smtp' and 'listen.networks' say so"},
    {"mynetworks_style", "Postern takes mail from other machines where 'listen.smtp' and 'listen.networks' say so"},
    {"inet_interfaces", "Postern listens where 'listen.smtp' says: on this machine alone"},
    {"message_size_limit", "Postern has limits.message_size for it"},
    {"maximal_queue_lifetime", "Postern has retry.expire for it"},
    {"bounce_queue_lifetime", "Postern has retry.expire for it"},
    {"delay_warning_time", "Postern has retry.warn_after for it"},
    {"minimal_backoff_time", "Postern has retry.min for it"},
    {"maximal_backoff_time", "Postern has retry.max for it"},
    {"queue_run_delay", "Postern needs no queue runs"},
    {"bounce_size_limit", "Postern has bounces.return_size for it"},
    {"smtp_tls_CApath", "a directory of authorities cannot be named: tls_ca_file is a file"},
    {"smtp_tls_mandatory_protocols",
     "Postern takes TLS 1.2 and later; set tls_min_version if the server needs another"},
    {"smtp_tls_protocols", "Postern takes TLS 1.2 and later; set tls_min_version if the server needs another"},
    {"smtp_tls_mandatory_ciphers",
     "Postern takes the library's own choice of ciphers; set tls_ciphers if the server needs others"},
    {"smtp_tls_ciphers",
     "Postern takes the library's own choice of ciphers; set tls_ciphers if the server needs others"},
    {"smtp_bind_address", "Postern's connections come from the address that the system chooses"},
    {"smtp_bind_address6", "Postern's connections come from the address that the system chooses"},
    {"smtp_address_preference", "Postern tries all addresses of a server, of both families"},
    {"smtp_header_checks", "header fields are not changed by patterns"},
    {"header_checks", "header fields are not changed by patterns"},
    {"mime_header_checks", "header fields are not changed by patterns"},
    {"body_checks", "mail is not refused by patterns"},
    {"content_filter", "mail goes through no other program"},
    {"always_bcc", "copies to another address are not made"},
    {"sender_bcc_maps", "copies to another address are not made"},
    {"recipient_bcc_maps", "copies to another address are not made"},
    {"virtual_alias_maps", "give 'aliases' for local names; addresses of other domains are not changed"},
    {"virtual_alias_domains", "give 'aliases' for local names; addresses of other domains are not changed"},
    {"recipient_canonical_maps", "addresses of recipients are changed by 'aliases' alone"},
    {"masquerade_domains", "set 'domain' to the one that senders are to have"},
    {"notify_classes", "Postern has notify.address for it"},
    {"smtp_destination_concurrency_limit", "Postern has 'connections' for it"},
    {"default_destination_concurrency_limit", "Postern has 'connections' for it"},
    {"smtp_destination_rate_delay", "Postern has 'rate' for it"},
    {"default_destination_rate_delay", "Postern has 'rate' for it"},
});

/// Where the value says what Postern does anyway.
bool says_nothing(std::string_view name, const PostfixParameters& main) {
  const std::vector<std::string> words = main.list(name);
  if (words.empty()) return true;
  if (name == "mynetworks") {
    return std::ranges::all_of(words, [](std::string_view word) {
      const std::string_view bare = word.starts_with('[') ? word.substr(1) : word;
      return bare.starts_with("127.") || bare.starts_with("::1") || bare.starts_with("::ffff:127.");
    });
  }
  if (name == "inet_interfaces") {
    return std::ranges::all_of(
        words, [](const std::string& word) { return word == "loopback-only" || stays_on_this_machine(word); });
  }
  if (name == "mynetworks_style") return words[0] == "host";
  if (name == "smtp_tls_CApath") return words[0] == "/etc/ssl/certs";
  if (name == "default_transport" || name == "relay_transport") return words[0] == "smtp";
  if (name == "smtp_sender_dependent_authentication") return !main.is_on(name);
  return false;
}

}  // namespace

void note_postfix_parameters(Import& import, const PostfixParameters& main) {
  std::string own;
  const auto referred_to = main.names_referred_to();
  for (const std::string& name : main.names()) {
    if (main.is_unread(name)) {
      import.note(main.mark(name), "an expression is not understood, and taken for nothing");
    }
    if (std::ranges::find(kCarriedOver, name) != kCarriedOver.end() || main.is_empty(name)) continue;
    const auto* says = std::ranges::find(kSays, name, &Says::name);
    if (says != kSays.end() && says_nothing(name, main)) continue;
    const bool of_postfix =
        std::ranges::any_of(kOwn, [&name](std::string_view beginning) { return name.starts_with(beginning); });
    if (says != kSays.end()) {
      import.note(main.mark(name), name + " is not carried over: " + std::string(says->says));
    } else if (of_postfix) {
      if (own.size() < kMostOwn) own += (own.empty() ? "" : ", ") + name;
    } else if (!referred_to.contains(name)) {
      // A name of one's own may be the end of a password that was broken into lines.
      const bool known = name.starts_with("smtp_") || name.starts_with("default_");
      import.note(main.mark(name), (known ? name : "this parameter") + " is not carried over");
    }
  }
  const Mark whole{main.mark("").file, 0};
  if (!own.empty()) import.note(whole, "left out, since they are about Postfix' own programs and files: " + own);
}

}  // namespace postern::setup
