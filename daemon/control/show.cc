// `queue show`: one message with its header block, and its body on request.
#include "base/json_text.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/history.h"
#include "control/members.h"
#include "control/message_named.h"
#include "control/requests.h"
#include "control/values.h"
#include "control/veil.h"
#include "mail/headers.h"

#include <algorithm>
#include <string>
#include <utility>

namespace postern::control {
namespace {

constexpr std::size_t kShownText = 2 * 1024 * 1024;  // of the message; beyond any header block

struct Parts {
  std::string_view header;
  std::string_view body;
  bool truncated = false;
};

// The file is `key: value` lines, an empty line, `size` bytes of message, then the delivery log (postern-spool(5)). A
// damaged one may be anything: what is left of it is shown.
Parts split_file(std::string_view file) {
  const std::size_t end = file.find("\n\n");
  if (end == std::string_view::npos) return {{}, file.substr(0, kShownText), file.size() > kShownText};
  const std::string_view envelope = file.substr(0, end + 1);
  std::string_view message = file.substr(end + 2).substr(0, kShownText);
  bool truncated = message.size() == kShownText;
  constexpr std::string_view kSizeKey = "\nsize:";
  if (const std::size_t key = envelope.find(kSizeKey); key != std::string_view::npos) {
    const std::size_t from = key + kSizeKey.size();
    const std::optional<std::uint64_t> size =
        parse_number(trim(envelope.substr(from, envelope.find('\n', from) - from)));
    if (size) {
      truncated = message.size() < *size;
      message = message.substr(0, *size);
    }
  }
  const std::size_t header = std::min(mail::parse_headers(message).size, message.size());
  std::string_view body = message.substr(header);
  if (body.starts_with('\n')) body.remove_prefix(1);
  return {message.substr(0, header), body, truncated};
}

/// Of one that is not in the queue: what the history knows of it, or else this error.
Task<Result<int>> gone_or(Call& call, std::string id, Error error) {
  if (error.failure != Failure::not_found) co_return error;
  co_return co_await show_story(call, std::move(id), std::move(error));
}

}  // namespace

Task<Result<int>> run_show(Call& call) {
  const Result<QueueId> id = co_await message_named(call);
  if (!id && id.error().failure == Failure::not_found) {
    const std::string beginning = text_of(call.request, members::kId, "").value();
    co_return co_await gone_or(call, beginning, id.error());
  }
  if (!id) co_return id.error();
  const Result<bool> with_body = flag_of(call.request, members::kBody);
  if (!with_body) co_return with_body.error();
  if (const Result<void> allowed = co_await may_touch(call, *id); !allowed) {
    co_return co_await gone_or(call, id->str(), not_known(allowed.error(), *id));
  }
  Result<queue::Entry> entry = co_await call.context.queue.find(*id);
  if (!entry) co_return co_await gone_or(call, id->str(), not_known(entry.error(), *id));
  const Result<std::string> file = co_await call.context.queue.raw(*id, kShownText);
  // It may have left the queue since it was found.
  if (!file) co_return co_await gone_or(call, id->str(), not_known(file.error(), *id));

  if (!call.caller.administrator) veil(*entry);
  const Parts parts = split_file(*file);
  boost::json::object line = to_json(*entry);
  line["kind"] = "message";
  line["attempts"] = attempts_json(*entry);
  line["header"] = json_text(parts.header);
  if (*with_body) {
    line["body"] = json_text(parts.body);
    line["truncated"] = parts.truncated;
  }
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

}  // namespace postern::control
