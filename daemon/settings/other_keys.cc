#include "settings/other_keys.h"

#include "base/text.h"
#include "settings/nearest.h"

#include <array>

namespace postern::settings {
namespace {

struct Row {
  std::string_view prefix;
  std::string_view words;  ///< in lower case without "-", "_" and blanks, between blanks
  std::string_view advice;
};

constexpr std::string_view kTop;
constexpr std::string_view kOfSender = "senders[].";
constexpr std::string_view kOfSmarthost = "smarthosts[].";

constexpr std::array kRows = {
    Row{kOfSmarthost, "username login account authuser authname id", "write the account under 'user'"},
    Row{kOfSmarthost, "pass passwd authpass authpassword passphrase secret",
        "write the password into a file of its own and name that in 'password_file'"},
    Row{kOfSmarthost, "passwordeval passcmd passwordcmd", "name the program that prints it in 'password_command'"},
    Row{kOfSmarthost, "server hostname smarthost relayhost relay smtp smtpserver smtphost mailhub ip",
        "write the server under 'host'"},
    Row{kOfSmarthost, "auth authentication authmethod authmethods authmechanism mechanism saslmechanism sasl",
        "the best mechanism that the server offers is used; 'mechanisms' narrows it down"},
    Row{kOfSmarthost, "ssl starttls encryption security secure tlsmode usetls usessl usestarttls tlsstarttls protocol",
        "write 'tls: implicit', 'tls: starttls' or 'tls: none'"},
    Row{kOfSmarthost, "tlstrustfile cafile ca cacert tlscafile cabundle", "name the file in 'tls_ca_file'"},
    Row{kOfSmarthost, "sender mailfrom envelopefrom fromaddress senderaddress rewritefrom",
        "write the sender under 'from'"},
    Row{kOfSmarthost, "cert certificate tlscertfile", "name the file in 'client_certificate'"},
    Row{kOfSmarthost, "certkey tlskeyfile privatekey", "name the file in 'client_key'"},
    Row{kOfSmarthost, "token accesstoken oauth xoauth2",
        "write where the token comes from under 'token_file', "
        "'token_command' or 'oauth2'"},
    Row{kOfSender, "uid uids login account who", "write the users under 'user'"},
    Row{kOfSender, "gid", "write the groups under 'group'"},
    Row{kOfSender, "allow allowed from sender senders address addresses", "list the senders under 'may'"},
    Row{kTop, "relayhost relay server servers host mailhub smtp upstream remotes",
        "list the servers under 'smarthosts', each with '- host: NAME'"},
    Row{kTop, "user username pass password passwordfile port tls ssl auth",
        "it goes under the server in 'smarthosts', beside its 'host'"},
    Row{kTop, "myhostname fqdn heloname helohost", "write it under 'hostname'"},
    Row{kTop, "mydomain myorigin maildomain mailname rewritedomain", "write it under 'domain'"},
    Row{kTop, "mydestination", "list the names of this machine under 'local_domains'"},
    Row{kTop, "mynetworks networks relayfromhosts", "list them under 'listen.networks'"},
    Row{kTop, "inetinterfaces smtpport bind", "list the addresses under 'listen.smtp'"},
    Row{kTop, "aliasmaps aliasesfile aliasfile aliasdatabase", "name the file in 'aliases_file'"},
    Row{kTop, "root postmaster admin", "write 'aliases: { root: admin@example.com }'"},
    Row{kTop, "messagesizelimit maxsize sizelimit", "write it under 'limits.message_size'"},
    Row{kTop, "maximalqueuelifetime queuelifetime expire", "write it under 'retry.expire'"},
};

}  // namespace

std::string_view in_place_of(std::string_view prefix, std::string_view word) {
  std::string plain = to_lower(word);
  std::erase_if(plain, [](char c) { return c == '-' || c == '_' || c == ' '; });
  for (const Row& row : kRows) {
    if (row.prefix == prefix && has_word(row.words, plain)) return row.advice;
  }
  return {};
}

}  // namespace postern::settings
