#include "app/browser_views.h"

#include "base/json_text.h"
#include "control/status.h"
#include "metrics/status_page.h"

#include <chrono>
#include <string>
#include <utility>

namespace postern::app {
namespace {

using boost::json::array;
using boost::json::object;

/// Where nothing fails, failures are looked for in no more than this of a long history.
constexpr std::chrono::hours kDay{24};

Result<HistoryRecords> in_time(std::optional<Result<HistoryRecords>> answer) {
  if (!answer) {
    return Error{Failure::timeout, "it was not searched in time: it is large, or its disk is slow or does not answer"};
  }
  return std::move(*answer);
}

bool is_kept(const Result<HistoryRecords>& records) { return records || records.error().failure != Failure::not_found; }

/// Why the records are not there, or are not all; empty: they are, or none are kept.
std::string trouble_of(const Result<HistoryRecords>& records) {
  if (records) return records->unread;
  return is_kept(records) ? "The history cannot be read: " + records.error().text : std::string();
}

std::string history_document(Result<HistoryRecords> records) {
  object document;
  document["kind"] = "page_history";
  document["kept"] = is_kept(records);
  const std::string trouble = records ? records->unread : records.error().text;
  if (is_kept(records) && !trouble.empty()) document["error"] = json_text(trouble);
  document["records"] = records ? std::move(records->records) : array();
  return to_line(document);
}

}  // namespace

BrowserViews::BrowserViews(const Executor& loop, std::shared_ptr<control::Context> context, AskHistory history,
                           SteadyTime::duration patience)
    : context_(std::move(context)),
      history_(std::move(history)),
      waiting_(loop, "page: what waits", patience),
      failures_(loop, "page: failures", patience),
      records_(loop, "page: history", patience) {}

/// All at once: they may wait for the same disk.
void BrowserViews::ask(WallTime now) {
  waiting_.ask(control::oldest_waiting(context_, metrics::kShownMessages));
  if (!history_) return;
  HistoryQuestion question;
  question.most = kHistoryRecords;
  records_.ask(history_(question));
  question.failures = true;
  question.since = now - kDay;
  question.most = metrics::kShownMessages;
  failures_.ask(history_(question));
}

Task<metrics::Views> BrowserViews::make(std::vector<metrics::Activity::Period> day, WallTime begun,
                                        net::PageOfMetrics shown) {
  metrics::PageContents contents;
  contents.names = shown == net::PageOfMetrics::all;
  contents.day = std::move(day);
  contents.begun = begun;
  if (contents.names) ask(context_->clock.wall());
  // Whoever asks is not known, and without names is told what concerns all.
  control::Reader reader;
  reader.administrator = contents.names;
  contents.status = co_await control::status_of(*context_, reader);
  std::optional<std::string> history;
  if (contents.names) {
    contents.waiting = co_await waiting_.answer();
    Result<HistoryRecords> failures = Error{Failure::not_found, {}};
    Result<HistoryRecords> records = failures;
    if (history_) {
      failures = in_time(co_await failures_.answer());
      records = in_time(co_await records_.answer());
    }
    contents.history_trouble = trouble_of(failures);
    if (failures) contents.failures = std::move(failures->records);
    history = history_document(std::move(records));
  }
  contents.now = context_->clock.wall();
  metrics::Views views{metrics::status_page(contents), to_line(metrics::status_document(contents)), std::move(history)};
  co_return views;
}

}  // namespace postern::app
