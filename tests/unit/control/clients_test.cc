#include "control/clients.h"

#include "session.h"
#include "support/plain_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace postern::control {
namespace {

/// A client that says nothing, until it hangs up. Shared by the stream, which the server drops.
struct Silent {
  explicit Silent(boost::asio::io_context& loop) : hang_up(loop, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer hang_up;
  bool served = false;
  bool closed = false;
};

class SilentStream final : public test::PlainStream {
 public:
  explicit SilentStream(std::shared_ptr<Silent> client) : client_(std::move(client)) {}
  ~SilentStream() override { client_->closed = true; }
  SilentStream(const SilentStream&) = delete;
  SilentStream& operator=(const SilentStream&) = delete;

  Task<Result<std::size_t>> read_some(std::span<char>) override {
    client_->served = true;
    static_cast<void>(co_await client_->hang_up.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
    co_return std::size_t{0};
  }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>(); }

 private:
  std::shared_ptr<Silent> client_;
};

class ControlClients : public Control {
 protected:
  std::shared_ptr<Silent> connect(std::optional<uid_t> uid) {
    auto client = std::make_shared<Silent>(loop);
    net::Peer peer;
    peer.uid = uid;
    clients.start(std::make_unique<SilentStream>(client), std::move(peer), context);
    settle();
    return client;
  }
  void settle() {
    loop.restart();
    while (loop.poll() > 0) {
    }
  }

  boost::asio::io_context loop;
  Clients clients{loop.get_executor()};
};

TEST_F(ControlClients, OfOneUserAreSoManyAndTheNextOneIsClosed) {
  std::vector<std::shared_ptr<Silent>> of_alice;
  for (std::size_t i = 0; i < Clients::kOfUser; ++i) of_alice.push_back(connect(kAlice));
  for (const auto& client : of_alice) EXPECT_TRUE(client->served && !client->closed);
  std::vector<std::shared_ptr<Silent>> told;
  for (std::size_t i = 0; i < Clients::kOfUser; ++i) told.push_back(connect(kAlice));
  const auto one_too_many = connect(kAlice);
  EXPECT_TRUE(one_too_many->closed);
  EXPECT_FALSE(one_too_many->served);
  EXPECT_FALSE(connect(kBob)->closed);
  EXPECT_FALSE(connect(std::nullopt)->closed);

  of_alice.front()->hang_up.cancel();
  settle();
  EXPECT_TRUE(of_alice.front()->closed);
  EXPECT_FALSE(connect(kAlice)->closed);
  EXPECT_TRUE(connect(kAlice)->closed);
  told.front()->hang_up.cancel();
  settle();
  EXPECT_FALSE(connect(kAlice)->closed);
}

TEST_F(ControlClients, WhoeverHasNoneIsServedThoughManyOthersFillWhatThereIs) {
  std::size_t served = 0;
  for (uid_t uid = 5000; uid < 5040; ++uid) {
    for (std::size_t i = 0; i < Clients::kOfUser; ++i) {
      connect(uid);
      served += clients.served() > served ? 1U : 0U;
    }
  }
  EXPECT_EQ(served, Clients::kAll) << "with those that had none before";
  for (std::size_t i = 0; i < Clients::kOfUser; ++i) {
    const auto administrator = connect(kRoot);
    EXPECT_TRUE(administrator->served && !administrator->closed) << i;
  }
  EXPECT_EQ(clients.served(), Clients::kAll) << "without the administrator's";
  std::string written;
  net::Peer peer;
  peer.uid = kAlice;
  clients.start(std::make_unique<Recorded>("mailq\n", written, test::ScriptedStream::Options()), std::move(peer),
                context);
  settle();
  EXPECT_EQ(written,
            "error 75 too many requests are under way (limit: 200, 20 of them kept for users who have none); try again "
            "later\n");
}

TEST_F(ControlClients, WhoeverIsNotServedIsToldWhyInTheFormThatWasAskedFor) {
  for (std::size_t i = 0; i < Clients::kOfUser; ++i) connect(kAlice);
  for (const std::string request : {"mailq\n", "{\"command\":\"status\"}\n"}) {
    std::string written;
    net::Peer peer;
    peer.uid = kAlice;
    clients.start(std::make_unique<Recorded>(request, written, test::ScriptedStream::Options()), std::move(peer),
                  context);
    settle();
    EXPECT_NE(written.find("too many requests of yours are under way (limit: 20); try again later"), written.npos);
    EXPECT_EQ(written.starts_with("error 75 "), request == "mailq\n") << written;
    EXPECT_EQ(written.ends_with("\"exit\":75}\n"), request != "mailq\n") << written;
  }
}

TEST_F(ControlClients, MayOutliveWhoAccountsForThem) {
  auto short_lived = std::make_unique<Clients>(loop.get_executor());
  auto client = std::make_shared<Silent>(loop);
  short_lived->start(std::make_unique<SilentStream>(client), net::Peer(), context);
  settle();
  short_lived.reset();
  client->hang_up.cancel();
  settle();
  EXPECT_TRUE(client->closed);
}

}  // namespace
}  // namespace postern::control
