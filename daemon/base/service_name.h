// A service that the DNS knows the servers of (RFC 2782), as a setting names it: "srv:_submissions._tcp.example.com".
// Values alone.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace postern {

struct ServiceName {
  std::string service;  ///< "_submissions", in small letters
  std::string domain;   ///< "example.com", likewise: the only name that whoever wrote the setting has vouched for

  /// Failure: invalid; the text goes on after "must ".
  static Result<ServiceName> parse(std::string_view text);
  /// The text is meant to name a service, well or badly.
  [[nodiscard]] static bool meant(std::string_view text);
  /// What the DNS is asked for: "_submissions._tcp.example.com".
  [[nodiscard]] std::string record() const { return service + "._tcp." + domain; }
  /// The inverse of parse().
  [[nodiscard]] std::string str() const { return "srv:" + record(); }
  /// What a certificate for this service carries (SRV-ID, RFC 4985 2): "_submissions.example.com".
  [[nodiscard]] std::string srv_id() const { return service + "." + domain; }
  /// The host is the domain, or lies below it and so belongs to whom the domain belongs to. Below a single label
  /// ("com") there are others' domains.
  [[nodiscard]] bool holds(std::string_view host) const;

  friend bool operator==(const ServiceName&, const ServiceName&) = default;
};

}  // namespace postern
