// sendmail, mailq and newaliases: what other programs call to hand in mail. See sendmail(1).
#include "base/clock.h"
#include "base/fd.h"
#include "base/random.h"
#include "base/text.h"
#include "base/zone.h"
#include "mail/date.h"
#include "sendmail-shim/channel.h"
#include "sendmail-shim/complaints.h"
#include "sendmail-shim/compose.h"
#include "sendmail-shim/control.h"
#include "sendmail-shim/drop.h"
#include "sendmail-shim/help.h"
#include "sendmail-shim/local.h"
#include "sendmail-shim/options.h"
#include "sendmail-shim/queue_list.h"
#include "sendmail-shim/smtp_pipe.h"
#include "sendmail-shim/submit.h"
#include "sendmail-shim/tell.h"
#include "sendmail-shim/verify.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace postern::shim {
namespace {

constexpr std::chrono::seconds kPatience(5);       // a restart of the daemon
constexpr std::chrono::seconds kLongPatience(20);  // the same, when there is no other way left
constexpr std::chrono::seconds kLongSilence(60);   // of a daemon that is there, likewise

constexpr const char* kSubmitSocket = "POSTERN_SUBMIT_SOCKET";
std::string submit_socket() { return environment_or(kSubmitSocket, "/run/postern/submit.sock"); }
constexpr const char* kControlSocket = "POSTERN_CONTROL_SOCKET";
std::string control_socket() { return environment_or(kControlSocket, "/run/postern/control.sock"); }

/// A caller may start us with 0, 1 or 2 closed; the next descriptor opened would take the number and error texts would
/// go into it. Input gets a descriptor that cannot be read: no input is not an empty message.
bool claim_standard_descriptors() {
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_WRONLY) != fd) return false;
  }
  return true;
}

/// For a caller that shares its end of a pipe and has told it not to block. False: errno tells why.
bool wait_for_input() {
  pollfd entry{STDIN_FILENO, POLLIN, 0};
  return ::poll(&entry, 1, -1) >= 0 || errno == EINTR;
}

std::optional<Exit> read_input(InputReader& reader) {
  static std::array<char, 65536> piece;
  while (!reader.ended()) {
    const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_input()))) continue;
    if (count < 0) return Exit{EX_IOERR, std::string("the message cannot be read: ") + std::strerror(errno)};
    if (count == 0) return reader.finish();
    if (auto exit = reader.feed({piece.data(), static_cast<std::size_t>(count)})) return exit;
  }
  return std::nullopt;
}

/// Behind a lone dot a pipe may hold more, and its writer should not get a SIGPIPE for it. The message is safe by then,
/// so a writer that keeps the pipe open is not waited for.
void drain_input() {
  static std::array<char, 65536> piece;
  constexpr int kPause = 200;
  pollfd entry{STDIN_FILENO, POLLIN, 0};
  while (::isatty(STDIN_FILENO) == 0 && ::poll(&entry, 1, kPause) > 0) {
    if (::read(STDIN_FILENO, piece.data(), piece.size()) <= 0) return;
  }
}

Connect connect_for(std::chrono::milliseconds restart, std::chrono::milliseconds otherwise) {
  return [restart, otherwise](Wait wait) {
    return Channel::connect(submit_socket(), wait == Wait::restart ? restart : otherwise);
  };
}

/// The socket first; the drop directory if nobody serves us there; the socket for longer if that is no way either.
Exit hand_in(const Submission& submission, Delivery delivery) {
  // The drop directory belongs to the system's daemon. Who names a socket means another one.
  if (!environment_or(kSubmitSocket, "").empty()) {
    delivery.patience = kLongSilence;
    delivery.asking = kPatience;
    return submit(submission, delivery, connect_for(kPatience, kPatience)).exit;
  }
  const HandedIn first = submit(submission, delivery, connect_for(kPatience, std::chrono::seconds(0)));
  if (first.by == HandedIn::By::daemon) return first.exit;
  if (auto refused = refused_unheard(submission, delivery); refused && !first.unknown) return *refused;
  const Exit dropped = drop(drop_helper(kDropHelpers), submission, delivery);
  if (dropped.code == EX_OK) return dropped;
  delivery.patience = kLongSilence;
  delivery.asking = kLongPatience;
  const HandedIn second = submit(submission, delivery, connect_for(kLongPatience, kLongPatience));
  if (second.by == HandedIn::By::daemon && !second.unknown) return second.exit;
  const std::string& words = first.unknown && !second.unknown ? first.exit.text : second.exit.text;
  return Exit{EX_TEMPFAIL, words + "; and it cannot be dropped: " + dropped.text};
}

/// One line on standard error.
void complain(std::string_view name, const std::string& text) {
  static constexpr std::array<std::string_view, 3> kNames = {"sendmail", "mailq", "newaliases"};
  const std::string_view called = kNames.at(static_cast<std::size_t>(personality(name)));
  static Complaints complaints(STDERR_FILENO);
  complaints.say(std::string(called) + ": " + text + "\n");
}

