#include "net/srv_id.h"

#include "base/text.h"

#include <openssl/obj_mac.h>
#include <openssl/x509v3.h>

#include <memory>

namespace postern::net {
namespace {

constexpr const char* kOnDnsSrv = "1.3.6.1.5.5.7.8.7";  // id-on-dnsSRV

bool is_it(const OTHERNAME& name, std::string_view srv_id) {
  const std::unique_ptr<ASN1_OBJECT, void (*)(ASN1_OBJECT*)> type(OBJ_txt2obj(kOnDnsSrv, 1), ASN1_OBJECT_free);
  if (!type || OBJ_cmp(name.type_id, type.get()) != 0) return false;
  if (name.value == nullptr || ASN1_TYPE_get(name.value) != V_ASN1_IA5STRING) return false;
  const ASN1_IA5STRING* text = name.value->value.ia5string;
  const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
  return iequals(bytes, srv_id);
}

}  // namespace

bool carries_srv_id(X509* certificate, std::string_view srv_id) {
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (!names) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_OTHERNAME && is_it(*name->d.otherName, srv_id)) return true;
  }
  return false;
}

bool is_name_constrained(const STACK_OF(X509) * chain) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (X509_get_ext_by_NID(sk_X509_value(chain, i), NID_name_constraints, -1) >= 0) return true;
  }
  return false;
}

std::string domain_of_srv_id(std::string_view srv_id) { return std::string(srv_id.substr(srv_id.find('.') + 1)); }

}  // namespace postern::net
