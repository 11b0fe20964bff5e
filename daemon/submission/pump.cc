#include "submission/pump.h"

#include "base/endpoint.h"
#include "base/log.h"
#include "mail/accepted_log.h"
#include "mail/parties.h"
#include "smtp/limits.h"
#include "smtp/other_protocols.h"
#include "submission/envelope_completion.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace postern::submission {
namespace {

namespace limits = smtp::limits;

constexpr std::size_t kCommandBuffer = 16 * 1024;
constexpr std::size_t kDataBuffer = 64 * std::size_t{1024};
constexpr Seconds kGoodbye{5};  // for a last reply
/// The deadline of the stream ends a session without a word; it comes after the one that says 421.
constexpr Seconds kBackstop{60};
/// So much is read, for as long as kGoodbye, of a client that is left while it sends: what is unread at the end makes
/// the system reset the connection, and the last words may be lost with that.
constexpr std::size_t kDropped = std::size_t{1} << 20U;
/// Of a refused message so much is read to its end, or as much as a message may have if that is more, so that the
/// client hears why.
constexpr std::uint64_t kSwallowed = std::uint64_t{8} << 20U;
/// The session itself: its objects and those of its stream, besides the buffer.
constexpr std::size_t kOfSession = Pump::kLeast - kCommandBuffer;
constexpr std::size_t kMostCrs = 2;  // before the LF that ends a command
constexpr std::string_view kLoneDotSaid =
    "a line with nothing but a dot ends no message unless CR LF stands before and behind it; nothing was stored";

/// Without the port.
std::string host_of(const std::string& address) {
  const auto endpoint = NumericEndpoint::parse(address);
  return endpoint ? endpoint->host() : address;
}

/// Whoever the kernel knows is local; others are known by their address.
bool admitted(const net::Peer& peer, const std::vector<Network>& networks) {
  if (peer.uid) return true;
  return peer.ip && std::ranges::any_of(networks, [&](const Network& network) { return network.contains(*peer.ip); });
}

}  // namespace

std::string log_name(const net::Peer& peer, Party party) {
  return party == mail::kNoUid && !peer.uid ? host_of(peer.address) : mail::party_text(party);
}

Pump::Pump(std::unique_ptr<net::Stream> stream, net::Peer peer, Party party, std::shared_ptr<const Config> config,
           queue::Queue& queue, Clock& clock, SubmissionMemory* memory, Commons& commons)
    : stream_(std::move(stream)),
      peer_(std::move(peer)),
      config_(std::move(config)),
      queue_(queue),
      clock_(clock),
      memory_(memory),
      commons_(commons),
      party_(party),
      held_(commons.held, party),
      buffer_(kCommandBuffer),
      dialogue_(dialogue_config()),
      space_([this](std::uint64_t size) { return begin(size); }),
      started_(clock.steady()),
      waiting_since_(started_) {
  static_cast<void>(hold(0));  // there is so much, or it would have been turned away
}

smtp::DialogueConfig Pump::dialogue_config() const {
  smtp::DialogueConfig dialogue;
  dialogue.hostname = config_->hostname;
  dialogue.message_size = config_->message_size;
  dialogue.submission_id = peer_.uid.has_value();
  // sendmail hands a message in as a whole; a client of SMTP can send the rest in another transaction.
  dialogue.recipients = dialogue.submission_id ? 0 : config_->recipients;
  dialogue.memory = [this](std::size_t bytes) -> std::optional<smtp::Refusal> {
    if (held_.may_be(held_besides() + bytes)) return {};
    return no_memory(party_);
  };
  return dialogue;
}

/// Whether a message may begin now.
std::optional<smtp::Refusal> Pump::begin(std::uint64_t declared_size) {
  const Result<void> room = queue_.room_for(declared_size, party_);
  told_of_disk_ = !room && room.error().failure == Failure::no_space;
  if (!room && room.error().failure == Failure::limit) return smtp::Refusal{452, "4.3.1", room.error().text};
  if (!room) return smtp::Refusal{452, "4.3.1", "no space left for a message, try again later"};
  return commons_.rates.take(party_, config_->per_user_rate, clock_.steady());
}

std::size_t Pump::held_besides() const { return kOfSession + buffer_.capacity() + replies_.capacity(); }

/// Everything that the session holds now, and so much of a message. False: it is more than there is for its party.
bool Pump::hold(std::size_t of_message) { return held_.resize(held_besides() + dialogue_.held() + of_message); }

Seat Pump::seat() const {
  const bool transaction = in_message() || dialogue_.in_transaction();
  const auto state = !reading_ ? Seat::State::busy : transaction ? Seat::State::waiting : Seat::State::idle;
  return {party_, !peer_.uid, state, waiting_since_};
}

