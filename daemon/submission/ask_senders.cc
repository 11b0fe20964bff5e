#include "submission/ask_senders.h"

#include "submission/sender_rules.h"

#include <utility>

namespace postern::submission {

Task<Result<std::optional<smtp::Refusal>>> refused_by_senders(const Config& config, std::optional<std::uint32_t> uid,
                                                              std::string reverse_path, const std::string* header) {
  std::optional<smtp::Refusal> refusal;
  if (config.senders.empty() || uid == 0U) co_return refusal;
  User user;
  if (uid && config.user) {
    Result<User> found = co_await config.user(*uid);
    if (!found) co_return found.error();
    user = std::move(*found);
  }
  const SenderCheck check(config.senders, config, user);
  if (check.free()) co_return refusal;
  refusal = check.reverse_path(reverse_path);
  if (!refusal) refusal = header != nullptr ? check.header(*header) : check.too_long();
  co_return refusal;
}

}  // namespace postern::submission
