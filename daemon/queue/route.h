// Routes: by which sites mail goes, and in which order. The rows of the settings choose one for each recipient by
// sender, recipient and user; the first that fits counts, and what none fits goes by all. Pure. Nothing of it is
// stored, so that other settings hold for what waits, too.
#pragma once

#include "mail/envelope.h"
#include "mail/idn.h"
#include "mail/local_names.h"
#include "mail/user.h"
#include "queue/queue_options.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

struct Route {
  std::string rerouted_to{};  ///< by this one alone, while it is configured: an operator said so; empty: nobody did
  std::vector<std::string> sites{};  ///< these alone, in their order; none: all that are configured
  bool unknown = false;              ///< by none yet: a row names users, and nobody says which one sent the message

  friend bool operator==(const Route&, const Route&) = default;
};
/// "main, backup"; "all smarthosts"; "not known".
[[nodiscard]] std::string to_text(const Route& route);

/// What the rows of the settings say of one recipient.
struct RouteChoice {
  std::optional<std::size_t> row;  ///< the one that counts; nothing: none fits
  std::size_t line = 0;            ///< where that stands in the settings
  Route route;
};

/// The recipients of a message that go the same way, by their numbers in the envelope.
struct Leg {
  Route route;
  std::vector<std::size_t> recipients;
  std::size_t whole = 0;  ///< how many of all in the envelope go this way
};

class Routes {
 public:
  Routes() = default;
  /// Of the names those of this machine count. Of the domains in letters that the recipients of one message have, so
  /// many are compared with A-labels as mail::AsciiDomains reads; the others fit no row for such a domain.
  Routes(std::vector<RouteRule> rules, const mail::LocalNames& names);

  /// All mail goes by all sites.
  [[nodiscard]] bool empty() const { return rules_.empty(); }
  /// The row that counts, by its number; nothing: none fits.
  [[nodiscard]] std::optional<std::size_t> row_for(std::string_view sender, std::string_view recipient,
                                                   const mail::User& user) const;
  [[nodiscard]] const std::vector<RouteRule>& rules() const { return rules_; }
  [[nodiscard]] Route route_of(std::optional<std::size_t> row) const;
  /// Of these recipients, in ascending order, each in one leg, in the order of the first of each.
  [[nodiscard]] std::vector<Leg> legs(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                                      const mail::User& user) const {
    return legs_for(envelope, recipients, &user);
  }
  /// Likewise while it is not known who sent it. Those for whom that matters, since a row that names users stands
  /// before the first that fits whoever it was, are in a leg whose route is unknown; for the others nobody need be
  /// asked.
  [[nodiscard]] std::vector<Leg> legs(const mail::Envelope& envelope,
                                      const std::vector<std::size_t>& recipients) const {
    return legs_for(envelope, recipients, nullptr);
  }

  friend bool operator==(const Routes&, const Routes&) = default;

 private:
  class Address;
  [[nodiscard]] static bool fits(const std::vector<std::string>& patterns, Address& address);
  /// The rows that may count for this sender and user (null: not known): up to the first that fits every recipient.
  [[nodiscard]] std::vector<std::size_t> rows_for(std::string_view sender, const mail::User* user) const;
  [[nodiscard]] std::optional<std::size_t> first_of(const std::vector<std::size_t>& rows, std::string_view recipient,
                                                    mail::AsciiDomains& domains) const;
  [[nodiscard]] std::vector<Leg> legs_for(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients,
                                          const mail::User* user) const;

  std::vector<RouteRule> rules_;
  mail::LocalNames names_;  ///< without any aliases
  bool labels_ = false;     ///< a pattern or a name has A-labels, so that what is in letters may be meant
};

/// Whose rows count: the user who sent it. What we made ourselves is nobody's.
[[nodiscard]] std::optional<std::uint32_t> sent_by(const mail::Source& source);

}  // namespace postern::queue
