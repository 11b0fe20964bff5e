#include "shim/doors.h"

#include "base/fd.h"
#include "base/text.h"
#include "sendmail-shim/channel.h"
#include "sendmail-shim/compose.h"
#include "sendmail-shim/drop.h"
#include "sendmail-shim/options.h"
#include "sendmail-shim/smtp_pipe.h"
#include "sendmail-shim/submit.h"
#include "smtp/drop_frame.h"
#include "submission/pickup.h"
#include "submission/sessions.h"
#include "support/fake_clock.h"
#include "support/plain_stream.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

namespace postern::shim {
namespace {

struct User {
  uid_t uid;
  std::string full_name;
};

const std::map<std::string, User>& users() {
  static const std::map<std::string, User> all = {
      {"root", {0, "root"}}, {"www-data", {33, "www-data"}}, {"alice", {1000, "Alice Liddell"}}};
  return all;
}

constexpr std::string_view kDate = "Mon, 23 Nov 2026 01:02:03 +0100";
constexpr pid_t kPid = 4242;
constexpr std::chrono::minutes kPatience(1);

std::shared_ptr<const submission::Config> settings() {
  auto config = std::make_shared<submission::Config>();
  config->hostname = "web1.example.net";
  config->domain = "example.net";
  config->aliases = {{"root", {"admin@example.com"}}};
  return config;
}

/// One end of a socket pair; it blocks, which is no harm on a loop that serves nothing else.
class PairStream final : public test::PlainStream {
 public:
  explicit PairStream(UniqueFd socket) : socket_(std::move(socket)) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (count < 0) co_return Error{Failure::io, "recv"};
    co_return static_cast<std::size_t>(count);
  }
  Task<Result<void>> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) co_return Error{Failure::closed, "send"};
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    co_return Result<void>();
  }

 private:
  UniqueFd socket_;
};

/// The daemon's side of connections that are made one after the other, each served by a thread until it ends.
class Daemon {
 public:
  explicit Daemon(net::Peer peer) : peer_(std::move(peer)) {}
  ~Daemon() {
    for (std::thread& thread : threads_) thread.join();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  UniqueFd connect() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
    threads_.emplace_back([this, end = ends[1]] { serve(UniqueFd(end)); });
    return UniqueFd(ends[0]);
  }

  /// When every connection has ended.
  std::vector<test::FakeQueue::Stored> stored() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return queue_.stored;
  }

 private:
  void serve(UniqueFd socket) {
    boost::asio::io_context loop;
    submission::Sessions sessions(loop.get_executor());
    sessions.start(std::make_unique<PairStream>(std::move(socket)), peer_, settings(), queue_, clock_);
    while (sessions.count() > 0 && loop.run_one() > 0) continue;
    loop.run();
  }

  net::Peer peer_;
  test::FakeQueue queue_;
  test::FakeClock clock_;
  std::vector<std::thread> threads_;
};

net::Peer local_peer(const Call& call) {
  net::Peer peer;
  peer.address = "local";
  peer.uid = users().at(call.user).uid;
  peer.pid = kPid;
  return peer;
}

net::Peer tcp_peer() {
  net::Peer peer;
  peer.address = "127.0.0.1:51122";
  peer.ip = parse_ip("127.0.0.1");
  return peer;
}

std::string read_all(int fd) {
  std::string all;
  std::array<char, 4096> piece{};
  ssize_t count = 0;
  while ((count = ::read(fd, piece.data(), piece.size())) > 0)
    all.append(piece.data(), static_cast<std::size_t>(count));
  return all;
}

struct HandedOver {
  Submission submission;
  Delivery delivery;
};

/// What the shim does before it looks for a daemon; main.cc does it with the kernel's input, account and clock.
Outcome<HandedOver> read_and_compose(const Call& call, const Options& options) {
  if (options.source == Recipients::arguments && options.recipients.empty()) return Exit{EX_USAGE, "no recipients"};
  InputReader reader(options.dot);
  if (!call.input.empty()) {
    if (auto exit = reader.feed(call.input)) return std::move(*exit);
  }
  if (!reader.ended()) {
    if (auto exit = reader.finish()) return std::move(*exit);
  }
  Surroundings surroundings;
  surroundings.login = call.user;
  surroundings.full_name = users().at(call.user).full_name;
  surroundings.date = kDate;
  auto submission = compose(reader.take(), options, surroundings);
  if (!submission) return submission.error();
  HandedOver handed;
  handed.submission = std::move(*submission);
  handed.delivery.helo = "web1";
  handed.delivery.submission_id = std::string(32, 'a');
  handed.delivery.notify = options.notify;
  handed.delivery.ret = options.ret;
  handed.delivery.envid = options.envid;
  return handed;
}

Outcome<Options> options_of(const Call& call) {
  std::vector<const char*> arguments;
  for (const std::string& one : call.arguments) arguments.push_back(one.c_str());
  return parse_options(Personality::sendmail, arguments);
}