Task<void> Pump::run() {
  if (!admitted(peer_, config_->networks)) {
    if (may_log_refusal())
      log(Level::notice, "refused", {{"client", peer_.address}, {"reason", "not in a network of listen.networks"}});
    replies_ = "554 5.7.1 " + config_->hostname + " takes no mail from " + host_of(peer_.address) + "\r\n";
    record(std::string_view(), replies_);
    co_await flush();
    co_return;
  }
  replies_ = dialogue_.greeting();
  // Not `while (co_await ...) {}`: GCC 12 makes an illegal instruction of it.
  bool more = true;
  while (more) more = co_await converse();
}

std::string_view Pump::unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

/// Without its line end, which may be LF or CR CR LF; valid until the next fill().
std::optional<std::string_view> Pump::next_line() {
  const std::string_view bytes = unread();
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) return {};
  begin_ += newline + 1;
  std::string_view line = bytes.substr(0, newline);
  const std::size_t size = line.size();
  for (std::size_t crs = 0; crs < kMostCrs && line.ends_with('\r'); ++crs) line.remove_suffix(1);
  line_end_ = size == line.size()       ? smtp::LineEnd::lf
              : size == line.size() + 1 ? smtp::LineEnd::crlf
                                        : smtp::LineEnd::cr_cr_lf;
  return line;
}

bool Pump::may_log_refusal() { return commons_.refusals.may_log(log_name(peer_, party_), clock_.steady()); }

/// Some callers look at no exit status and mail no words; the log has both.
void Pump::note(const smtp::Reaction::Refused& refused) {
  record(at_door(), refused.words);
  if (!may_log_refusal()) return;
  log(Level::notice, "sendmail took no message",
      {{"client", client()}, {"exit", refused.status}, {"reason", refused.words}});
}

/// What is known of the message that the client is about to hand in.
queue::AtDoor Pump::at_door() const {
  queue::AtDoor message;
  message.source = source();
  message.client = client();
  message.has_sender = dialogue_.in_transaction();
  if (message.has_sender) message.sender = dialogue_.envelope().sender;
  return message;
}

void Pump::record(const queue::AtDoor& message, std::string_view reply) {
  if (config_->recorder == nullptr) return;
  config_->recorder->refused(message, reply.substr(0, reply.find_last_not_of("\r\n") + 1));
}

/// A MAIL or RCPT that was refused is a message or a copy of it; other commands are the client's business alone.
void Pump::record(std::string_view command, std::string_view reply) {
  if (config_->recorder == nullptr) return;
  queue::AtDoor message = at_door();
  const auto parsed = smtp::parse_command(command);
  const bool mail = parsed && parsed->verb == "MAIL";
  if (!command.empty() && !mail && (!parsed || parsed->verb != "RCPT")) return;
  if (!command.empty()) {
    const auto path = smtp::parse_path(parsed->argument, mail ? smtp::PathKeyword::from : smtp::PathKeyword::to);
    // What cannot be read is shown as it came.
    const std::string address = path ? path->path : std::string(parsed->argument);
    message.has_sender = message.has_sender || mail;
    if (mail) {
      message.sender = address;
    } else {
      message.recipients.push_back({address, mail::kNotifyUnspecified, {}});
      message.count = 1;
    }
  }
  record(message, reply);
}

void Pump::react(const smtp::Reaction& reaction, std::string_view command) {
  replies_ += reaction.reply;
  if (reaction.refused) note(*reaction.refused);
  const bool refusal = reaction.reply.starts_with('4') || reaction.reply.starts_with('5');
  if (!refusal) return;
  // Commands that were sent together with the refused one find no transaction: that says nothing more.
  const bool follows = std::exchange(refused_in_burst_, true) && reaction.reply.starts_with("503");
  if (!follows && !command.empty()) record(command, reaction.reply);
  // Of a full disk the queue has told, once for all mail.
  if (follows || std::exchange(told_of_disk_, false) || !may_log_refusal()) return;
  const std::string_view reply =
      std::string_view(reaction.reply).substr(0, reaction.reply.find_last_not_of("\r\n") + 1);
  log(Level::info, "refused", {{"client", client()}, {"helo", dialogue_.helo()}, {"reply", reply}});
}

