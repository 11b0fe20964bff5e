// Whose mail is gathered when it comes as a storm: the rows of the settings, the first that fits counts, and what none
// fits goes as it comes. Pure.
#pragma once

#include "mail/envelope.h"
#include "mail/local_names.h"
#include "mail/user.h"
#include "queue/queue_options.h"
#include "queue/route.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

/// What the rows of the settings say of a message.
struct StormChoice {
  std::optional<std::size_t> row;  ///< the one that counts; nothing: none fits
  StormRule rule;                  ///< that row
  std::string unanswered;          ///< why it is not known who sent it, where that matters: it goes as it comes then
};

class StormRules {
 public:
  StormRules() = default;
  /// Of the names those of this machine count.
  StormRules(std::vector<StormRule> rules, const mail::LocalNames& names);

  /// Nothing is ever gathered.
  [[nodiscard]] bool empty() const { return rules_.empty(); }
  /// It depends on its user whether a row fits: the name service is to be asked.
  [[nodiscard]] bool needs_user(const mail::Envelope& envelope) const;
  [[nodiscard]] std::optional<StormRule> rule_for(const mail::Envelope& envelope, const mail::User& user) const;
  [[nodiscard]] StormChoice choice_for(const mail::Envelope& envelope, const mail::User& user) const;

 private:
  std::vector<StormRule> rules_;
  Routes rows_;  ///< who they are for, in the same order
};

}  // namespace postern::queue
