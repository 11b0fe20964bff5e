#include "history/answers.h"

#include "base/ids.h"
#include "base/text.h"
#include "history/record_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

namespace postern::history {
namespace {

constexpr std::size_t kNamed = 5;  // of messages whose ids begin alike

Error ambiguous(const std::string& beginning, const std::set<std::string>& ids) {
  std::vector<std::string> names(ids.begin(), ids.end());
  const bool more = names.size() > kNamed;
  names.resize(std::min(names.size(), kNamed));
  return {Failure::invalid, fmt::format("several messages begin with {}: {}{}", beginning, fmt::join(names, ", "),
                                        more ? " and more" : "")};
}

/// When the first message whose id begins so can have come.
std::optional<WallTime> earliest(std::string id) {
  if (id.size() > QueueId::kLength) return std::nullopt;
  id.resize(QueueId::kLength, '0');
  const std::optional<QueueId> first = QueueId::read(id);
  return first ? std::optional(first->accepted()) : std::nullopt;
}

}  // namespace

std::optional<WallTime> begins_for(std::optional<std::uint32_t> owner, std::optional<WallTime> begins) {
  if (!begins || !owner) return begins;
  return std::chrono::floor<std::chrono::hours>(*begins);
}

Walk::Walk(Steps steps, std::shared_ptr<Search> search, std::optional<Endings> endings, std::optional<WallTime> oldest)
    : steps_(std::move(steps)), search_(std::move(search)), endings_(std::move(endings)), oldest_(oldest) {}

Task<Result<Search::Found>> Walk::next() {
  std::function<Result<Search::Found>()> step = [search = search_] { return search->next(kPiece); };
  Result<Search::Found> found = co_await steps_(std::move(step));
  if (!found) co_return found;
  unread_.add(found->unread);
  left_out_.add(found->left_out);
  if (found->begins) begins_ = std::max(found->begins, oldest_);
  std::erase_if(found->records, [this](const Record& one) { return repeats_.has(one); });
  if (endings_) std::erase_if(found->records, [this](const Record& one) { return !endings_->shows(one); });
  co_return found;
}

Result<std::unique_ptr<Walk>> Answers::walk(Query query, Detail detail) const {
  if (history_.options().size == 0) {
    return Error{Failure::not_found, "no history is kept: the settings say 'history: off'"};
  }
  // By the time in an id most of the files need not be read. A clock that is behind it knows of none.
  if (const auto since = query.id ? earliest(*query.id) : std::nullopt; since <= history_.clock().wall()) {
    query.files_since = since;
  }
  Steps steps = steps_(query.owner);
  std::optional<Endings> endings;
  if (detail == Detail::endings) endings.emplace(query.to.value_or(""));
  return std::make_unique<Walk>(std::move(steps), history_.search(std::move(query)), std::move(endings),
                                history_.oldest());
}

Task<Result<Page>> Answers::page(Query query, std::size_t most, Detail detail) const {
  Result<std::unique_ptr<Walk>> walk = this->walk(std::move(query), detail);
  if (!walk) co_return walk.error();
  Page page;
  for (;;) {
    const Result<Search::Found> found = co_await (*walk)->next();
    if (!found) co_return found.error();
    for (const Record& record : found->records) {
      if (page.records.size() < most) page.records.push_back(to_json(record));
    }
    if (!found->ended && page.records.size() < most) continue;
    page.unread = (*walk)->unread().text();
    co_return page;
  }
}

Task<Result<Story>> Answers::story(std::string id, std::optional<std::uint32_t> owner, Between between) const {
  Query query;
  query.id = id;
  query.owner = owner;
  Result<std::unique_ptr<Walk>> walk = this->walk(std::move(query), Detail::all);
  if (!walk) co_return walk.error();
  Story story;
  Ended ended;
  std::set<std::string> ids;
  for (;;) {
    const Result<Search::Found> found = co_await (*walk)->next();
    if (!found) co_return found.error();
    for (const Record& record : found->records) {
      ids.insert(record[Field::id]);
      if (ids.size() > kNamed) co_return ambiguous(id, ids);
      ended.add(record);
      story.more = story.records.size() == kStory;
      if (!story.more) story.records.push_back(to_json(record));
    }
    if (found->ended || story.more) break;
    if (!between) continue;
    const Result<void> wanted = co_await between(found->reached);
    if (!wanted) co_return wanted.error();
  }
  if (ids.size() > 1) co_return ambiguous(id, ids);
  std::ranges::reverse(story.records);
  story.ended = story.more || ended.has_ended();
  story.unread = (*walk)->unread().text();
  story.left_out = (*walk)->left_out().number();
  const std::optional<WallTime> begins = begins_for(owner, (*walk)->begins());
  const std::optional<QueueId> whole = QueueId::read(id);
  if (begins && whole && whole->accepted() < *begins) story.begins = begins;
  co_return story;
}

}  // namespace postern::history
