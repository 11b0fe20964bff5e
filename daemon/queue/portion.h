// Some of a message's recipients, as a message of their own: those that go one way, and of these the first, so many as
// a limit of the site leaves now.
#pragma once

#include "mail/message.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace postern::queue {

class Portion final : public mail::Message {
 public:
  Portion(mail::Message& whole, const std::vector<std::size_t>& going, std::size_t recipients)
      : whole_(whole),
        pending_(going.begin(), going.begin() + static_cast<std::ptrdiff_t>(std::min(recipients, going.size()))) {}

  [[nodiscard]] const mail::Envelope& envelope() const override { return whole_.envelope(); }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return pending_; }
  Task<Result<std::string_view>> read() override { return whole_.read(); }
  void rewind() override { whole_.rewind(); }

 private:
  mail::Message& whole_;
  std::vector<std::size_t> pending_;
};

}  // namespace postern::queue
