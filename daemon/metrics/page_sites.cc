#include "metrics/page_parts.h"

#include "base/json_members.h"
#include "base/text.h"
#include "mail/status_words.h"
#include "metrics/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace postern::metrics {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::size_t kShownSenders = 5;
/// So many smarthosts, and so many routes: where there are more, the most urgent ones.
constexpr std::size_t kShownRows = 12;
/// So many of the others can be unfolded.
constexpr std::size_t kFoldedRows = 100;

/// A sign beside the word, of another shape for each.
void add_state(Html& html, std::string_view word) {
  const bool well = word == "well";
  const bool bad = word == "login refused";
  const bool calm = word == "not tried";
  const auto cell = html.inside("td", {{"class", well   ? "state well"
                                                 : bad  ? "state bad"
                                                 : calm ? "state"
                                                        : "state trouble"}});
  {
    const auto sign = html.inside("svg", {{"viewBox", "0 0 12 12"}, {"aria-hidden", "true"}});
    if (well) html.raw(R"(<circle cx="6" cy="6" r="5" fill="currentColor"></circle>)");
    if (bad) html.raw(R"(<path d="M1 1h10v10H1z" fill="currentColor"></path>)");
    if (calm) html.raw(R"(<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor"></circle>)");
    if (!well && !bad && !calm) html.raw(R"(<path d="M6 1l5.5 10h-11z" fill="currentColor"></path>)");
  }
  html.text(word);
}

/// What the findings above have said, as far as nobody has to unfold them.
std::string told_above(const object& status) {
  const array& findings = array_in(status, "findings");
  std::string told;
  for (std::size_t i = 0; i < std::min(findings.size(), kShownFindings); ++i) {
    if (!findings[i].is_object()) continue;
    for (const std::string_view key : {"text", "advice"}) {
      told += raw_text_in(findings[i].get_object(), key) + "\n";
    }
  }
  return told;
}

/// A row of the table below that of the smarthost, as wide as the table.
struct Below {
  const std::string& site;  ///< id of the smarthost's name
  const std::string& told;  ///< above: what stands there already is not said twice
  WallTime now;
};

void add_more(Html& html, const Below& below, const std::string& words, const std::string& advice) {
  const auto row = html.inside("tr", {{"class", "more"}});
  const auto cell = html.inside("td", {{"colspan", "4"}, {"headers", below.site}});
  if (!words.empty()) {
    const auto line = html.inside("p");
    html.quote(words);
  }
  if (advice.empty() || below.told.find(advice) != std::string::npos) return;
  const auto line = html.inside("p");
  html.sentence("What to do: " + advice);
}

std::string trouble_words(const object& trouble, const Below& below) {
  return mail::unless_told(printable(raw_text_in(trouble, "text")), below.told);
}

void add_senders(Html& html, const array& senders, const Below& below) {
  for (std::size_t i = 0; i < std::min(senders.size(), kShownSenders); ++i) {
    if (!senders[i].is_object()) continue;
    const object& one = senders[i].get_object();
    const object& why = object_in(one, "trouble");
    const mail::TroubleTimes times{{}, time_in(one, "since"), time_in(one, "next_probe")};
    add_more(html, below, mail::sender_words(raw_text_in(one, "sender"), trouble_words(why, below), times, below.now),
             raw_text_in(why, "advice"));
  }
  if (senders.size() > kShownSenders) {
    add_more(html, below, fmt::format("and of {} more senders", senders.size() - kShownSenders), {});
  }
}

void add_site(Html& html, const object& site, const Below& below) {
  const object& trouble = object_in(site, "trouble");
  const auto delivery = time_in(site, "last_delivery");
  {
    const auto row = html.inside("tr");
    html.element("th", {{"scope", "row"}, {"id", below.site}}, raw_text_in(site, "name"));
    add_state(html, mail::state_word({.tried = flag_in(site, "tried"),
                                      .weaker = site.contains("weaker"),
                                      .trouble = !trouble.empty(),
                                      .login_refused = flag_in(trouble, "login_refused")}));
    {
      const auto cell = html.inside("td", {{"class", "n"}});
      html.text(grouped(count_in(site, "waiting")));
      if (const std::uint64_t active = count_in(site, "active"); active > 0) {
        html.element("p", {{"class", "muted"}}, grouped(active) + " active");
      }
    }
    html.element("td", delivery ? mail::relative(*delivery, below.now) : "none yet");
  }
  const object& limited = object_in(site, "limited");
  if (const auto until = time_in(limited, "until")) {
    add_more(html, below,
             mail::limit_words(raw_text_in(limited, "text"), raw_text_in(limited, "limit"), *until, below.now), {});
  }
  if (!trouble.empty()) {
    const mail::TroubleTimes times{raw_text_in(trouble, "step"), time_in(site, "since"), time_in(site, "next_probe")};
    add_more(html, below, trouble_words(trouble, below) + mail::behind_trouble(times, below.now),
             raw_text_in(trouble, "advice"));
  }
  add_senders(html, array_in(site, "senders"), below);
}

