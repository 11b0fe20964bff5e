#include "mail/advice_rows.h"

#include <array>

namespace postern::mail {
namespace {

constexpr std::string_view kUnknownIssuer =
    "the server's certificate comes from an authority this machine does not know: set tls_ca_file to that authority's "
    "certificate; for a public provider install ca-certificates, and ask whether somebody inspects TLS on the way. "
    "A pin that is shown here goes into tls_pin only once the server's operator has read you the same by telephone or "
    "ssh, never by this connection: whoever is between here and the server can have shown another";
constexpr std::string_view kWrongName =
    "the certificate was made out to another name: set host to the name in the certificate, or tls_name if the server "
    "must be reached by another one (`openssl s_client -connect HOST:PORT` shows the certificate)";
constexpr std::string_view kRenewOurs =
    "the client certificate is this machine's own: renew it in the file that client_certificate names (it is read "
    "again "
    "at the next login), and look whether this machine's clock is right (timedatectl)";
constexpr std::string_view kOurFiles =
    "check client_certificate and client_key: both must be PEM files that the user postern can read, the key without a "
    "passphrase and closed to other users";
constexpr std::string_view kNotTls =
    "this port begins without TLS: set tls: starttls (the usual port is 587), or port: 465";
constexpr std::string_view kTheirRefusal =
    "the server does not take the client certificate: ask its operator which one it wants, and renew the file that "
    "client_certificate names";
constexpr std::string_view kOldTls =
    "the server is older than tls_min_version allows (1.2 if it is not set, the least that is safe): its operator must "
    "update it; until then tls_min_version of this smarthost can be set lower, at the least to '1.0': what is below "
    "1.2 is broken in parts, and nothing makes up for it";
constexpr std::string_view kSmallDh =
    "the server's DH key is too small to be safe, as that of old servers is: its operator must make a larger one; "
    "until then tls_ciphers of this smarthost can be set to 'DEFAULT:@SECLEVEL=1', and nothing makes up for it";
constexpr std::string_view kOldSignature =
    "the server signs the handshake with SHA-1, as old servers do, and that can be forged: its operator must update "
    "it; until then tls_min_version of this smarthost can be set to '1.1', which allows such signatures with TLS 1.2, "
    "too, and nothing makes up for it";
constexpr std::string_view kBrokenTls =
    "the server's TLS is too old or out of order, and no setting here makes up for that: its operator must update it";
constexpr std::string_view kNoCommonCipher =
    "the server and this machine have no safe way of encryption in common, or the server wants something that it does "
    "not say (a client certificate, another name): look at tls_name and client_certificate; an old server must be "
    "updated by its operator";
constexpr std::string_view kWeakCertificate =
    "the server's certificate has a key or signature that is too weak (RSA below 2048 bits, SHA-1): its operator must "
    "renew it; until then tls_pin can be set to the pin that is shown here, once the operator has read you the same by "
    "telephone or ssh, never by this connection: whoever is between here and the server can have shown another";
constexpr std::string_view kOurWeakCertificate =
    "the client certificate is this machine's own, and its key or signature is too weak (RSA below 2048 bits, SHA-1): "
    "have a new one made, and set client_certificate and client_key to it";
constexpr std::string_view kClientCertificate =
    "the server wants a certificate from this machine: set client_certificate and client_key; its operator says who "
    "issues them";
constexpr std::string_view kOtherKey =
    "the server has another key than tls_pin says: its operator has changed it, or somebody is between here and it. "
    "Ask the operator by another way than this connection; if the new one is right, write its pin into tls_pin (the "
    "old one beside it as long as both are in use)";
constexpr std::string_view kNoUsableMechanism =
    "the reasons stand behind each mechanism: take away what forbids it (mechanisms, tls: none) or give the kind of "
    "credential that is missing; allow_cleartext_auth is for networks you trust only";

// The words are those of our own errors and of OpenSSL's.
constexpr std::array kFindings{
    AdviceRow{At::login, "", "not known before the first connection", "run `postern check NAME`"},
    // Our own before the server's: both say "has expired".
    AdviceRow{At::tls, "", "our certificate", kRenewOurs},
    AdviceRow{At::tls, "", "alert certificate expired", kRenewOurs},
    AdviceRow{At::tls, "", "alert unknown ca",
              "the server does not know who signed our client certificate: ask its operator which authority it takes"},
    AdviceRow{At::tls, "", "ee key too small", kOurWeakCertificate},
    AdviceRow{At::tls, "", "ca key too small", kOurWeakCertificate},
    AdviceRow{At::tls, "", "md too weak", kOurWeakCertificate},
    AdviceRow{At::tls, "", "cannot read the certificate", kOurFiles},
    AdviceRow{At::tls, "", "cannot read the key", kOurFiles},
    AdviceRow{At::tls, "", "client key file", kOurFiles},
    AdviceRow{At::tls, "", "this key is not that of the certificate",
              "client_certificate and client_key do not belong together: one of them was renewed without the other"},
    AdviceRow{At::tls, "", "is none of tls_pin", kOtherKey},
    AdviceRow{At::tls, "", "certificate has expired",
              "the server's certificate has expired: only its operator can renew it; look first whether this machine's "
              "clock is right (timedatectl)"},
    AdviceRow{At::tls, "", "certificate is not yet valid",
              "the server's certificate is not valid yet: look whether this machine's clock is right (timedatectl)"},
    AdviceRow{At::tls, "", "certificate is for no name",
              "the certificate names its server in the old way alone (as CN, not as subject alternative name), which "
              "does not "
              "count any more (RFC 9525): its operator must have it issued anew"},
    AdviceRow{At::tls, "", "hostname mismatch", kWrongName},
    AdviceRow{At::tls, "", "ip address mismatch", kWrongName},
    AdviceRow{At::tls, "", "self-signed certificate in certificate chain", kUnknownIssuer},
    AdviceRow{
        At::tls, "", "self-signed certificate",
        "the server made its certificate itself: if you trust it, store that certificate in a file and set "
        "tls_ca_file to it, or set tls_pin to the pin that is shown here, once the server's operator has read you the "
        "same by telephone or ssh, never by this connection: whoever is between here and the server can have shown "
        "another"},
    AdviceRow{At::tls, "", "unable to get local issuer", kUnknownIssuer},
    AdviceRow{At::tls, "", "unable to get issuer", kUnknownIssuer},
    AdviceRow{At::tls, "", "unable to verify the first certificate", kUnknownIssuer},
    AdviceRow{At::tls, "", "cannot read certificates from",
              "check tls_ca_file: it must hold certificates in PEM and be readable for the user postern"},
    AdviceRow{At::tls, "", "cannot use the system's certificate store", "install the package ca-certificates"},
    AdviceRow{At::tls, "", "wrong version number", kNotTls},
    AdviceRow{At::tls, "", "packet length too long", kNotTls},
    AdviceRow{At::tls, "", "http request", kNotTls},
    AdviceRow{At::tls, "", "unsupported protocol", kOldTls},
    AdviceRow{At::tls, "", "alert protocol version", kOldTls},
    AdviceRow{At::tls, "", "unsupported ssl version", kOldTls},
    AdviceRow{At::tls, "", "inappropriate fallback", kOldTls},
    AdviceRow{At::tls, "", "dh key too small", kSmallDh},
    AdviceRow{At::tls, "", "unsafe legacy renegotiation", kBrokenTls},
    AdviceRow{At::tls, "", "wrong signature type", kOldSignature},
    AdviceRow{At::tls, "", "legacy sigalg", kOldSignature},
    AdviceRow{At::tls, "", "unsupported elliptic curve", kBrokenTls},
    AdviceRow{At::tls, "", "wrong curve", kBrokenTls},
    AdviceRow{At::tls, "", "wrong cipher returned", kBrokenTls},
    AdviceRow{At::tls, "", "alert insufficient security", kNoCommonCipher},
    AdviceRow{At::tls, "", "no shared", kNoCommonCipher},
    AdviceRow{At::tls, "", "no ciphers available", kNoCommonCipher},
    AdviceRow{At::tls, "", "no suitable signature", kNoCommonCipher},
    AdviceRow{At::tls, "", "alert handshake failure", kNoCommonCipher},
    AdviceRow{At::tls, "", "certificate required", kClientCertificate},
    AdviceRow{At::tls, "", "alert no certificate", kClientCertificate},
    AdviceRow{At::tls, "", "alert bad certificate", kTheirRefusal},
    AdviceRow{At::tls, "", "alert certificate unknown", kTheirRefusal},
    AdviceRow{At::tls, "", "alert certificate revoked", kTheirRefusal},
    AdviceRow{At::tls, "", "alert unsupported certificate", kTheirRefusal},
    AdviceRow{At::tls, "", "alert access denied", kTheirRefusal},
    AdviceRow{At::tls, "", "alert decrypt error", kTheirRefusal},
    AdviceRow{At::tls, "", "unrecognized name",
              "the server does not know the name by which it is called: set host to its name, or tls_name if it must "
              "be reached "
              "by another one"},
    AdviceRow{At::tls, "", "alert internal error",
              "the server's TLS is out of order, which is for its operator to mend; Postern tries again by itself"},
    // Of a certificate that was shown to us.
    AdviceRow{At::tls, "", "certificate key too weak", kWeakCertificate},
    AdviceRow{At::tls, "", "digest algorithm too weak", kWeakCertificate},
    AdviceRow{At::tls, "", "certificate revoked",
              "the server's certificate was withdrawn by who issued it: only its operator can renew it"},
    AdviceRow{At::tls, "", "unsuitable certificate purpose",
              "the server's certificate was not made for servers: only its operator can renew it"},
    AdviceRow{At::tls, "", "invalid ca certificate", kUnknownIssuer},
    AdviceRow{At::tls, "", "does not offer starttls",
              "set tls: implicit with port 465 if the server has that; a firewall that inspects SMTP can take STARTTLS "
              "away, too"},
    AdviceRow{At::greeting, "", "",
              "where tls is starttls or none the server may wait for TLS from the first byte: set tls: implicit (the "
              "usual port is 465); else a firewall holds the connection",
              Failure::timeout},
    AdviceRow{At::greeting, "", "",
              "where tls is starttls or none the server may wait for TLS from the first byte: set tls: implicit (the "
              "usual port is 465); else it, or a firewall before it, wants no mail from this machine's address",
              Failure::closed},
    AdviceRow{
        At::login, "", "offers no auth",
        "many servers offer the login only after encryption: set tls: starttls or implicit; if this server needs no "
        "login, take user out of its settings"},
    AdviceRow{At::login, "", "no usable mechanism", kNoUsableMechanism},
    AdviceRow{At::login, "", "permission denied", "let the daemon read the file: chgrp postern FILE && chmod 640 FILE"},
    AdviceRow{
        At::login, "", "",
        "the credential is not where the settings say: create it, or correct password_file (or the key that is used "
        "in its place)",
        Failure::not_found},
    AdviceRow{
        At::resolve, "", "srv:",
        "look at what the DNS says of it (`dig SRV` and the name behind srv:), and check the name for typing errors; "
        "where the DNS names no server, ask who runs the domain for one, and write its name under host"},
    AdviceRow{
        At::resolve, "", "",
        "check host for typing errors; if it is right, this machine's name service does not work (`getent hosts HOST`)",
        Failure::resolve},
    AdviceRow{At::connect, "", "network is unreachable",
              "this machine has no way to that network: look at its network (`ip route`)"},
    AdviceRow{At::connect, "", "connection refused",
              "nothing listens there: check host and port; the server may be down, or a firewall refuses"},
    AdviceRow{
        At::connect, "", "",
        "nobody answered: check host and port, and whether a firewall or your hosting provider blocks this port (try "
        "587 or 2525 if the provider has them)",
        Failure::timeout},
};

}  // namespace

AdviceRows own_findings() { return kFindings; }

}  // namespace postern::mail
