#include "control/readable.h"

#include "control/veil.h"

#include <optional>
#include <utility>
#include <vector>

namespace postern::control {
namespace {

class Veiled final : public queue::Listing {
 public:
  Veiled(std::unique_ptr<queue::Listing> all, std::optional<std::string> text) : all_(std::move(all)) {
    shown_.text = std::move(text);
  }

  /// A page of which nothing is left is not the end.
  Task<std::vector<queue::Entry>> next() override {
    while (true) {
      std::vector<queue::Entry> page = co_await all_->next();
      if (page.empty()) co_return page;
      for (queue::Entry& entry : page) veil(entry);
      std::erase_if(page, [this](const queue::Entry& entry) { return !queue::matches(shown_, entry); });
      if (!page.empty()) co_return page;
    }
  }

 private:
  std::unique_ptr<queue::Listing> all_;
  queue::Selection shown_;  ///< the text alone
};

}  // namespace

std::unique_ptr<queue::Listing> readable(const Caller& caller, queue::Selection selection, const Lister& list) {
  if (caller.administrator) return list(std::move(selection));
  selection.owner = caller.uid().value_or(mail::kNoUid);
  std::optional<std::string> text = std::exchange(selection.text, std::nullopt);
  return std::make_unique<Veiled>(list(std::move(selection)), std::move(text));
}

std::unique_ptr<queue::Listing> readable(Call& call, queue::Selection selection) {
  const Lister list = [&queue = call.context.queue](queue::Selection own) { return queue.list(std::move(own)); };
  return readable(call.caller, std::move(selection), list);
}

}  // namespace postern::control
