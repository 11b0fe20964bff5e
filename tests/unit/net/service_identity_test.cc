#include "net/service_identity.h"

#include "net/srv_id.h"
#include "tls_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace postern::net {
namespace {

using testing::HasSubstr;

const ServiceName kService{"_submissions", "example.com"};
const std::string kSrvId = "_submissions.example.com";

TEST(ServiceIdentity, IsWhatTheAdministratorWroteAndWhatThatProves) {
  struct Known {
    const char* server;
    bool proven;
    const char* tls_name;
    ServiceIdentity identity;
  };
  const std::vector<Known> cases = {
      {"mail.example.com", false, "", {"mail.example.com", kSrvId}},
      {"example.com", false, "", {"example.com", kSrvId}},
      {"a.b.example.com", false, "", {"a.b.example.com", kSrvId}},
      {"smtp.provider.net", false, "", {"example.com", kSrvId}},
      {"example.com.evil.net", false, "", {"example.com", kSrvId}},
      {"evilexample.com", false, "", {"example.com", kSrvId}},
      {"smtp.provider.net", true, "", {"smtp.provider.net", kSrvId}},
      {"smtp.provider.net", false, "smtp.provider.net", {"smtp.provider.net", ""}},
      {"mail.example.com", true, "example.com", {"example.com", ""}},
  };
  for (const Known& one : cases) {
    const DnsRecord server{0, 0, 465, one.server};
    EXPECT_EQ(identity_of(kService, server, one.proven, one.tls_name), one.identity) << one.server;
  }
}

/// What a client of the service says to a certificate with these names.
std::string said_to(const std::vector<std::string>& names, const ServiceIdentity& identity) {
  CertificateOptions shown;
  shown.names = names;
  const auto files = certificates().make("server", shown);
  TlsClient::Options options;
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = identity.name;
  Pair pair(*TlsClient::make(options, identity.srv_id), *TlsServer::make(files.certificate, files.key));
  for (int i = 0; i < 10 && pair.agreed(); ++i) {
    pair.client_result = pair.client->handshake();
    carry(*pair.client, *pair.server, 4096);
    pair.server_result = pair.server->handshake();
    carry(*pair.server, *pair.client, 4096);
  }
  if (pair.client_result) return pair.client->info().verified ? "accepted" : "not verified";
  return pair.client_result.error().text;
}

TEST(ServiceIdentity, ACertificateOfTheServerTheDomainOrTheServiceIsGood) {
  const ServiceIdentity inside{"mail.example.com", kSrvId};
  const ServiceIdentity outside{"example.com", kSrvId};
  for (const char* name :
       {"mail.example.com", "example.com", "SRV:_submissions.example.com", "SRV:_Submissions.Example.COM"}) {
    EXPECT_EQ(said_to({name}, inside), "accepted") << name;
    EXPECT_EQ(said_to({"other.example.net", name}, inside), "accepted") << name;
  }
  EXPECT_EQ(said_to({"*.example.com"}, inside), "accepted");
  EXPECT_EQ(said_to({"example.com"}, outside), "accepted");
  EXPECT_EQ(said_to({"SRV:_submissions.example.com"}, outside), "accepted");
}

TEST(ServiceIdentity, NoOtherCertificateIs) {
  const ServiceIdentity outside{"example.com", kSrvId};
  for (const char* name : {"smtp.provider.net", "www.example.com", "*.example.com", "SRV:_imaps.example.com",
                           "SRV:_submission.example.com", "SRV:_submissions.example.net", "SRV:_submissions.*.com",
                           "SRV:example.com", "_submissions.example.com"}) {
    EXPECT_THAT(said_to({name}, outside), HasSubstr("hostname mismatch")) << name;
  }
  EXPECT_THAT(said_to({"smtp.provider.net"}, outside),
              HasSubstr("expected example.com or the service _submissions.example.com"));
  EXPECT_THAT(said_to({"SRV:_submissions.example.com"}, {"mail.example.com", ""}), HasSubstr("hostname mismatch"))
      << "tls_name alone counts where it is set";
}

TEST(ServiceIdentity, TheRightNameExcusesNoOtherFault) {
  CertificateOptions untrusted;
  untrusted.names = {"SRV:_submissions.example.com"};
  untrusted.self_signed = true;
  const auto files = certificates().make("server", untrusted);
  TlsClient::Options options;
  options.tls_ca_file = certificates().ca_file();
  options.tls_name = "mail.example.com";
  const auto client = *TlsClient::make(options, kSrvId);
  Pair pair(client, *TlsServer::make(files.certificate, files.key));
  for (int i = 0; i < 10 && pair.agreed(); ++i) {
    pair.client_result = pair.client->handshake();
    carry(*pair.client, *pair.server, 4096);
    pair.server_result = pair.server->handshake();
    carry(*pair.server, *pair.client, 4096);
  }
  EXPECT_FALSE(pair.client_result);
}

using Made = std::unique_ptr<X509, void (*)(X509*)>;

Made with_extension(int nid, const std::string& value) {
  Made certificate(X509_new(), X509_free);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  return certificate;
}

TEST(SrvId, IsReadFromTheAlternativeNames) {
  const std::string name = "otherName:1.3.6.1.5.5.7.8.7;";
  EXPECT_TRUE(carries_srv_id(with_extension(NID_subject_alt_name, name + "IA5STRING:" + kSrvId).get(), kSrvId));
  // Another type of text, and another kind of name.
  EXPECT_FALSE(carries_srv_id(with_extension(NID_subject_alt_name, name + "UTF8:" + kSrvId).get(), kSrvId));
  EXPECT_FALSE(carries_srv_id(
      with_extension(NID_subject_alt_name, "otherName:1.3.6.1.5.5.7.8.5;IA5STRING:" + kSrvId).get(), kSrvId));
  EXPECT_FALSE(carries_srv_id(with_extension(NID_subject_alt_name, "DNS:" + kSrvId).get(), kSrvId));
  EXPECT_FALSE(carries_srv_id(with_extension(NID_basic_constraints, "CA:FALSE").get(), kSrvId));
  EXPECT_EQ(domain_of_srv_id(kSrvId), "example.com");
}

TEST(SrvId, IsNotBelievedOfAnAuthorityThatMayVouchForSomeNamesAlone) {
  const Made free = with_extension(NID_basic_constraints, "CA:TRUE");
  const Made bound = with_extension(NID_name_constraints, "permitted;DNS:other.example");
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain(
      sk_X509_new_null(), [](STACK_OF(X509) * all) { sk_X509_free(all); });
  EXPECT_FALSE(is_name_constrained(chain.get()));
  sk_X509_push(chain.get(), free.get());
  EXPECT_FALSE(is_name_constrained(chain.get()));
  sk_X509_push(chain.get(), bound.get());
  EXPECT_TRUE(is_name_constrained(chain.get()));
}

}  // namespace
}  // namespace postern::net
