#include "control/values.h"

#include "base/json_text.h"
#include "mail/advice.h"
#include "queue/rate.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace postern::control {
namespace {

using boost::json::array;
using boost::json::object;

constexpr auto kMaxSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Numbers as int64 throughout, so that readers need to know one type only.
std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(std::min(value, kMaxSigned)); }

void put_time(object& into, std::string_view key, const std::optional<WallTime>& time) {
  if (time) into[key] = to_rfc3339(*time);
}

void put_text(object& into, std::string_view key, std::string_view text) {
  if (!text.empty()) into[key] = json_text(text);
}

object to_json(const mail::Status& status) {
  object result;
  result["verdict"] = mail::name(status.verdict);
  if (status.code != 0) result["code"] = status.code;
  put_text(result, "enhanced", status.enhanced);
  put_text(result, "text", status.text);
  if (status.doubtful) result["doubtful"] = true;
  return result;
}

object to_json(const mail::SiteTrouble& trouble, std::string_view site) {
  object result;
  result["step"] = mail::name(trouble.step);
  result["failure"] = name(trouble.failure);
  if (trouble.code != 0) result["code"] = trouble.code;
  put_text(result, "text", trouble.text);
  result["login_refused"] = trouble.login_refused;
  put_text(result, "advice", mail::advice(trouble, site));
  return result;
}

std::string_view kind_name(mail::Source::Kind kind) {
  switch (kind) {
    case mail::Source::Kind::local: return "local";
    case mail::Source::Kind::smtp: return "smtp";
    case mail::Source::Kind::daemon: return "daemon";
  }
  return "daemon";
}

object to_json(const mail::Source& source) {
  object result;
  result["kind"] = kind_name(source.kind);
  if (source.uid) result["uid"] = *source.uid;
  if (source.pid) result["pid"] = *source.pid;
  put_text(result, "peer", source.peer);
  put_text(result, "helo", source.helo);
  return result;
}

/// About the reason that is shown: the site's, else the first recipient's that has one.
std::string advice_for(const queue::Entry& entry) {
  if (entry.limit) return {};
  if (entry.trouble) return mail::advice(*entry.trouble, entry.site);
  for (const queue::Entry::Rcpt& recipient : entry.recipients) {
    if (!recipient.last) continue;
    if (std::string text = mail::advice(*recipient.last, entry.site); !text.empty()) return text;
  }
  return {};
}

std::string_view kind_name(queue::Event::Kind kind) {
  switch (kind) {
    case queue::Event::Kind::attempt: return "attempt";
    case queue::Event::Kind::delivered: return "delivered";
    case queue::Event::Kind::deferred: return "deferred";
    case queue::Event::Kind::failed: return "failed";
    case queue::Event::Kind::site_trouble: return "site_trouble";
    case queue::Event::Kind::removed: return "removed";
  }
  return "removed";
}

}  // namespace

object to_json(const queue::Entry& entry) {
  object result;
  result["kind"] = "entry";
  result["id"] = entry.id.text();
  result["state"] = queue::name(entry.state);
  if (entry.is_read()) result["size"] = number(entry.size);
  result["accepted"] = to_rfc3339(entry.accepted);
  put_time(result, "next", entry.next);
  if (entry.is_read()) {
    result["sender"] = json_text(entry.sender);
    result["source"] = to_json(entry.source);
  }
  array recipients;
  for (const queue::Entry::Rcpt& recipient : entry.recipients) {
    object one;
    one["address"] = json_text(recipient.address);
    put_text(one, "original", recipient.original);
    if (recipient.last) one["last"] = to_json(*recipient.last);
    recipients.emplace_back(std::move(one));
  }
  result["recipients"] = std::move(recipients);
  if (!entry.unread.empty()) result["unread"] = json_texts(entry.unread);
  put_text(result, "site", entry.site);
  put_text(result, "route", entry.rerouted_to);
  if (!entry.routes.empty()) result["routes"] = json_texts(entry.routes);
  put_text(result, "reason", entry.reason);
  put_text(result, "doubt", entry.doubt);
  put_text(result, "advice", advice_for(entry));
  return result;
}

array attempts_json(const queue::Entry& entry) {
  array attempts;
  for (const queue::Entry::Attempt& attempt : entry.attempts) {
    object one;
    one["time"] = to_rfc3339(attempt.time);
    one["recipient"] = json_text(attempt.recipient);
    one["status"] = to_json(attempt.status);
    attempts.emplace_back(std::move(one));
  }
  return attempts;
}

object to_json(const queue::SiteStatus& site) {
  object result;
  result["name"] = json_text(site.name);
  result["waiting"] = number(site.waiting);
  result["active"] = number(site.active);
  if (site.trouble) result["trouble"] = to_json(*site.trouble, site.name);
  if (site.limited) {
    object limited;
    limited["limit"] = queue::to_text(site.limited->limit);
    limited["text"] = queue::wait_words(site.limited->limit);
    put_time(limited, "until", site.limited->until);
    result["limited"] = std::move(limited);
  }
  put_time(result, "since", site.since);
  put_time(result, "next_probe", site.next_probe);
  put_time(result, "last_delivery", site.last_delivery);
  result["tried"] = site.tried;
  result["connections"] = site.connections;
  array senders;
  for (const queue::SenderStatus& one : site.senders) {
    object sender;
    put_text(sender, "sender", one.sender);
    sender["trouble"] = to_json(one.trouble, site.name);
    put_time(sender, "since", one.since);
    put_time(sender, "next_probe", one.next_probe);
    senders.emplace_back(std::move(sender));
  }
  if (!senders.empty()) result["senders"] = std::move(senders);
  return result;
}

