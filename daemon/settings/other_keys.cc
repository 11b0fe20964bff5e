#include "settings/other_keys.h"

#include "base/nearest.h"
#include "base/text.h"

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
constexpr std::string_view kOfRoute = "routes[].";
constexpr std::string_view kOfStorm = "storms[].";

constexpr std::array kRows = {
    Row{kOfSmarthost, "username login account authuser authname id smtpuser smtpusername",
        "write the account under 'user'"},
    Row{kOfSmarthost, "pass passwd authpass authpassword passphrase secret smtppassword smtppass smtppasswd",
        "write the password into a file of its own and name that in 'password_file'"},
    Row{kOfSmarthost, "passwordeval passcmd passwordcmd", "name the program that prints it in 'password_command'"},
    Row{kOfSmarthost, "server hostname smarthost relayhost relay smtp smtpserver smtphost mailhub ip address",
        "write the server under 'host'"},
    Row{kOfSmarthost, "smtpport serverport remoteport", "write it under 'port'"},
    Row{kOfSmarthost, "auth authentication authmethod authmethods authmechanism mechanism saslmechanism sasl",
        "the best mechanism that the server offers is used; 'mechanisms' narrows it down"},
    Row{kOfSmarthost,
        "ssl starttls encryption security secure tlsmode usetls usessl usestarttls tlsstarttls protocol "
        "smtptlswrappermode smtptlssecuritylevel tlssecuritylevel",
        "write 'tls: implicit', 'tls: starttls' or 'tls: none'"},
    Row{kOfSmarthost, "tlstrustfile cafile ca cacert tlscafile cabundle smtptlscafile",
        "name the file in 'tls_ca_file'"},
    Row{kOfSmarthost,
        "tlscertcheck tlsverify verify verification insecureskipverify insecure sslverify verifyssl verifytls "
        "verifycert "
        "checkcert checkcertificate validatecert rejectunauthorized",
        "the server's certificate is always checked; for one that no authority signed, write 'tls_pin' or "
        "'tls_ca_file'"},
    Row{kOfSmarthost, "tlshostoverride servername tlsservername sni tlssni peername",
        "write the name in the server's certificate under 'tls_name'"},
    Row{kOfSmarthost, "fingerprint tlsfingerprint tlscertsha256 pin pinsha256 spki", "write it under 'tls_pin'"},
    Row{kOfSmarthost, "tlsversion minversion tlsminversion minprotocol tlsprotocols sslversion",
        "write the oldest version that is spoken under 'tls_min_version'"},
    Row{kOfSmarthost, "ciphers cipherlist tlscipherlist sslciphers tlspriorities", "list them under 'tls_ciphers'"},
    Row{kOfSmarthost, "sender mailfrom envelopefrom fromaddress senderaddress rewritefrom",
        "write the sender under 'from'"},
    Row{kOfSmarthost, "fromname realname displayname", "write 'from: { name: NAME }'"},
    Row{kOfSmarthost, "maildomain maildom", "write it at the top of the file, under 'domain'"},
    Row{kOfSmarthost, "helo ehlo heloname helohost heloidentity localname",
        "write it at the top of the file, under 'hostname'"},
    Row{kOfSmarthost, "cert certificate certfile tlscertfile tlscert clientcert clientcertfile smtptlscertfile",
        "name the file in 'client_certificate'"},
    Row{kOfSmarthost, "key keyfile certkey tlskeyfile tlskey privatekey clientkeyfile smtptlskeyfile",
        "name the file in 'client_key'"},
    Row{kOfSmarthost, "token accesstoken oauth xoauth2",
        "write where the token comes from under 'token_file', "
        "'token_command' or 'oauth2'"},
    Row{kOfSmarthost, "maxconnections concurrency parallel parallelism poolsize", "write it under 'connections'"},
    Row{kOfSmarthost, "ratelimit ratelimits throttle", "write it under 'rate', as in 'rate: 500 recipients/day'"},
    Row{kOfSender, "uid uids login account who", "write the users under 'user'"},
    Row{kOfSender, "gid", "write the groups under 'group'"},
    Row{kOfSender, "allow allowed from sender senders address addresses", "list the senders under 'may'"},
    Row{kOfRoute, "from mailfrom sendermatch", "write the senders under 'sender'"},
    Row{kOfRoute, "to rcpt rcptto domain domains", "write the recipients under 'recipient', a domain as \"*@DOMAIN\""},
    Row{kOfRoute, "senderdomain recipientdomain", "write \"*@DOMAIN\" under 'sender' or 'recipient'"},
    Row{kOfRoute, "via relay relayhost site sites host server servers hosts nexthop transport use upstream",
        "name the smarthosts under 'smarthosts'"},
    Row{kOfRoute, "uid uids login", "write the users under 'user'"},
    Row{kOfRoute, "gid", "write the groups under 'group'"},
    Row{kOfStorm, "limit count threshold max messages burst", "write under 'after' how many go as they come"},
    Row{kOfStorm, "period interval time every per duration", "write under 'window' how long the others are gathered"},
    Row{kOfStorm, "from", "write the senders under 'sender'"},
    Row{"listen.", "port ports address addresses host hosts bind tcp",
        "list addresses with their ports under 'smtp', such as [\"127.0.0.1:25\", \"[::1]:25\"]"},
    Row{"metrics.", "port address host bind", "write address and port under 'listen', such as 127.0.0.1:9157"},
    Row{"limits.", "user users", "write it under 'per_user'"},
    Row{kTop, "relayhost relay server servers host mailhub smtp upstream remotes dcsmarthost accounts account",
        "list the servers under 'smarthosts', each with '- host: NAME'"},
    Row{kTop,
        "user username pass password passwordfile port tls ssl auth authuser authpass usetls usestarttls starttls "
        "securetransfer from smtptlssecuritylevel",
        "it goes under the server in 'smarthosts', beside its 'host'"},
    Row{kTop, "authpath smtpsaslpasswordmaps",
        "user and password go under the server in 'smarthosts', as 'user' and 'password_file'"},
    Row{kTop, "smtpgenericmaps masquerade", "write it under the server in 'smarthosts', as 'from: { rewrite: ... }'"},
    Row{kTop, "senderdependentrelayhostmaps",
        "write it under 'routes', each row with '- sender: ADDRESS' and 'smarthosts'"},
    Row{kTop, "minimalbackofftime retries maxretries retryinterval pausetime", "write it under 'retry'"},
    Row{kTop, "delaywarningtime", "write it under 'retry.warn_after'"},
    Row{kTop, "spooldir spooldirectory queuedirectory queuedir", "write it under 'spool'"},
    Row{kTop, "metricsport metricslisten metricsaddress",
        "write address and port under 'metrics', such as 127.0.0.1:9157"},
    Row{kTop, "myhostname fqdn heloname helohost me helo", "write it under 'hostname'"},
    Row{kTop, "mydomain myorigin maildomain mailname rewritedomain defaultdomain", "write it under 'domain'"},
    Row{kTop, "mydestination", "list the names of this machine under 'local_domains'"},
    Row{kTop, "mynetworks networks relayfromhosts", "list them under 'listen.networks'"},
    Row{kTop, "inetinterfaces smtpport bind", "list the addresses under 'listen.smtp'"},
    Row{kTop, "aliasmaps aliasesfile aliasfile aliasdatabase", "name the file in 'aliases_file'"},
    Row{kTop, "root postmaster admin adminaddr", "write 'aliases: { root: admin@example.com }'"},
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