/// The message that standard input and the arguments make.
Outcome<Submission> read_submission(const Options& options, InputReader& reader) {
  if (options.source == Recipients::arguments && options.recipients.empty()) {
    return Exit{EX_USAGE, "no recipients: give them as arguments, or -t to take them from the header"};
  }
  if (auto exit = read_input(reader)) return std::move(*exit);
  Account account = own_account();
  Surroundings surroundings;
  surroundings.login = std::move(account.login);
  surroundings.full_name = std::move(account.full_name);
  const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  surroundings.date = mail::format_date(now, utc_offset(now));
  auto submission = compose(reader.take(), options, surroundings);
  if (submission) submission->mended = reader.mended();
  return submission;
}

Exit submit_message(const Options& options) {
  InputReader reader(options.dot);
  const auto submission = read_submission(options, reader);
  if (!submission) {
    tell_refusal(submit_socket(), submission.error());
    return submission.error();
  }
  Delivery delivery;
  delivery.helo = host_name();
  delivery.submission_id = hex(random_bytes(16));
  delivery.notify = options.notify;
  delivery.ret = options.ret;
  delivery.envid = options.envid;
  for (const std::string& line : warnings(*submission)) complain("sendmail", line);
  const Exit exit = hand_in(*submission, delivery);
  if (reader.ended()) drain_input();
  if (exit.code == EX_OK && options.talk == Talk::verbose) write_all(STDOUT_FILENO, exit.text + "\n");
  return exit;
}

Exit speak_smtp() {
  auto channel = Channel::connect(submit_socket(), kPatience);
  if (channel) return pipe_smtp(*channel, STDIN_FILENO, STDOUT_FILENO, {kLongSilence, Channel::kLongestSilence});
  write_all(STDOUT_FILENO, "421 4.3.2 " + channel.error().text + "\r\n");
  return channel.error();
}

bool print(std::string_view text) { return write_all(STDOUT_FILENO, text); }

Reader reader() { return ::isatty(STDOUT_FILENO) != 0 ? Reader::person : Reader::program; }

/// As ask(), of the daemon behind the control socket.
Exit ask_daemon(std::string_view request, const Print& to, std::chrono::seconds restart, int unreachable) {
  auto channel = Channel::connect(control_socket(), restart);
  if (!channel) return Exit{unreachable, channel.error().text};
  channel->set_silence(patience_of(reader()));
  return ask(*channel, request, to);
}

Exit show(std::string_view request, int unreachable) {
  return ask_daemon(request, print, std::chrono::seconds(0), unreachable);
}

Exit say(std::string_view text) { return print(text) ? Exit{} : Exit{EX_IOERR, "standard output cannot be written"}; }

Exit list() {
  // As with the drop directory: the spool that is known belongs to the system's daemon.
  const bool other = !environment_or(kControlSocket, "").empty();
  return list_queue(control_socket(), other ? "" : POSTERN_SPOOL_DIR, reader(), print);
}

Exit verify_recipients(const Options& options) {
  const Request request = [](const std::string& line, const Print& to) {
    return ask_daemon(line, to, kPatience, EX_TEMPFAIL);
  };
  return verify(options, own_account().login, request, print);
}

/// What is asked for is so after the next start, too: scripts that install something must not fail for it.
Exit new_aliases() {
  constexpr int kNobody = -1;
  Exit exit = show("newaliases", kNobody);
  if (exit.code != kNobody) return exit;
  write_all(STDOUT_FILENO, "the mail daemon does not run (" + exit.text +
                               "); it reads the aliases when it starts, and posternd --check tells what is wrong with "
                               "them\n");
  return Exit{};
}

Exit run(int argc, char** argv) {
  if (!claim_standard_descriptors()) return Exit{EX_OSERR, ""};
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view name = argc > 0 ? argv[0] : "sendmail";
  const std::span<const char* const> arguments(argv + (argc > 0 ? 1 : 0),
                                               argc > 0 ? static_cast<std::size_t>(argc - 1) : 0);
  const Personality called = personality(name);
  const auto options = parse_options(called, arguments);
  const auto refused = options ? refused_with_message(*options, called) : options.error();
  if (refused) {
    if (called == Personality::sendmail) tell_refusal(submit_socket(), *refused);
    return *refused;
  }
  for (const std::string& left_out : options->left_out) complain(name, left_out + "; it is left out");
  switch (options->mode) {
    case Mode::submit: return submit_message(*options);
    case Mode::smtp: return speak_smtp();
    case Mode::list: return list();
    case Mode::flush: return show("flush", EX_TEMPFAIL);
    case Mode::aliases: return new_aliases();
    case Mode::verify: return verify_recipients(*options);
    case Mode::help: return say(help_text(called));
    case Mode::version: return say("sendmail (Postern) " POSTERN_VERSION "\n");
  }
  return Exit{EX_SOFTWARE, "unknown mode"};
}

}  // namespace
}  // namespace postern::shim

int main(int argc, char** argv) {
  using postern::shim::Exit;
  Exit exit;
  try {
    exit = postern::shim::run(argc, argv);
  } catch (const std::bad_alloc&) {
    exit = Exit{EX_TEMPFAIL, "out of memory; nothing was stored"};
  }
  if (!exit.warning.empty()) postern::shim::complain("sendmail", exit.warning);
  if (exit.code != EX_OK && !exit.text.empty()) {
    postern::shim::complain(argc > 0 ? argv[0] : "sendmail", exit.text);
  }
  return exit.code;
}
