#include "net/service_dial.h"

#include "base/log.h"
#include "base/text.h"

#include <cstddef>
#include <utility>

namespace postern::net {
namespace {

/// What tells most about a service of which several servers were tried.
int rank(Failure failure) {
  switch (failure) {
    case Failure::tls: return 4;
    case Failure::timeout: return 3;
    case Failure::closed: return 2;
    case Failure::resolve: return 0;
    default: return 1;
  }
}

class ServiceDial final : public Dial, public std::enable_shared_from_this<ServiceDial> {
 public:
  ServiceDial(ServiceName service, std::vector<DnsRecord> order, std::shared_ptr<ServiceDirectory> directory,
              CallServer call)
      : service_(std::move(service)),
        order_(std::move(order)),
        directory_(std::move(directory)),
        call_(std::move(call)) {}

  void worked() override {
    if (inner_) inner_->worked();
    directory_->worked(server());
  }

  void failed() override {
    if (inner_) inner_->failed();
    if (!inner_ || !inner_->more()) directory_->failed(server());
  }

  [[nodiscard]] bool once_more() const override { return inner_ && inner_->once_more(); }
  [[nodiscard]] bool more() const override { return (inner_ && inner_->more()) || next_ < order_.size(); }

  Task<Result<Connected>> next() override {
    std::optional<Error> failure;
    const SteadyTime end = directory_->now() + kServersTogether;
    if (inner_ && inner_->more()) {
      auto connected = co_await inner_->next();
      if (connected) co_return taken(std::move(*connected));
      if (connected.error().failure == Failure::cancelled) co_return connected.error();
      note(connected.error(), failure);
    }
    while (next_ < order_.size() && (!failure || directory_->now() < end)) {
      inner_.reset();
      const Turn turn = ++next_ < order_.size() ? Turn::others_follow : Turn::last;
      auto connected = co_await call_(server(), turn);
      if (connected) co_return taken(std::move(*connected));
      if (connected.error().failure == Failure::cancelled) co_return connected.error();
      note(connected.error(), failure);
    }
    failure->text = service_.str() + ": " + failure->text;
    co_return *failure;
  }

 private:
  [[nodiscard]] const DnsRecord& server() const { return order_[next_ == 0 ? 0 : next_ - 1]; }

  Connected taken(Connected connected) {
    inner_ = std::move(connected.dial);
    connected.dial = shared_from_this();
    connected.peer += " (" + service_.str() + ")";
    connected.host = server().target;
    connected.port = server().port;
    return connected;
  }

  /// Texts of all that failed, as long as anybody would read them.
  void note(const Error& error, std::optional<Error>& failure) {
    constexpr std::size_t kEnough = 1000;
    directory_->failed(server());
    if (next_ < order_.size()) {
      log(Level::notice, "a server of the smarthost cannot be reached; the next one is tried",
          {{"service", service_.str()}, {"host", server().target}, {"reason", error.text}});
    }
    if (!failure) return void(failure = error);
    if (failure->text.size() < kEnough) failure->text += "; " + error.text;
    if (rank(error.failure) > rank(failure->failure)) failure->failure = error.failure;
  }

  ServiceName service_;
  std::vector<DnsRecord> order_;
  std::size_t next_ = 0;  ///< the first that was not tried
  std::shared_ptr<ServiceDirectory> directory_;
  CallServer call_;
  std::shared_ptr<Dial> inner_;  ///< of the server reached last
};

}  // namespace

std::shared_ptr<Dial> make_service_dial(ServiceName service, std::vector<DnsRecord> order,
                                        std::shared_ptr<ServiceDirectory> directory, CallServer call) {
  return std::make_shared<ServiceDial>(std::move(service), std::move(order), std::move(directory), std::move(call));
}

}  // namespace postern::net
