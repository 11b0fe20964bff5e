#include "app/ask_history.h"

#include <utility>

namespace postern::app {
namespace {

Task<Result<HistoryRecords>> records_of(const history::Answers* answers, HistoryQuestion question) {
  history::Query query;
  if (question.failures) query.kinds = {history::Kind::failed, history::Kind::bounced};
  query.since = question.since;
  Result<history::Page> page = co_await answers->page(std::move(query), question.most);
  if (!page) co_return page.error();
  HistoryRecords records;
  for (boost::json::object& one : page->records) records.records.emplace_back(std::move(one));
  records.unread = std::move(page->unread);
  co_return records;
}

}  // namespace

AskHistory ask_history(const history::Answers& answers) {
  return [&answers](HistoryQuestion question) { return records_of(&answers, question); };
}

}  // namespace postern::app
