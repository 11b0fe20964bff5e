// The recipients that are left for another transaction at once, as a message of their own: those that the server found
// too many for one, and those that were not asked for.
#pragma once

#include "mail/message.h"
#include "mail/report.h"
#include "relay/verdict.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace postern::relay {

class Remainder final : public mail::Message {
 public:
  Remainder(mail::Message& whole, const mail::DeliveryReport& report) : whole_(whole) {
    for (std::size_t i = 0; i < report.recipients.size(); ++i) {
      if (report.recipients[i] && !too_many_recipients(*report.recipients[i])) continue;
      places_.push_back(i);
      pending_.push_back(whole.pending()[i]);
    }
  }

  [[nodiscard]] const mail::Envelope& envelope() const override { return whole_.envelope(); }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return pending_; }
  Task<Result<std::string_view>> read() override { return whole_.read(); }
  void rewind() override { whole_.rewind(); }

  /// Puts what became of the remainder into the report of the whole.
  void merge(mail::DeliveryReport part, mail::DeliveryReport& report) const {
    for (std::size_t k = 0; k < places_.size(); ++k) {
      // Not asked again after all: the answer of the transaction before stands.
      if (part.recipients[k] || part.uncertain) report.recipients[places_[k]] = std::move(part.recipients[k]);
    }
    part.recipients = std::move(report.recipients);
    if (!part.doubted_at) part.doubted_at = report.doubted_at;
    report = std::move(part);
  }

 private:
  mail::Message& whole_;
  std::vector<std::size_t> places_;  // in the report of the whole
  std::vector<std::size_t> pending_;
};

}  // namespace postern::relay
