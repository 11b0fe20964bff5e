#include "control/history_lines.h"

#include "base/ids.h"
#include "base/zone.h"
#include "control/exits.h"
#include "control/history_query.h"
#include "control/members.h"
#include "control/message_named.h"
#include "control/names_meant.h"
#include "control/requests.h"
#include "history/record_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace postern::control {
namespace {

using boost::json::object;

constexpr std::uint64_t kDefaultResults = 100;
/// Where nothing is found, so often a line says that it is still looked for, and finds out whether anybody waits.
constexpr Milliseconds kSign{1000};
/// Where there is as much as was asked for, so long it is looked for one more.
constexpr Milliseconds kOneMore{1000};

bool names_state(const object& request) {
  const boost::json::value* filter = request.if_contains(members::kFilter);
  return filter != nullptr && filter->is_object() && filter->get_object().contains(members::kState);
}

/// `reached`: where it is not known whether there are more, so far back there are none.
Task<Result<void>> say_more(Lines& lines, std::string reached) {
  object line;
  line["kind"] = "more";
  if (!reached.empty()) line["reached"] = reached;
  co_return co_await lines.line(line);
}

/// Nobody is told by the disk that a client has gone; a line that cannot be written tells.
class Signs {
 public:
  Signs(Lines& lines, Clock& clock) : lines_(lines), clock_(clock), last_(clock.steady()) {}

  /// If it is time for one.
  Task<Result<void>> give(std::string reached) {
    const SteadyTime now = clock_.steady();
    if (now - last_ < kSign) co_return Result<void>();
    last_ = now;
    object line;
    line["kind"] = "searching";
    if (!reached.empty()) line["reached"] = reached;
    const Result<void> added = co_await lines_.line(line);
    if (!added) co_return added;
    co_return co_await lines_.flush();
  }

 private:
  Lines& lines_;
  Clock& clock_;
  SteadyTime last_;
};

/// Where no record of it was found: a slip in a name looks like mail that was never sent.
std::optional<Error> unknown_site(const AskedHistory& asked, const std::optional<std::string>& site) {
  if (!site || asked.sites.empty() || std::ranges::find(asked.sites, *site) != asked.sites.end()) return std::nullopt;
  return nothing_called("smarthost", *site, asked.sites, ", ");
}

/// How a list went.
struct ListSoFar {
  std::optional<WallTime> since;  ///< what was asked for
  bool any = false;               ///< something was found
  bool whole = false;             ///< all was looked through
};

/// What the list cannot have, although it was asked for.
Task<Result<void>> say_kept(const AskedHistory& asked, const history::Walk& walk, const ListSoFar& list, Lines& lines) {
  const auto begins = list.whole ? history::begins_for(asked.owner, walk.begins()) : std::nullopt;
  const bool asks_before = list.since ? list.since < begins : !list.any;
  object line;
  line["kind"] = "kept";
  if (begins && asks_before) line["begins"] = to_rfc3339(*begins);
  if (!walk.left_out().empty()) line["left_out"] = walk.left_out().to_json();
  if (line.size() == 1) co_return Result<void>();
  co_return co_await lines.line(line);
}

Task<Result<int>> end_list(const AskedHistory& asked, const history::Walk& walk, const ListSoFar& list, Lines& lines) {
  const Result<void> told = co_await say_kept(asked, walk, list, lines);
  if (!told) co_return told.error();
  std::string unread = walk.unread().text();
  if (unread.empty()) co_return exits::kWell;
  co_return Error{Failure::io, std::move(unread)};
}

/// What was found is sent while the rest is looked for.
Task<Result<int>> send_results(const AskedHistory& asked, history::Walk& walk, std::uint64_t left, Lines& lines,
                               ListSoFar& list) {
  Signs signs(lines, asked.clock);
  std::optional<SteadyTime> full;  // since when nothing is left to be sent
  std::string reached;
  for (;;) {
    const Result<history::Search::Found> found = co_await walk.next();
    if (!found) co_return found.error();
    if (!found->reached.empty()) reached = found->reached;
    for (const history::Record& record : found->records) {
      list.any = true;
      if (left == 0) {
        const Result<void> told = co_await say_more(lines, "");
        if (!told) co_return told.error();
        co_return co_await end_list(asked, walk, list, lines);
      }
      const object line = history::to_json(record);
      const Result<void> sent = co_await lines.line(line);
      if (!sent) co_return sent.error();
      --left;
    }
    list.whole = found->ended;
    if (list.whole) co_return co_await end_list(asked, walk, list, lines);
    if (left == 0 && !full) {
      full = asked.clock.steady();
      const Result<void> sent = co_await lines.flush();
      if (!sent) co_return sent.error();
    }
    if (full && asked.clock.steady() - *full >= kOneMore) {
      const Result<void> told = co_await say_more(lines, reached);
      if (!told) co_return told.error();
      co_return co_await end_list(asked, walk, list, lines);
    }
    const Result<void> signalled = co_await signs.give(found->reached);
    if (!signalled) co_return signalled.error();
  }
}

Error unknown(bool own, const std::string& id) {
  return {Failure::not_found, fmt::format("the history knows no message{} {}{}", own ? " of yours" : "",
                                          id.size() < QueueId::kLength ? "that begins with " : "", id)};
}

/// Nothing tells how it ended. `gone`: it is known that it is not in the queue.
Error open_end(std::string_view id, bool gone) {
  const std::string_view where =
      gone ? "is not in the queue" : "may be in the queue, which posternd knows when it runs";
  const std::string_view log = gone ? "the log may" : "or the log may tell what became of it";
  return {gone ? Failure::not_found : Failure::busy,
          fmt::format("message {} {}, and the history does not tell how it ended: {} ({})", id, where, log,
                      in_the_log(id))};
}

/// Records of the message may be among these; empty: there are none.
std::string left_out_of(const history::Story& story) {
  if (story.left_out == 0) return {};
  return fmt::format("; at least {} {} left out of the history since this message came (history.size)", story.left_out,
                     story.left_out == 1 ? "record was" : "records were");
}

/// Where nothing is known of a message.
std::string missing_of(const history::Story& story) {
  std::string text = left_out_of(story);
  if (story.begins) {
    text += fmt::format("; the history begins at {}, after this message came", to_local_rfc3339(*story.begins));
  }
  return text;
}

std::optional<Error> doubt_of(const history::Story& story, bool gone) {
  std::optional<Error> doubt;
  if (!story.unread.empty()) doubt = Error{Failure::io, story.unread};
  if (story.records.empty() || story.ended) return doubt;
  Error error = open_end(story.records.back().at("id").as_string(), gone);
  error.text += left_out_of(story);
  if (!doubt) return error;
  doubt->text = error.text + "; " + doubt->text;
  return doubt;
}

}  // namespace

