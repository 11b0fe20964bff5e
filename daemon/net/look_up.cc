#include "net/dns.h"

#include "net/socket_stream.h"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <signal.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace postern::net {
namespace {

namespace asio = boost::asio;

/// The thread that asks, which lives as long as the event loop: like that of Asio for addresses, it is waited for at
/// the end, so that an answer always finds the loop.
class AskingThread final : public asio::execution_context::service {
 public:
  using key_type = AskingThread;
  // Asio finds a service by this member's address.
  static inline asio::execution_context::id id;

  explicit AskingThread(asio::execution_context& context) : asio::execution_context::service(context) {}

  /// Throws where no thread can be made.
  [[nodiscard]] asio::thread_pool::executor_type executor() {
    if (!thread_) {
      // Signals belong to the event loop's thread; new threads inherit the mask.
      sigset_t all;
      sigset_t before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      try {
        thread_.emplace(1);
      } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
      }
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    return thread_->get_executor();
  }

 private:
  void shutdown() override {
    if (!thread_) return;
    thread_->stop();  // what has not begun is not asked any more
    thread_->join();
    thread_.reset();
  }

  std::optional<asio::thread_pool> thread_;
};

/// Shared with the thread, whose answer may come after the waiter gave up.
struct DnsQuestion {
  DnsQuestion(const Executor& on, std::string of, DnsType kind)
      : executor(on), name(std::move(of)), type(kind), answered(on) {}
  Executor executor;
  std::string name;
  DnsType type;
  asio::steady_timer answered;
  std::optional<Result<DnsAnswer>> answer;  ///< the loop's alone
};

void deliver(const std::shared_ptr<DnsQuestion>& question, Result<DnsAnswer> answer) {
  question->answer = std::move(answer);
  question->answered.cancel();
}

void ask(const std::shared_ptr<DnsQuestion>& question) {
  auto& context = asio::query(question->executor, asio::execution::context);
  try {
    asio::post(asio::use_service<AskingThread>(context).executor(), [question] {
      asio::post(question->executor, [question, answer = ask_dns(question->name, question->type)]() mutable {
        deliver(question, std::move(answer));
      });
    });
  } catch (const std::exception& error) {  // of Boost or of the standard library, as the version has it
    deliver(question, Error{Failure::resolve, std::string("no thread to ask the DNS: ") + error.what()});
  }
}

}  // namespace

Task<Result<DnsAnswer>> look_up(Executor executor, std::string name, DnsType type, Milliseconds patience) {
  const auto question = std::make_shared<DnsQuestion>(executor, std::move(name), type);
  question->answered.expires_after(patience);
  ask(question);
  if (!question->answer) static_cast<void>(co_await question->answered.async_wait(kToken));
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    co_return Error{Failure::cancelled, "the answer of the DNS was not waited for any more"};
  }
  if (!question->answer) co_return Error{Failure::resolve, "no answer from the DNS in time"};
  co_return std::move(*question->answer);
}

}  // namespace postern::net
