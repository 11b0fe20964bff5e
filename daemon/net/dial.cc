#include "net/dial.h"

#include "net/resumption.h"
#include "net/socket_runner.h"

#include <utility>

namespace postern::net {
namespace {

class HostDial final : public Dial, public std::enable_shared_from_this<HostDial> {
 public:
  HostDial(Executor executor, ClientOptions options, Endpoints order, RaceTimes times)
      : executor_(std::move(executor)),
        options_(std::make_shared<const ClientOptions>(std::move(options))),
        untried_(std::move(order)),
        times_(times) {}

  void worked() override {
    if (options_->addresses) options_->addresses->worked = last_.address().to_string();
  }

  void failed() override {
    AddressMemory* memory = options_->addresses.get();
    if (memory != nullptr && memory->worked == last_.address().to_string()) memory->worked.clear();
  }

  [[nodiscard]] bool once_more() const override { return resumption_ && resumption_->failed; }
  [[nodiscard]] bool more() const override { return once_more() || !untried_.empty(); }

  Task<Result<Connected>> next() override {
    auto handshake = SocketRunner::Handshake::resuming;
    if (once_more()) {
      handshake = SocketRunner::Handshake::full;
      untried_.insert(untried_.begin(), last_);
    }
    MakeRunner make = [this, handshake](const Endpoint& endpoint) -> std::unique_ptr<Runner> {
      return std::make_unique<SocketRunner>(executor_, options_, endpoint, handshake);
    };
    Endpoints order = std::exchange(untried_, {});
    auto won = co_await race(executor_, std::move(make), std::move(order), times_);
    resumption_.reset();
    if (!won) co_return won.error();
    untried_ = std::move(won->others);
    last_ = won->endpoint;
    resumption_ = std::move(won->reached.resumption);
    Connected connected;
    connected.stream = std::move(won->reached.stream);
    connected.peer = peer_text(*options_, last_);
    connected.dial = shared_from_this();
    co_return connected;
  }

 private:
  Executor executor_;
  std::shared_ptr<const ClientOptions> options_;
  Endpoints untried_;
  RaceTimes times_;
  Endpoint last_;
  std::shared_ptr<const Resumption> resumption_;  ///< of the last connection
};

}  // namespace

std::shared_ptr<Dial> make_dial(Executor executor, ClientOptions options, Endpoints order, RaceTimes times) {
  return std::make_shared<HostDial>(std::move(executor), std::move(options), std::move(order), times);
}

}  // namespace postern::net
