#include "accounts.h"

#include "base/text.h"

#include <chrono>
#include <fstream>
#include <optional>
#include <vector>

namespace postern::practice {
namespace {

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

bool Accounts::token_valid(std::string_view name, std::string_view given) const {
  if (name != user || given.empty()) return false;
  if (given == token) return true;
  std::ifstream file(tokens_file);
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.empty() || words.front() != given) continue;
    if (words.size() == 1) return true;
    const std::optional<std::uint64_t> expires = parse_number(words[1]);
    return expires && unix_now() < static_cast<std::int64_t>(*expires);
  }
  return false;
}

sasl::ServerSide server_side(const Accounts& accounts, const net::TlsInfo* tls, std::string seed) {
  sasl::ServerSide side;
  side.password_of = [&accounts](std::string_view user) -> std::optional<std::string> {
    if (user != accounts.user) return std::nullopt;
    return accounts.password;
  };
  side.token_valid = [&accounts](std::string_view user, std::string_view token) {
    return accounts.token_valid(user, token);
  };
  side.challenge_seed = std::move(seed);
  if (tls == nullptr) return side;
  for (const auto& [name, data] : tls->bindings) side.bindings.push_back(sasl::ChannelBinding{name, data});
  side.certificate_user = tls->common_name;
  return side;
}

}  // namespace postern::practice
