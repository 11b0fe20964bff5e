// What the administrator must do about an answer that providers are known to give, or about trouble that we met
// ourselves: tables of answers (mail/advice_rows), the particular before the general. Pure. Empty where nothing is
// known: a wrong advice is worse than none.
#pragma once

#include "mail/report.h"
#include "mail/status.h"

#include <string>
#include <string_view>

namespace postern::mail {

/// About trouble of a site, or of a sender there. `site` is the smarthost's name in the settings, as commands take it;
/// empty where it is not known.
/// The text is one sentence or two without a full stop at the end; settings and commands stand in it by their names.
[[nodiscard]] std::string advice(const SiteTrouble& trouble, std::string_view site);

/// The same for what was said about a recipient.
[[nodiscard]] std::string advice(const Status& status, std::string_view site);

/// The advice, else the command that shows more. Empty where none does: `postern check` sends no mail, so that it never
/// meets what a server says in a transaction.
[[nodiscard]] std::string advice_or_check(const SiteTrouble& trouble, std::string_view site);

}  // namespace postern::mail