/// Everything that has arrived, then the replies, then more. False: the session is over.
Task<bool> Pump::converse() {
  refused_in_burst_ = false;
  while (const auto line = next_line()) {
    const bool too_long = line->size() > limits::kCommandLine;
    const smtp::Reaction reaction = too_long ? dialogue_.on_line_too_long() : dialogue_.on_line(*line, space_);
    react(reaction, *line);
    if (reaction.next == smtp::Next::data) {
      const bool more = co_await take_message();
      if (!more) co_return false;
    }
    if (reaction.next == smtp::Next::close) {
      co_await flush();
      co_return false;
    }
    static_cast<void>(hold(0));  // it was asked for before
    if (replies_.size() <= limits::kReplyBuffer) continue;
    if (!co_await flush()) co_return false;
  }
  if (smtp::is_tls_hello(unread())) {  // it has no line end
    react(dialogue_.on_line(unread(), space_));
    co_await flush();
    co_return false;
  }
  if (unread().size() > limits::kCommandLine + kMostCrs) {  // CRs may wait for their LF
    react(dialogue_.on_line_too_long());
    co_await flush();
    co_return false;
  }
  if (ending()) {
    replies_ += dialogue_.closing(farewell_).reply;
    co_await flush();
    co_return false;
  }
  if (!co_await flush()) co_return false;
  co_return co_await fill(kCommandBuffer);
}

mail::Source Pump::source() const {
  mail::Source source;
  source.kind = peer_.uid ? mail::Source::Kind::local : mail::Source::Kind::smtp;
  source.uid = peer_.uid;
  source.pid = peer_.pid;
  if (!peer_.uid) source.holder = peer_.owner;
  if (!peer_.uid) source.peer = peer_.address;
  source.helo = dialogue_.helo();
  return source;
}

/// Whose a connection over TCP is, is for limits and the log; the message stays nobody's.
std::string Pump::client() const {
  std::string text = mail::client_text(source());
  if (peer_.owner) text += " uid " + std::to_string(*peer_.owner);
  return text;
}

Transaction Pump::transaction() {
  Transaction transaction;
  transaction.envelope = dialogue_.take_envelope();
  transaction.envelope.source = source();
  transaction.protocol = dialogue_.extended() ? Protocol::esmtp : Protocol::smtp;
  transaction.submission_id = dialogue_.submission_id();
  transaction.mended = dialogue_.mended();
  transaction.unread_sender = dialogue_.unread_sender();
  transaction.failures = &commons_.refusals;
  transaction.client = client();
  transaction.user = peer_.user();
  return transaction;
}