Result<int> outcome_of(const Told& told, Error unknown) {
  if (told.known && !told.doubt) return exits::kWell;
  if (told.known) return *told.doubt;
  unknown.text += told.missing;
  if (!told.doubt) return unknown;
  return Error{told.doubt->failure, unknown.text + "; " + told.doubt->text};
}

Task<Result<int>> list_history(const AskedHistory& asked, Lines& lines) {
  const Result<std::uint64_t> limit = number_of(asked.request, members::kLimit, kDefaultResults);
  if (!limit) co_return limit.error();
  Result<history::Query> query = query_of(asked.request);
  if (!query) co_return query.error();
  query->owner = asked.owner;
  const std::optional<std::string> site = query->site;
  ListSoFar list;
  list.since = query->since;
  const auto detail = names_state(asked.request) ? history::Detail::all : history::Detail::endings;
  const auto walk = asked.history.walk(std::move(*query), detail);
  if (!walk) co_return walk.error();
  const Result<int> ending = co_await send_results(asked, **walk, *limit, lines, list);
  if (!ending || list.any) co_return ending;
  if (std::optional<Error> unknown = unknown_site(asked, site)) co_return *unknown;
  co_return ending;
}

Task<Result<Told>> tell_story(const AskedHistory& asked, std::string id, Lines& lines) {
  Signs signs(lines, asked.clock);
  history::Between between = [&signs](const std::string& reached) { return signs.give(reached); };
  Result<history::Story> story = co_await asked.history.story(id, asked.owner, between);
  if (!story) co_return story.error();
  bool waits = false;
  if (!story->ended) {
    const std::string whole(story->records.back().at("id").as_string());
    if (asked.in_queue) waits = co_await asked.in_queue(whole);
    // It may have left the queue since it was looked for in the history; and the whole id alone tells since when
    // records may be missing.
    if (!waits && (asked.in_queue || whole != id)) story = co_await asked.history.story(whole, asked.owner, between);
    if (!story) co_return story.error();
  }
  for (const object& record : story->records) {
    const Result<void> sent = co_await lines.line(record);
    if (!sent) co_return sent.error();
  }
  if (story->more) {
    const Result<void> told = co_await say_more(lines, "");
    if (!told) co_return told.error();
  }
  story->ended = story->ended || waits;
  Told told;
  told.known = !story->records.empty();
  told.doubt = doubt_of(*story, static_cast<bool>(asked.in_queue));
  if (!told.known) told.missing = missing_of(*story);
  co_return told;
}

Task<Result<int>> show_history(const AskedHistory& asked, Lines& lines) {
  const Result<std::string> id = text_of(asked.request, members::kId, "");
  if (!id) co_return id.error();
  if (id->size() < kShortestBeginning || id->size() > QueueId::kLength) {
    co_return Error{Failure::invalid,
                    fmt::format("\"{}\" is no queue id: they have {} characters of a-z and 0-9, of which {} are enough "
                                "where no other message begins with them",
                                id->substr(0, 64), QueueId::kLength, kShortestBeginning)};
  }
  const Result<Told> told = co_await tell_story(asked, *id, lines);
  if (!told) co_return told.error();
  co_return outcome_of(*told, unknown(asked.owner.has_value(), *id));
}

}  // namespace postern::control
