#include "mail/advice.h"

#include "base/text.h"
#include "mail/advice_rows.h"

#include <algorithm>
#include <array>
#include <optional>

namespace postern::mail {
namespace {

struct Case {
  std::string words;         ///< lower case, the code before them
  std::string host;          ///< lower case
  std::optional<Step> step;  ///< nothing: somewhere in a transaction
  Failure failure = Failure::refused;
  bool login_refused = false;
};

bool in_transaction(const Case& met) {
  return !met.step || (*met.step >= Step::mail && *met.step <= Step::end_of_data);
}

bool applies(At at, const Case& met) {
  switch (at) {
    case At::anywhere: return true;
    case At::session: return met.step == Step::greeting || met.step == Step::ehlo || in_transaction(met);
    case At::login: return met.step == Step::auth;
    case At::refused_login:
    case At::refusing_host: return met.login_refused;
    case At::transaction: return in_transaction(met);
    case At::greeting: return met.step == Step::greeting;
    case At::ehlo: return met.step == Step::ehlo;
    case At::tls: return met.step == Step::tls || met.failure == Failure::tls;
    case At::resolve: return met.step == Step::resolve;
    case At::connect: return met.step == Step::connect;
  }
  return false;
}

/// The code as a word of its own: "5.7.3" is not in "15.7.3.1", nor "535" in an id or a port.
bool has_code(std::string_view words, std::string_view code) {
  for (std::size_t at = words.find(code); at != std::string_view::npos; at = words.find(code, at + 1)) {
    const std::string_view after = words.substr(at + code.size());
    const bool begins = at == 0 || std::string_view(" \"-#").find(words[at - 1]) != std::string_view::npos;
    const bool ends = after.empty() || std::string_view(" \"-,;:)").find(after.front()) != std::string_view::npos;
    if (begins && ends) return true;
  }
  return false;
}

/// The parts of `pattern` between its "*", one after the other.
bool says(std::string_view words, std::string_view pattern) {
  while (true) {
    const std::size_t star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    const std::size_t at = words.find(part);
    if (at == std::string_view::npos) return false;
    if (star == std::string_view::npos) return true;
    words.remove_prefix(at + part.size());
    pattern.remove_prefix(star + 1);
  }
}

bool fits(const AdviceRow& row, const Case& met) {
  if (!applies(row.at, met)) return false;
  if (row.failure && *row.failure != met.failure) return false;
  if (!says(row.at == At::refusing_host ? met.host : met.words, row.words)) return false;
  return row.code.empty() || has_code(met.words, row.code);
}

std::string for_site(std::string_view text, std::string_view site) {
  constexpr std::string_view kName = "NAME";
  std::string result;
  for (std::size_t at = text.find(kName); at != std::string_view::npos; at = text.find(kName)) {
    result.append(text.substr(0, at)).append(site);
    // `postern check` without a name is about all of them.
    if (site.empty() && result.ends_with(' ')) result.pop_back();
    text.remove_prefix(at + kName.size());
  }
  return result.append(text);
}

/// The first row that fits, of one table after the other.
std::string look_up(std::span<const AdviceRows> tables, const Case& met, std::string_view site) {
  for (const AdviceRows table : tables) {
    const auto row = std::ranges::find_if(table, [&met](const AdviceRow& one) { return fits(one, met); });
    if (row != table.end()) return for_site(row->text, site);
  }
  return {};
}

constexpr std::size_t kTablesOfServers = 8;

/// The login's come first: some of their numbers are unmistakable wherever they stand. This machine's come late, since
/// Postfix says "Client host rejected" before any words of its administrator's.
std::array<AdviceRows, kTablesOfServers> of_servers() {
  return {login_answers(),  message_answers(),       sender_answers(),  account_answers(),
          amount_answers(), missing_login_answers(), machine_answers(), refused_logins()};
}

/// A server's words are no finding of ours, even if they sound like one.
std::array<AdviceRows, 3> of_ours() { return {login_answers(), own_findings(), refused_logins()}; }

/// What was said. The names of hosts and steps before the server's words are ours, and may sound like anything.
std::string_view said_words(const SiteTrouble& trouble, std::string_view text) {
  const std::size_t quoted = text.find('"');
  const bool answered = trouble.code != 0 && trouble.step != Step::auth && quoted != std::string_view::npos;
  return answered ? text.substr(quoted + 1) : text;
}

}  // namespace

std::string advice(const SiteTrouble& trouble, std::string_view site) {
  if (trouble.advice) return *trouble.advice;
  const std::string text = to_lower(trouble.text);
  Case met;
  met.words = std::to_string(trouble.code) + ' ';
  met.words += trouble.answer.empty() ? said_words(trouble, text) : to_lower(trouble.answer);
  met.host = text.substr(0, text.find_first_of("[: "));
  met.step = trouble.step;
  met.failure = trouble.failure;
  met.login_refused = trouble.login_refused;
  return trouble.code == 0 ? look_up(of_ours(), met, site) : look_up(of_servers(), met, site);
}

std::string advice(const Status& status, std::string_view site) {
  if (status.verdict == Verdict::delivered) return {};
  Case met;
  met.words = to_lower(to_text(status));
  return look_up(of_servers(), met, site);
}

std::string advice_or_check(const SiteTrouble& trouble, std::string_view site) {
  std::string text = advice(trouble, site);
  if (text.empty() && trouble.step <= Step::auth) text.append("`postern check ").append(site).append("` shows more");
  return text;
}

}  // namespace postern::mail