/// Others have their turns meanwhile. False: it takes more memory than there is for the party.
Task<bool> Pump::completed(mail::Envelope& envelope) {
  EnvelopeCompletion completion(envelope, *config_);
  while (completion.step()) {
    if (!hold(completion.held())) {
      completion.give_up();
      co_return false;
    }
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_return true;
}

/// From the 354 to the final reply. Whatever is wrong with the message is told after its real end, so that what
/// follows it is never taken for commands. False: the client is gone, and nothing of the message is kept.
Task<bool> Pump::take_message() {
  phase_ = Phase::message;
  Transaction begun = transaction();
  const bool fits = co_await completed(begun.envelope);
  Acceptor acceptor(*config_, queue_, clock_, memory_, std::move(begun));
  if (!fits) acceptor.refuse(no_memory(party_));
  smtp::DataDecoder decoder(line_end_, config_->bare_newline);
  std::string text;
  std::uint64_t swallowed = 0;
  for (;;) {
    if (!hold(acceptor.held())) acceptor.refuse(no_memory(party_));
    std::string_view wire = unread();
    text.clear();
    const bool ended = decoder.feed(wire, text);
    const std::uint64_t taken = unread().size() - wire.size();
    begin_ = end_ - wire.size();
    if (decoder.fault() != smtp::DataDecoder::Fault::none)
      acceptor.refuse(smtp::Dialogue::refusal_for(decoder.fault()));
    if (decoder.wire_size() > config_->message_size) acceptor.refuse(dialogue_.too_large());
    co_await acceptor.take(text);
    if (ended) break;
    if (acceptor.refusal()) swallowed += taken;
    if (swallowed > std::max(config_->message_size, kSwallowed)) co_return co_await give_up(acceptor);
    if (!co_await flush()) co_return false;
    lone_dot_ = decoder.ends_with_lone_dot();
    const std::size_t wanted = acceptor.refusal() ? kCommandBuffer : kDataBuffer;
    const bool more = co_await fill(wanted);
    if (!more && dismissed_) record_dismissal(acceptor);
    if (!more) co_return false;
  }
  lone_dot_ = false;
  phase_ = Phase::storing;
  acceptor.note_mended(decoder.mended());
  const auto seen = decoder.eight_bit() ? mail::BodyType::eight_bit : mail::BodyType::seven_bit;
  const Acceptor::Outcome outcome = co_await acceptor.finish(seen);
  phase_ = Phase::commands;
  const smtp::Reaction reaction =
      outcome.refusal ? dialogue_.on_refused(*outcome.refusal) : dialogue_.on_stored(outcome.id);
  if (outcome.refusal) record(acceptor.refused(), reaction.reply);
  react(reaction);
  co_return true;
}

/// The client may believe that it has handed the message in.
void Pump::record_dismissal(Acceptor& acceptor) {
  acceptor.refuse({421, "4.4.2", dismissal_});
  record(acceptor.refused(), last_words());
}

/// Whoever goes on sending what is refused cannot be waited for.
Task<bool> Pump::give_up(const Acceptor& acceptor) {
  const smtp::Reaction reaction = dialogue_.on_endless(*acceptor.refusal());
  record(acceptor.refused(), reaction.reply);
  react(reaction);
  const bool written = co_await flush();
  if (written) co_await drop_rest();
  co_return false;
}

Task<void> Pump::drop_rest() {
  stream_->expires_after(kGoodbye);
  const std::span<char> room(buffer_);
  std::size_t dropped = 0;
  while (dropped < kDropped) {
    const auto count = co_await stream_->read_some(room);
    if (!count || *count == 0) co_return;
    dropped += *count;
  }
}

/// A buffer of the wanted size, if there is memory for it and what is unread has room; otherwise the one that is there
/// does, too. A larger one only for a client that filled this one at once: most messages are small, and each would pay
/// for memory that is taken and given back.
void Pump::fit_buffer(std::size_t wanted) {
  if (buffer_.size() == wanted || end_ >= wanted) return;
  if (buffer_.size() < wanted && !was_filled_) return;
  if (!held_.resize(held_.size() - buffer_.size() + wanted)) return;
  buffer_.resize(wanted);
  buffer_.shrink_to_fit();
}

/// At least one byte more, or false.
Task<bool> Pump::fill(std::size_t wanted) {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= std::exchange(begin_, 0);
  }
  fit_buffer(wanted);
  waiting_since_ = clock_.steady();
  const auto left = std::chrono::duration_cast<Milliseconds>(started_ + limits::kSession - waiting_since_);
  stream_->expires_after(std::min<Milliseconds>(limits::kIdle, std::max(left, Milliseconds(0))) + kBackstop);
  const std::span<char> room = std::span<char>(buffer_).subspan(end_);
  reading_ = true;
  const auto count = co_await stream_->read_some(room);
  reading_ = false;
  if (dismissed_) {
    log_loss(Error{Failure::cancelled, "the session was ended by 421: " + dismissal_});
    co_return false;
  }
  if (!count) log_loss(count.error());
  if (count && *count == 0) log_loss(Error{Failure::closed, "the client ended the connection"});
  if (!count || *count == 0) co_return false;
  end_ += *count;
  was_filled_ = end_ == buffer_.size();
  co_return true;
}

/// A client that goes away between messages is no news.
void Pump::log_loss(const Error& error) {
  if (!in_message() || !may_log_refusal()) return;
  log(Level::info, "message not accepted", {{"client", client()}, {"helo", dialogue_.helo()}, {"reason", error.text}});
}

Task<bool> Pump::flush() {
  if (replies_.empty()) co_return true;
  stream_->expires_after(limits::kIdle);
  const auto written = co_await stream_->write(replies_);
  if (replies_.capacity() > kCommandBuffer) replies_ = std::string();
  replies_.clear();
  co_return written.has_value();
}

std::string_view Pump::overdue() const {
  if (!reading_) return {};
  const SteadyTime now = clock_.steady();
  if (lone_dot_ && now - waiting_since_ >= limits::kLoneDot) return kLoneDotSaid;
  const bool late = now - waiting_since_ >= limits::kIdle || now - started_ >= limits::kSession;
  return late ? "timed out" : std::string_view();
}

void Pump::end_soon(std::string words) {
  if (farewell_.empty()) farewell_ = std::move(words);
}

std::string Pump::last_words() const { return "421 4.4.2 " + config_->hostname + " " + dismissal_; }

Task<void> Pump::dismiss_overdue() {
  std::string words(overdue());
  if (!words.empty()) co_await dismiss(std::move(words));
}

Task<void> Pump::dismiss(std::string text) {
  if (!reading_ || dismissed_) co_return;
  end_soon(text);
  dismissed_ = true;  // from here on the pump writes nothing, whatever it reads
  dismissal_ = std::move(text);
  const std::string reply = last_words() + "\r\n";
  stream_->expires_after(kGoodbye);
  static_cast<void>(co_await stream_->write(reply));
  stream_->cancel();
}

}  // namespace postern::submission