/// What is to be seen first: what keeps mail, then what is told of besides, then where mail waits.
int urgency(const object& site) {
  const object& trouble = object_in(site, "trouble");
  if (flag_in(trouble, "login_refused")) return 4;
  if (!trouble.empty()) return 3;
  if (!array_in(site, "senders").empty() || site.contains("limited") || site.contains("weaker")) return 2;
  return count_in(site, "waiting") > 0 ? 1 : 0;
}

/// In their order where all are shown, else the most urgent first.
std::vector<const object*> in_order(const array& sites) {
  std::vector<const object*> found;
  for (const boost::json::value& one : sites) {
    if (one.is_object()) found.push_back(&one.get_object());
  }
  if (found.size() > kShownRows) {
    std::ranges::sort(found, [](const object* one, const object* other) {
      return std::tuple(urgency(*other), count_in(*other, "waiting"), one) <
             std::tuple(urgency(*one), count_in(*one, "waiting"), other);
    });
  }
  return found;
}

using Rows = std::span<const object* const>;

void add_site_table(Html& html, Rows sites, std::size_t first, const std::string& caption, const PageContents& contents,
                    const std::string& told) {
  const auto table = html.inside("table");
  html.element("caption", caption);
  add_head(html, {{"Smarthost", ""}, {"State", ""}, {"Waiting", "n"}, {"Last delivery", ""}});
  const auto body = html.inside("tbody");
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const std::string id = fmt::format("site-{}", first + i);
    add_site(html, *sites[i], Below{id, told, contents.now});
  }
}

std::string fold_words(Rows sites) {
  const auto troubled = std::ranges::count_if(sites, [](const object* one) { return urgency(*one) >= 3; });
  return fmt::format("{} more, {} of them in trouble", grouped(sites.size()),
                     troubled == 0 ? "none" : grouped(static_cast<std::uint64_t>(troubled)));
}

void add_rest(Html& html, std::size_t left_out) {
  if (left_out == 0) return;
  const auto line = html.inside("p", {{"class", "muted"}});
  html.sentence(fmt::format("And {} more: `postern status` has all.", grouped(left_out)));
}

void add_route_table(Html& html, Rows routes, const std::string& caption) {
  const auto table = html.inside("table");
  html.element("caption", caption);
  add_head(html, {{"Route", ""}, {"Waiting", "n"}});
  const auto body = html.inside("tbody");
  for (const object* const route : routes) {
    const auto row = html.inside("tr");
    html.element("th", {{"scope", "row"}}, raw_text_in(*route, "route"));
    html.element("td", {{"class", "n"}}, grouped(count_in(*route, "waiting")));
  }
}

void add_routes(Html& html, const array& all) {
  if (all.empty()) return;
  std::vector<const object*> routes;
  for (const boost::json::value& one : all) {
    if (one.is_object()) routes.push_back(&one.get_object());
  }
  const bool folds = routes.size() > kShownRows;
  if (folds) {
    std::ranges::sort(routes, [](const object* one, const object* other) {
      return std::tuple(count_in(*other, "waiting"), one) < std::tuple(count_in(*one, "waiting"), other);
    });
  }
  const Rows shown = Rows(routes).first(std::min(routes.size(), kShownRows));
  const Rows folded = Rows(routes).subspan(shown.size());
  add_route_table(html, shown,
                  folds ? "Messages that wait, by the smarthosts that they may go by: where most wait first"
                        : "Messages that wait, by the smarthosts that they may go by");
  if (!folds) return;
  std::uint64_t waiting = 0;
  for (const object* const route : folded) waiting += count_in(*route, "waiting");
  const auto details = html.inside("details");
  html.element("summary", fmt::format("{} more routes, on which {} wait", grouped(folded.size()),
                                      waiting == 0 ? "no messages" : grouped(waiting)));
  add_route_table(html, folded.first(std::min(folded.size(), kFoldedRows)), "The other routes");
  add_rest(html, folded.size() - std::min(folded.size(), kFoldedRows));
}

}  // namespace

void add_smarthosts(Html& html, const PageContents& contents) {
  const auto section = html.inside("section", {{"aria-labelledby", "smarthosts"}});
  html.element("h2", {{"id", "smarthosts"}}, "Smarthosts");
  const std::vector<const object*> sites = in_order(array_in(contents.status, "smarthosts"));
  if (sites.empty()) {
    html.element("p", {{"class", "none"}}, "None is configured.");
    return;
  }
  const std::string told = told_above(contents.status);
  const Rows shown = Rows(sites).first(std::min(sites.size(), kShownRows));
  const Rows folded = Rows(sites).subspan(shown.size());
  add_site_table(html, shown, 0,
                 folded.empty() ? "In the order of the settings"
                                : fmt::format("{} of {}: those in trouble first", shown.size(), grouped(sites.size())),
                 contents, told);
  if (!folded.empty()) {
    const Rows listed = folded.first(std::min(folded.size(), kFoldedRows));
    const auto details = html.inside("details");
    html.element("summary", fold_words(folded));
    add_site_table(html, listed, shown.size(), "The other smarthosts", contents, told);
    add_rest(html, folded.size() - listed.size());
  }
  add_routes(html, array_in(contents.status, "routes"));
}

}  // namespace postern::metrics
