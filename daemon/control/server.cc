#include "control/server.h"

#include "base/log.h"
#include "base/text.h"
#include "control/answer.h"
#include "control/commands.h"
#include "control/members.h"
#include "control/requests.h"
#include "mail/parties.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <unistd.h>
#include <array>

namespace postern::control {
namespace {

constexpr std::size_t kRequestLimit = 64 * 1024;
constexpr Seconds kRequestTimeout{10};

Task<Result<std::string>> read_request(net::Stream& stream) {
  stream.expires_after(kRequestTimeout);
  std::string request;
  std::array<char, 4096> piece{};
  while (true) {
    const Result<std::size_t> got = co_await stream.read_some(piece);
    if (!got) co_return got.error();
    if (*got == 0) co_return Error{Failure::closed, "the client ended before its request did"};
    request.append(piece.data(), *got);
    if (const std::size_t end = request.find('\n'); end != std::string::npos) {
      request.resize(end);
      co_return request;
    }
    if (request.size() > kRequestLimit) co_return Error{Failure::invalid, "the request is longer than 64 KiB"};
  }
}

/// A request line, understood.
struct Request {
  const Command* command = nullptr;
  boost::json::object members;
};

/// WORD, and arguments with a TAB before each.
Result<Request> parse_plain(std::string_view line) {
  Request request;
  const std::string_view word = line.substr(0, line.find('\t'));
  request.command = find_command(word, Form::plain);
  if (request.command == nullptr)
    return Error{Failure::invalid, "unknown request \"" + std::string(line.substr(0, 64)) + "\""};
  boost::json::array arguments;
  for (std::string_view rest = line.substr(word.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view argument = rest.substr(0, rest.find('\t'));
    arguments.emplace_back(std::string(argument));
    rest.remove_prefix(argument.size());
  }
  request.members["arguments"] = std::move(arguments);
  return request;
}

Result<Request> parse_request(std::string_view line) {
  Request request;
  if (!line.starts_with('{')) return parse_plain(line);
  boost::json::error_code fault;
  const boost::json::value value = boost::json::parse(line, fault);
  if (fault || !value.is_object()) return Error{Failure::invalid, "the request is not a JSON object"};
  request.members = value.get_object();
  const Result<std::string> name = text_of(request.members, members::kCommand, "");
  if (!name) return name.error();
  request.command = find_command(*name, Form::json);
  if (request.command == nullptr) return Error{Failure::invalid, "unknown command \"" + name->substr(0, 64) + "\""};
  return request;
}

Task<Result<int>> run_command(const Request& request, Context& context, const Caller& caller, Answer& answer,
                              LaterLines& later) {
  if (request.command->who == Who::administrators && !caller.administrator) {
    if (context.refusals.may_log(mail::party_text(caller.party), context.clock.steady())) {
      log(Level::notice, "control command refused: for administrators only",
          {{"command", request.command->name}, {"uid", caller.peer.uid}});
    }
    co_return Error{Failure::denied,
                    std::string(request.command->name) + " is for root and the daemon's own user only"};
  }
  Call call{context, caller, request.members, answer, later};
  co_return co_await request.command->run(call);
}

}  // namespace

bool is_administrator(const net::Peer& peer) { return peer.uid && (*peer.uid == 0 || *peer.uid == ::geteuid()); }

Task<void> turn_away(std::unique_ptr<net::Stream> stream, Error why) {
  const Result<std::string> line = co_await read_request(*stream);
  if (!line && line.error().failure != Failure::invalid) co_return;
  const FairMemory none(kUnread);
  Answer answer(*stream, none, 0);
  const Result<int> outcome = why;
  if (!line || line->starts_with('{')) {
    co_await answer.end_json(outcome);
  } else {
    co_await answer.end_plain(outcome);
  }
}

Task<void> serve(std::unique_ptr<net::Stream> stream, net::Peer peer, std::uint32_t party,
                 std::shared_ptr<Context> context) {
  const std::shared_ptr<net::Stream> kept = std::move(stream);
  Result<std::string> line = co_await read_request(*kept);
  if (!line && line.error().failure != Failure::invalid) co_return;
  kept->expires_after(kCommandTimeout);  // that of the request would end a command that has not yet said anything
  if (line && line->ends_with('\r')) line->pop_back();

  Caller caller;
  caller.peer = std::move(peer);
  caller.party = party;
  caller.administrator = is_administrator(caller.peer);
  Answer answer(*kept, caller.administrator ? context->unread_of_administrators : context->unread, party);
  const bool json = !line || line->starts_with('{');
  const Result<Request> request = line ? parse_request(*line) : Result<Request>(line.error());
  // Whoever gave up was told that nobody answers: what it asked for is not done behind its back.
  if (kept->abandoned()) co_return;
  LaterLines later(co_await boost::asio::this_coro::executor, kept);
  Result<int> outcome = 0;
  if (request) {
    outcome = co_await run_command(*request, *context, caller, answer, later);
  } else {
    outcome = request.error();
  }
  if (json) {
    co_await answer.end_json(outcome);
  } else {
    co_await answer.end_plain(outcome);
  }
}

}  // namespace postern::control
