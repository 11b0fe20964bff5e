#include "credentials/redirect_door.h"

#include "base/log.h"
#include "net/http_head.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <utility>

namespace postern::credentials {

/// One connection.
struct Visit {
  std::shared_ptr<net::Stream> stream;
  std::optional<uid_t> owner;
  std::uint32_t party = kNobodyKnown;
  bool answered = false;  ///< that was the browser
};

struct RedirectDoor::Visits {
  std::string authority;
  Judge judge;  ///< empty: the door is shut
  Milliseconds patience{};
  std::list<std::shared_ptr<Visit>> open;  ///< the oldest first
  bool told = false;                       ///< the log has that somebody else knocked
};

namespace {

namespace http = boost::beast::http;
using Visits = RedirectDoor::Visits;

constexpr std::uint32_t kHeadLimit = 16U << 10U;  // a code, and the cookies of all that listens on 127.0.0.1
constexpr std::size_t kOfOne = 8;                 // a browser opens two or three
constexpr std::size_t kOfAll = 64;
// What came is in the address of the page: it stays in this browser, and nothing else is loaded.
constexpr std::string_view kFields =
    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'\r\n";

std::string page(std::string_view status, std::string_view text) {
  return net::http_answer(status, "text/plain; charset=utf-8", kFields, text);
}

void tell_of(Visits& visits, const Visit& visit) {
  if (visits.told) return;
  visits.told = true;
  log(Level::notice, "a request to the address for a browser's return was none of this login; the wait goes on",
      {{"uid", visit.owner}});
}

std::string answer_to(Visits& visits, Visit& visit, const net::HttpHead& head) {
  if (http::verb::get != head.get().method()) return net::http_refusal("405 Method Not Allowed", "Allow: GET\r\n");
  if (net::http_host(head) != visits.authority) return net::http_refusal("421 Misdirected Request");
  const std::string_view target = net::http_target(head);
  if (target != "/" && !target.starts_with("/?")) return net::http_refusal("404 Not Found");
  visit.answered = visits.judge && visits.judge(target);
  if (visit.answered) {
    return page("200 OK",
                "The answer has arrived, and postern says in its terminal what has become of the login.\n"
                "This page can be closed.\n");
  }
  tell_of(visits, visit);
  return page("400 Bad Request",
              "This is not the answer that postern waits for. Open the page that it shows now, from its beginning.\n");
}

Task<void> serve(std::shared_ptr<Visits> visits, std::shared_ptr<Visit> visit) {
  net::HttpHead head;
  visit->stream->expires_after(visits->patience);
  const auto read = co_await net::read_http_head(*visit->stream, head, kHeadLimit);
  std::string text;
  if (read) {
    text = answer_to(*visits, *visit, head);
  } else if (read.error().failure == Failure::limit || read.error().failure == Failure::protocol) {
    text = read.error().text;
  }
  if (!text.empty()) static_cast<void>(co_await visit->stream->write(text));
  visits->open.remove(visit);
}

void drop(Visits& visits, std::list<std::shared_ptr<Visit>>::iterator which) {
  const std::shared_ptr<Visit> visit = std::move(*which);
  visits.open.erase(which);
  visit->stream->cancel();
}

void make_room(Visits& visits, std::uint32_t party) {
  std::vector<std::uint32_t> open;
  for (const auto& visit : visits.open) open.push_back(visit->party);
  const auto which = to_drop(open, party);
  if (which) drop(visits, std::next(visits.open.begin(), static_cast<std::ptrdiff_t>(*which)));
}

}  // namespace

std::optional<std::size_t> to_drop(const std::vector<std::uint32_t>& open, std::uint32_t newcomer) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const std::uint32_t party : open) ++counts[party];
  std::uint32_t whose = newcomer;
  if (counts[newcomer] < kOfOne) {
    if (open.size() < kOfAll) return std::nullopt;
    whose = *std::ranges::max_element(open, {}, [&counts](std::uint32_t party) { return counts[party]; });
  }
  return static_cast<std::size_t>(std::ranges::find(open, whose) - open.begin());
}

RedirectDoor::RedirectDoor(Executor loop, std::unique_ptr<net::Listener> listener)
    : loop_(std::move(loop)), listener_(std::move(listener)), visits_(std::make_shared<Visits>()) {
  visits_->authority = listener_->address();
}

Result<std::unique_ptr<RedirectDoor>> RedirectDoor::open(Executor loop) {
  auto listener = net::Listener::tcp(loop, "127.0.0.1:0");
  if (!listener) return listener.error();
  return std::unique_ptr<RedirectDoor>(new RedirectDoor(std::move(loop), std::move(*listener)));
}

void RedirectDoor::start(Judge judge, Milliseconds patience, std::function<std::uint32_t(std::uint32_t uid)> party) {
  visits_->judge = std::move(judge);
  visits_->patience = patience;
  listener_->start([visits = visits_, loop = loop_, party = std::move(party)](std::unique_ptr<net::Stream> stream,
                                                                              const net::Peer& peer) {
    auto visit = std::make_shared<Visit>();
    if (peer.owner) visit->party = party ? party(*peer.owner) : *peer.owner;
    make_room(*visits, visit->party);
    visit->stream = std::move(stream);
    visit->owner = peer.owner;
    visits->open.push_back(visit);
    spawn(loop, serve(visits, std::move(visit)), "return of a browser");
  });
}

RedirectDoor::~RedirectDoor() {
  listener_->close();
  visits_->judge = nullptr;
  const auto open = visits_->open;
  for (const auto& visit : open) {
    if (!visit->answered) visit->stream->cancel();
  }
}

}  // namespace postern::credentials
