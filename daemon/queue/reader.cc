#include "queue/reader.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::size_t kBatch = 64;

struct Envelope {
  QueueId id;
  std::string route;
  std::uint32_t owner = Ticket::kNobody;
};

/// Of those that can be read; what is wrong with the others is found out at their turn. Blocks.
std::vector<Envelope> read_envelopes(spool::Spool& spool, const std::vector<QueueId>& ids) {
  std::vector<Envelope> envelopes;
  for (const QueueId& id : ids) {
    Envelope one;
    one.id = id;
    if (const auto stored = spool.read_summary(id, spool::Area::queue)) {
      one.route = stored->route;
      one.owner = stored->envelope.source.uid.value_or(Ticket::kNobody);
    }
    envelopes.push_back(std::move(one));
  }
  return envelopes;
}

/// However the reading of a batch ends, the next one may begin; also after the reader's own end.
class Ended {
 public:
  explicit Ended(std::shared_ptr<bool> reading) : reading_(std::move(reading)) {}
  Ended(const Ended&) = delete;
  Ended& operator=(const Ended&) = delete;
  ~Ended() { *reading_ = false; }

 private:
  std::shared_ptr<bool> reading_;
};

}  // namespace

Reader::Reader(const Ground& ground, Messages& messages, OpenWork& work, LaneFor lane_for)
    : ground_(ground), messages_(messages), work_(work), lane_for_(std::move(lane_for)), pause_(ground.loop) {}

void Reader::read_on() {
  if (*reading_ || stopped_) return;
  std::vector<QueueId> ids = messages_.index().first(Ticket::kUnread, kBatch);
  if (ids.empty()) return;
  *reading_ = true;
  work_.spawn(read_batch(std::move(ids)), "reading of envelopes");
}

void Reader::stop() {
  stopped_ = true;
  pause_.cancel();
}

Task<void> Reader::read_batch(std::vector<QueueId> ids) {
  const Ended ended(reading_);
  Index& index = messages_.index();
  Suspects& suspects = messages_.suspects();
  const SteadyTime began = ground_.clock.steady();
  // A suspect is not even read beside others: that may be where the program crashes.
  const auto suspected = [&](const QueueId& id) { return suspects.count(id) > 0; };
  for (const QueueId& id : ids) {
    if (suspected(id)) index.set_lane(id, Ticket::kAny);
  }
  std::erase_if(ids, suspected);
  for (const QueueId& id : ids) suspects.begin(id);
  auto job = [spool = &ground_.spool, ids] { return read_envelopes(*spool, ids); };
  const std::vector<Envelope> envelopes = co_await ground_.pool.run(spool::Priority::background, std::move(job));
  for (const Envelope& one : envelopes) {
    const Ticket* ticket = index.find(one.id);
    if (ticket == nullptr) continue;
    if (ticket->phase != Ticket::Phase::active)
      suspects.returned(one.id);  // else its reading is somebody else's by now
    index.set_read(one.id, lane_for_(one.route), one.owner);
  }
  const SteadyTime::duration took = ground_.clock.steady() - began;
  if (!stopped_ && took > SteadyTime::duration(0) && !any_due(ids)) {
    pause_.expires_after(took);
    boost::system::error_code stopped;
    co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, stopped));
  }
}

bool Reader::any_due(const std::vector<QueueId>& ids) const {
  const WallTime now = ground_.clock.wall();
  return std::ranges::any_of(ids, [&](const QueueId& id) {
    const Ticket* ticket = messages_.index().find(id);
    return ticket != nullptr && ticket->due <= now;
  });
}

}  // namespace postern::queue
