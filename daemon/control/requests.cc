#include "control/requests.h"

#include "base/log.h"
#include "mail/parties.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

namespace postern::control {
namespace {

Error wrong(std::string_view key, std::string_view what) {
  return {Failure::invalid, fmt::format("\"{}\" must be {}", key, what)};
}

Result<QueueId> parse_id(const std::string& text) {
  const std::optional<QueueId> id = QueueId::read(text);
  if (id) return *id;
  return Error{Failure::invalid, fmt::format("\"{}\" is no queue id: they have {} characters of a-z and 0-9 and are "
                                             "shown by `postern queue list`",
                                             text, QueueId::kLength)};
}

}  // namespace

Result<std::string> text_of(const boost::json::object& request, std::string_view key, std::string_view otherwise) {
  const boost::json::value* value = request.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string(otherwise);
  if (!value->is_string()) return wrong(key, "a text");
  return std::string(value->get_string());
}

Result<std::uint64_t> number_of(const boost::json::object& request, std::string_view key, std::uint64_t otherwise) {
  const boost::json::value* value = request.if_contains(key);
  if (value == nullptr || value->is_null()) return otherwise;
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  if (value->is_uint64()) return value->get_uint64();
  return wrong(key, "a number, 0 or more");
}

Result<bool> flag_of(const boost::json::object& request, std::string_view key) {
  const boost::json::value* value = request.if_contains(key);
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool()) return wrong(key, "true or false");
  return value->get_bool();
}

Result<QueueId> id_of(const boost::json::object& request, std::string_view key) {
  const Result<std::string> text = text_of(request, key, "");
  if (!text) return text.error();
  return parse_id(*text);
}

Result<std::vector<QueueId>> ids_of(const boost::json::object& request, std::string_view key) {
  const boost::json::value* value = request.if_contains(key);
  if (value == nullptr || !value->is_array()) return wrong(key, "a list of queue ids");
  std::vector<QueueId> ids;
  for (const boost::json::value& one : value->get_array()) {
    if (!one.is_string()) return wrong(key, "a list of queue ids");
    const Result<QueueId> id = parse_id(std::string(one.get_string()));
    if (!id) return id.error();
    ids.push_back(*id);
  }
  return ids;
}

std::vector<std::string> arguments_of(const boost::json::object& request) {
  std::vector<std::string> arguments;
  const boost::json::value* value = request.if_contains("arguments");
  if (value == nullptr || !value->is_array()) return arguments;
  for (const boost::json::value& one : value->get_array()) {
    if (one.is_string()) arguments.emplace_back(one.get_string());
  }
  return arguments;
}

Task<Result<void>> may_touch(Call& call, QueueId id) {
  // An administrator may delete even what cannot be read any more.
  if (call.caller.administrator) co_return Result<void>();
  const Result<queue::Entry> entry = co_await call.context.queue.find(id);
  if (!entry) co_return entry.error();
  if (call.caller.owns(*entry)) co_return Result<void>();
  if (call.context.refusals.may_log(mail::party_text(call.caller.party), call.context.clock.steady())) {
    log(Level::notice, "control command refused: the message of another user",
        {{"id", id.text()}, {"uid", call.caller.peer.uid}});
  }
  co_return Error{Failure::denied, id.str() + " is the message of another user"};
}

}  // namespace postern::control