array to_json(const std::vector<queue::RouteStatus>& routes) {
  array result;
  for (const queue::RouteStatus& route : routes) {
    object one;
    one["route"] = json_text(route.text);
    one["waiting"] = number(route.waiting);
    result.emplace_back(std::move(one));
  }
  return result;
}

object to_json(const queue::Totals& totals) {
  object result;
  result["waiting"] = number(totals.waiting);
  result["active"] = number(totals.active);
  result["held"] = number(totals.held);
  result["storm"] = number(totals.storm);
  put_time(result, "storm_until", totals.storm_until);
  result["failed"] = number(totals.failed);
  result["corrupt"] = number(totals.corrupt);
  result["doubtful"] = number(totals.doubtful);
  result["uncertain"] = number(totals.uncertain);
  result["owed"] = number(totals.owed);
  put_time(result, "oldest", totals.oldest);
  result["accepted"] = number(totals.accepted);
  result["delivered"] = number(totals.delivered);
  result["deferred"] = number(totals.deferred);
  result["bounced"] = number(totals.bounced);
  return result;
}

void put_summary(object& into, const Summary& summary) {
  array findings;
  for (const Finding& finding : in_order(summary)) {
    object one;
    one["level"] = finding.level;
    one["text"] = json_text(finding.text);
    put_text(one, "advice", finding.advice);
    findings.emplace_back(std::move(one));
  }
  into["level"] = summary.level();
  into["verdict"] = json_text(verdict(summary));
  into["findings"] = std::move(findings);
}

object to_json(const queue::DropState& state, const std::string& spool) {
  object result;
  result["waiting"] = number(state.waiting);
  put_time(result, "oldest", state.oldest);
  result["directory"] = json_text(spool + "/drop");
  if (state.refused.empty()) return result;
  std::size_t files = 0;
  boost::json::array owners;
  for (const queue::DropState::Refused& one : state.refused) {
    files += one.files;
    object owner;
    owner["uid"] = one.uid;
    owner["files"] = number(one.files);
    owners.emplace_back(std::move(owner));
  }
  object refused;
  refused["files"] = number(files);
  refused["owners"] = std::move(owners);
  refused["directory"] = json_text(spool + "/refused");
  refused["kept_days"] = queue::kRefusedKept.count();
  result["refused"] = std::move(refused);
  return result;
}

object to_json(const queue::Event& event) {
  object result;
  result["kind"] = "event";
  result["event"] = kind_name(event.kind);
  result["id"] = event.id.text();
  put_text(result, "recipient", event.recipient);
  if (!event.recipient.empty()) {
    result["status"] = to_json(event.status);
    put_text(result, "advice", mail::advice(event.status, event.site));
  }
  if (event.report.site) result["trouble"] = to_json(*event.report.site, event.site);
  if (event.report.sender && !event.report.site) result["trouble"] = to_json(*event.report.sender, event.site);
  if (event.report.uncertain) result["uncertain"] = true;
  put_text(result, "host", event.report.host);
  put_text(result, "tls", event.report.tls);
  put_text(result, "mechanism", event.report.mechanism);
  return result;
}

object to_json(const mail::CheckReport& report) {
  object result;
  result["kind"] = "check";
  result["site"] = json_text(report.site);
  put_text(result, "host", report.host);
  put_text(result, "greeting", report.greeting);
  put_text(result, "tls_version", report.tls_version);
  put_text(result, "tls_cipher", report.tls_cipher);
  put_text(result, "certificate_subject", report.certificate_subject);
  put_text(result, "certificate_issuer", report.certificate_issuer);
  put_text(result, "certificate_expires", report.certificate_expires);
  put_text(result, "pin", report.pin);
  if (!report.tls_rules.empty()) result["tls_rules"] = json_texts(report.tls_rules);
  result["extensions"] = json_texts(report.extensions);
  result["offered"] = json_texts(report.offered);
  array tried;
  for (const mail::AuthAttempt& attempt : report.tried) {
    object one;
    one["mechanism"] = json_text(attempt.mechanism);
    one["succeeded"] = attempt.end == mail::AuthAttempt::End::accepted;
    one["end"] = mail::name(attempt.end);
    put_text(one, "reply", attempt.reply);
    tried.emplace_back(std::move(one));
  }
  result["tried"] = std::move(tried);
  array skipped;
  for (const mail::AuthSkip& skip : report.skipped) {
    object one;
    one["mechanism"] = json_text(skip.mechanism);
    one["reason"] = json_text(skip.reason);
    skipped.emplace_back(std::move(one));
  }
  result["skipped"] = std::move(skipped);
  result["order"] = json_texts(report.order);
  if (!report.weaker.empty()) result["weaker"] = json_texts(report.weaker);
  if (!report.warnings.empty()) result["warnings"] = json_texts(report.warnings);
  if (!report.trace.empty()) result["trace"] = json_texts(report.trace);
  put_text(result, "credentials", report.credentials);
  put_text(result, "mechanism", report.mechanism);
  if (report.trouble) result["trouble"] = to_json(*report.trouble, report.site);
  return result;
}

}  // namespace postern::control
