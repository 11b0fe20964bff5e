#include "net/dial.h"

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

  [[nodiscard]] bool more() const override { return !untried_.empty(); }

  Task<Result<Connected>> next() override {
    MakeRunner make = [this](const Endpoint& endpoint) -> std::unique_ptr<Runner> {
      return std::make_unique<SocketRunner>(executor_, options_, endpoint);
    };
    Endpoints order = std::exchange(untried_, {});
    auto won = co_await race(executor_, std::move(make), std::move(order), times_);
    if (!won) co_return won.error();
    untried_ = std::move(won->others);
    last_ = won->endpoint;
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
};

}  // namespace

std::shared_ptr<Dial> make_dial(Executor executor, ClientOptions options, Endpoints order, RaceTimes times) {
  return std::make_shared<HostDial>(std::move(executor), std::move(options), std::move(order), times);
}

}  // namespace postern::net
