#include "control/veil.h"

#include "mail/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace postern::control {
namespace {

/// Before the login nobody was named yet.
bool may_name_others(const mail::SiteTrouble& trouble) { return trouble.step >= mail::Step::auth; }

void withhold_words(mail::SiteTrouble& trouble, const std::string& site) {
  trouble.advice = mail::advice(trouble, site);
  trouble.text = trouble.code == 0 ? std::string("what was met is for administrators to read")
                                   : fmt::format("the server said {}, and more to administrators", trouble.code);
  trouble.answer.clear();
}

}  // namespace

void veil(std::vector<queue::SiteStatus>& sites) {
  for (queue::SiteStatus& site : sites) {
    if (site.trouble && may_name_others(*site.trouble)) withhold_words(*site.trouble, site.name);
    for (queue::SenderStatus& one : site.senders) {
      one.sender.clear();
      withhold_words(one.trouble, site.name);
    }
  }
}

void veil(queue::Entry& entry) {
  if (!entry.trouble || !may_name_others(*entry.trouble)) return;
  const std::string words = entry.trouble->text;
  withhold_words(*entry.trouble, entry.site);
  // Before the words may stand whose mail is not taken, which is the user's own.
  const std::size_t before = entry.reason.size() - std::min(words.size(), entry.reason.size());
  entry.reason =
      entry.reason.ends_with(words) ? entry.reason.substr(0, before) + entry.trouble->text : entry.trouble->text;
}

}  // namespace postern::control
