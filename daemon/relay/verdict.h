// Replies and errors turned into the values of a DeliveryReport. Pure.
#pragma once

#include "base/result.h"
#include "mail/report.h"
#include "mail/status.h"
#include "smtp/reply.h"

#include <string>
#include <string_view>

namespace postern::relay {

/// 421: the server closes; whatever it has not answered is tried again (RFC 5321 3.8).
inline constexpr int kClosing = 421;

/// What a reply to DATA, to MAIL or to the end of data means for a recipient. The enhanced code agrees with the verdict
/// (2.0.0, 4.0.0, 5.0.0 where the server gave none). A sender that the account may not use defers.
[[nodiscard]] mail::Status status_of(const smtp::Reply& reply);
/// Deferred whatever the reply says; a 5.x.y becomes 4.x.y.
[[nodiscard]] mail::Status deferred_status_of(const smtp::Reply& reply);
/// The same for RCPT: 552 means "too many recipients" and is temporary (RFC 5321 4.5.3.1.10).
[[nodiscard]] mail::Status recipient_status_of(const smtp::Reply& reply);
/// A verdict of our own, reached without asking the server.
[[nodiscard]] mail::Status own_status(mail::Verdict verdict, std::string_view enhanced, std::string text);

/// "Too many recipients" (RFC 5321 4.5.3.1.10): worth another transaction at once, if this one delivered to somebody.
[[nodiscard]] bool too_many_recipients(const mail::Status& status);

/// A refusal that speaks of our login or account and so would meet every message: the site waits, nothing is bounced.
[[nodiscard]] bool concerns_account(const smtp::Reply& reply);

/// "host: what: the error's text".
[[nodiscard]] mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what,
                                             const Error& error);
/// "host: what: "the server's words"".
[[nodiscard]] mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what,
                                             const smtp::Reply& reply);

}  // namespace postern::relay