CameOf ended_with(const Exit& exit) {
  CameOf came;
  came.exit = exit.code;
  came.words = exit.text;
  return came;
}

CameOf submit_message(const Call& call, const Options& options) {
  const auto handed = read_and_compose(call, options);
  if (!handed) return ended_with(handed.error());
  Daemon daemon(local_peer(call));
  const auto connect = [&daemon](Wait) -> Outcome<Channel> { return Channel(daemon.connect()); };
  CameOf came = ended_with(submit(handed->submission, handed->delivery, connect).exit);
  came.stored = daemon.stored();
  return came;
}

/// -bs: standard input and output are files in memory.
CameOf speak_smtp(const Call& call) {
  const UniqueFd input(::memfd_create("input", MFD_CLOEXEC));
  const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
  static_cast<void>(write_all(input.get(), call.input));
  ::lseek(input.get(), 0, SEEK_SET);
  Daemon daemon(local_peer(call));
  std::optional<Channel> channel(daemon.connect());
  CameOf came = ended_with(pipe_smtp(*channel, input.get(), output.get(), {kPatience, kPatience}));
  channel.reset();
  came.stored = daemon.stored();
  ::lseek(output.get(), 0, SEEK_SET);
  came.replies = read_all(output.get());
  return came;
}

CameOf speak_over_tcp(const Call& call) {
  Daemon daemon(tcp_peer());
  CameOf came;
  {
    const UniqueFd client = daemon.connect();
    static_cast<void>(write_all(client.get(), call.input));
    ::shutdown(client.get(), SHUT_WR);
    came.replies = read_all(client.get());
  }
  came.stored = daemon.stored();
  return came;
}

/// A drop directory with one file, for one look.
class OneFile final : public queue::DropBox {
 public:
  OneFile(std::string bytes, std::uint32_t uid) : bytes_(std::move(bytes)), uid_(uid) {}
  submission::Pickup* pickup = nullptr;

  Task<Result<Look>> list(Turn) override {
    Look look;
    if (!taken_) look.files.push_back({{{}, "one"}, uid_, uid_});
    co_return look;
  }
  Task<Result<std::shared_ptr<File>>> open(std::string, std::uint64_t) override {
    std::shared_ptr<File> file = std::make_shared<Open>(bytes_, uid_);
    co_return file;
  }
  Task<Result<void>> remove(std::string) override {
    taken_ = true;
    co_return Result<void>();
  }
  Task<Result<Aside>> set_aside(std::string name) override {
    taken_ = true;
    Aside aside;
    aside.uid = uid_;
    aside.kept = "refused/" + name;
    co_return aside;
  }
  Task<Result<std::vector<Gone>>> forget_refused(WallTime) override { co_return std::vector<Gone>(); }
  Task<void> wait(Seconds) override {
    pickup->stop();
    co_return;
  }
  void stop() override {}

 private:
  class Open final : public File {
   public:
    Open(std::string_view bytes, std::uint32_t uid) : rest_(bytes), uid_(uid) {}
    [[nodiscard]] std::uint32_t uid() const override { return uid_; }
    [[nodiscard]] std::uint64_t size() const override { return rest_.size(); }
    Task<Result<std::string>> read() override {
      std::string piece(rest_.substr(0, 65536));
      rest_.remove_prefix(piece.size());
      co_return piece;
    }

   private:
    std::string_view rest_;
    std::uint32_t uid_;
  };

  std::string bytes_;
  std::uint32_t uid_;
  bool taken_ = false;
};

}  // namespace

CameOf hand_in(const Call& call) {
  if (call.door == "smtp") return speak_over_tcp(call);
  const auto options = options_of(call);
  if (!options) return ended_with(options.error());
  if (options->mode == Mode::smtp) return speak_smtp(call);
  if (options->mode == Mode::submit) return submit_message(call, *options);
  return ended_with(Exit{EX_OK, "this call hands in no mail"});
}

CameOf drop_and_pick_up(const Call& call) {
  const auto options = options_of(call);
  if (!options) return ended_with(options.error());
  const auto handed = read_and_compose(call, *options);
  if (!handed) return ended_with(handed.error());
  if (const auto refused = refused_unheard(handed->submission, handed->delivery)) return ended_with(*refused);
  const std::string& text = handed->submission.text;
  const smtp::DropFrame frame = smtp::drop_frame(commands(handed->submission, handed->delivery, "\n"), text);
  OneFile box(frame.head + text + frame.tail, users().at(call.user).uid);
  test::FakeQueue queue;
  test::FakeClock clock;
  submission::SubmissionMemory memory;
  submission::Pickup pickup(box, queue, clock, memory, settings);
  box.pickup = &pickup;
  test::run(pickup.run());
  CameOf came = ended_with(Exit{EX_OK, "dropped"});
  came.stored = queue.stored;
  return came;
}

}  // namespace postern::shim
