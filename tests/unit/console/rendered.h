// Lines of answers, as the daemon makes them, and how they are shown.
#pragma once

#include "console/render.h"
#include "control/values.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace postern::console {

using control::to_json;

inline const WallTime kShownAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);

class Render : public testing::Test {
 protected:
  Render() { ::setenv("TZ", "UTC", 1); }

  static mail::CheckReport good_check() {
    mail::CheckReport report;
    report.site = "main";
    report.host = "smtp.example.com[192.0.2.1]:465";
    report.greeting = "220 smtp.example.com ESMTP";
    report.tls_version = "TLSv1.3";
    report.tls_cipher = "TLS_AES_256_GCM_SHA384";
    report.certificate_subject = "CN=smtp.example.com";
    report.certificate_issuer = "CN=Example CA";
    report.certificate_expires = "2027-01-01T00:00:00Z";
    report.extensions = {"PIPELINING", "SIZE 1000", "AUTH CRAM-MD5 PLAIN GSSAPI"};
    report.offered = {"CRAM-MD5", "PLAIN", "GSSAPI"};
    using End = mail::AuthAttempt::End;
    report.tried = {{"SCRAM-SHA-1", End::dropped, "the server closed the connection"},
                    {"CRAM-MD5", End::refused, "535 5.7.8 no"},
                    {"PLAIN", End::accepted, "235 2.7.0 ok"}};
    report.skipped = {{"GSSAPI", "not supported"}};
    report.mechanism = "PLAIN";
    return report;
  }

  static queue::Entry entry() {
    queue::Entry entry;
    entry.id = QueueId::make(kShownAt - std::chrono::hours(1), 1);
    entry.size = 1840;
    entry.accepted = kShownAt - std::chrono::minutes(63);
    entry.next = kShownAt + Seconds(240);
    entry.sender = "root@web1";
    entry.source.uid = 1000;
    entry.source.pid = 77;
    entry.source.kind = mail::Source::Kind::local;
    entry.site = "main";
    entry.reason = "connection refused";
    mail::Status later;
    later.code = 451;
    later.enhanced = "4.7.1";
    later.text = "try later";
    entry.recipients = {{"a@x", later}, {"b@x", std::nullopt}};
    return entry;
  }

  static View on_terminal(std::size_t width) {
    View view{kShownAt, width};
    view.terminal = true;
    return view;
  }

  static std::string once(const boost::json::object& object) { return Renderer("status", View{kShownAt}).line(object); }
};

}  // namespace postern::console
