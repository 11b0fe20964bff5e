#include "smtp/dialogue.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/xtext.h"
#include "smtp/limits.h"
#include "smtp/other_protocols.h"
#include "smtp/parameters.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::smtp {
namespace {

constexpr std::size_t kRefusalText = 400;        // keeps a reply line within 512 bytes (RFC 5321 4.5.3.1.5)
constexpr std::uint64_t kHighestExit = 255;      // of a program
constexpr std::string_view kNoName = "unknown";  // of a client that says none, as in Received fields of others

/// At most so much does a recipient take in the spool's file: itself, its parameters, and the domain of a bare name.
std::size_t stored_size(std::string_view address, std::string_view orcpt) {
  const bool bare = address.find('@') == std::string_view::npos;
  return mail::kLeastRecipient + address.size() + orcpt.size() + (bare ? limits::kDomain + 1 : 0);
}

/// What a text takes in memory besides the object itself: nothing where it is short enough to lie in it.
std::size_t heap_of(const std::string& text) {
  static const std::size_t inside = std::string().capacity();
  constexpr std::size_t kOfAllocator = 16;
  return text.size() <= inside ? 0 : text.size() + kOfAllocator;
}

/// A reply of one line. Every one but the greeting, EHLO, HELO and 354 carries an enhanced code (RFC 2034).
std::string reply_line(int code, std::string_view enhanced, std::string_view text) {
  std::string line = std::to_string(code);
  if (!enhanced.empty()) line.append(" ").append(enhanced);
  return line.append(" ").append(text).append("\r\n");
}

Reaction say(int code, std::string_view enhanced, std::string_view text, Next next = Next::command) {
  Reaction reaction;
  reaction.reply = reply_line(code, enhanced, text);
  reaction.next = next;
  return reaction;
}

/// The texts come from elsewhere too (the disk's words, a bad address quoted), so they are made fit for a
/// line here. Replies are ASCII: no client has agreed to anything else (RFC 6531 3.7.4.1).
Reaction say(const Refusal& refusal) {
  const std::string fallback = std::to_string(refusal.code / 100) + ".0.0";
  std::string text = printable(refusal.text).substr(0, kRefusalText);
  std::ranges::replace_if(text, [](char c) { return !is_ascii(std::string_view(&c, 1)); }, '?');
  return say(refusal.code, refusal.enhanced.empty() ? fallback : refusal.enhanced, text);
}

/// What a client calls itself, fit for a Received line: a domain or an address literal. It is not looked up and grants
/// nothing, so any words will do: other characters, which the names of desktop machines hold, become "_" each, those of
/// several octets too, and what is longer than a domain can be is cut. Nothing if there are no words.
std::optional<std::string> helo_name(std::string_view argument) {
  if (argument.empty()) return std::nullopt;
  std::string name;
  bool inside = false;  // of a character of several octets
  for (const char c : argument) {
    const bool plain = is_alnum(c) || std::string_view("._-:[]").find(c) != std::string_view::npos;
    const unsigned octet = static_cast<unsigned char>(c);
    const bool continued = (octet & 0xC0U) == 0x80U;
    if (!(inside && continued)) name += plain ? c : '_';
    inside = octet >= 0x80;
  }
  name.resize(std::min(name.size(), limits::kDomain));
  return name;
}

}  // namespace

/// One function for each command; the table below says which verb means which.
struct Commands {
  using Check = Dialogue::SpaceCheck;

  static Reaction hello(Dialogue& self, std::string_view argument, std::string_view verb) {
    auto name = helo_name(argument);
    if (!name && self.config_.needs_hello) return say(501, "5.5.4", "syntax: " + std::string(verb) + " hostname");
    self.reset();
    self.helo_ = std::move(name).value_or(std::string(kNoName));
    self.extended_ = verb == "EHLO";
    return {};
  }

  static Reaction ehlo(Dialogue& self, std::string_view argument, const Check&) {
    Reaction reaction = hello(self, argument, "EHLO");
    if (!reaction.reply.empty()) return reaction;
    const DialogueConfig& config = self.config_;
    std::vector<std::string> lines{config.hostname, "PIPELINING", "SIZE " + std::to_string(config.message_size),
                                   "8BITMIME",      "SMTPUTF8",   "DSN"};
    if (config.submission_id) lines.insert(lines.end(), {"XSUBMISSION", "XUNREAD", "XSENDER"});
    if (config.starttls && !self.secure_) lines.emplace_back("STARTTLS");
    if (!config.auth.empty()) {
      std::string& auth = lines.emplace_back("AUTH");
      for (const std::string& mechanism : config.auth) auth.append(" ").append(mechanism);
    }
    lines.emplace_back("ENHANCEDSTATUSCODES");
    for (const std::string& line : lines) {
      reaction.reply.append(&line == &lines.back() ? "250 " : "250-").append(line).append("\r\n");
    }
    return reaction;
  }

  static Reaction helo(Dialogue& self, std::string_view argument, const Check&) {
    Reaction reaction = hello(self, argument, "HELO");
    return reaction.reply.empty() ? say(250, "", self.config_.hostname) : reaction;
  }

  static bool needs_parameter(const Dialogue& self, std::string_view path, bool given) {
    return self.config_.utf8_needs_parameter && !given && !is_ascii(path);
  }

  static Reaction mail(Dialogue& self, std::string_view argument, const Check& space) {
    if (self.helo_.empty() && self.config_.needs_hello) return say(503, "5.5.1", "say EHLO or HELO first");
    if (self.config_.require_auth && !self.authenticated_) return say(530, "5.7.0", "Authentication required");
    if (self.have_mail_) return say(503, "5.5.1", "a transaction is open already");
    Parsed<PathArgument> path = parse_path(argument, PathKeyword::from);
    if (!path) return say(path.error());
    const auto allowed = self.config_.submission_id ? PrivateParameters::allow : PrivateParameters::refuse;
    Parsed<MailParameters> given = parse_mail_parameters(path->parameters, allowed);
    if (!given) return say(given.error());
    if (needs_parameter(self, path->path, given->smtputf8)) return say(553, "5.6.7", "the address needs SMTPUTF8");
    if (given->size > self.config_.message_size) return say(self.too_large());
    const std::optional<Refusal> no_space = space ? space(given->size) : std::nullopt;
    if (no_space) return say(*no_space);

    if (self.helo_.empty()) self.helo_ = kNoName;
    self.have_mail_ = true;
    self.submission_id_ = std::move(given->submission_id);
    self.mended_ = given->mended;
    self.unread_sender_ = std::move(given->unread_sender);
    mail::Envelope& envelope = self.envelope_;
    envelope.sender = std::move(path->path);
    envelope.unread = std::move(given->unread);
    envelope.envid = std::move(given->envid);
    envelope.ret = given->ret;
    envelope.body = given->body;
    envelope.smtputf8 = given->smtputf8;
    return say(250, "2.1.0", "sender OK");
  }

  /// Our sendmail has nobody to tell of one address among many, and the message goes to the others: it is told of as
  /// what sendmail itself could not read.
  static void note_unread(Dialogue& self, std::string_view argument, const Refusal& refusal) {
    std::vector<std::string>& unread = self.envelope_.unread;
    const bool ours = !self.submission_id_.empty() && refusal.enhanced == kBadRecipient;
    if (!ours) return;
    if (unread.size() == mail::kMostUnread) {
      unread.back() = "(and more)";
      return;
    }
    const std::string shown = printable(trim(argument.substr(argument.find(':') + 1)));
    unread.emplace_back(cut_printable(shown, mail::kLongestUnread));
  }

  /// The place for one more recipient. Our sendmail cannot send the rest in another transaction, so that a recipient
  /// for whom there is no memory now costs it the message: it ends with 75, and its caller may try again.
  static std::optional<Refusal> hold(Dialogue& self, const PathArgument& path, const RcptParameters& given) {
    std::vector<mail::Recipient>& recipients = self.envelope_.recipients;
    constexpr std::size_t kFirst = 16;
    const std::size_t places = recipients.size() < recipients.capacity()
                                   ? recipients.capacity()
                                   : std::max(kFirst, recipients.size() + recipients.size() / 2);
    const std::size_t added = (places - recipients.capacity()) * sizeof(mail::Recipient);
    const std::size_t held = self.held_ + added + heap_of(path.path) + heap_of(given.orcpt);
    if (self.config_.memory) {
      if (std::optional<Refusal> refusal = self.config_.memory(held)) {
        if (self.config_.recipients == 0) self.short_of_memory_ = refusal;
        return refusal;
      }
    }
    recipients.reserve(places);
    self.held_ = held;
    return {};
  }

  static Reaction rcpt(Dialogue& self, std::string_view argument, const Check&) {
    if (!self.have_mail_) return say(503, "5.5.1", "say MAIL first");
    Parsed<PathArgument> path = parse_path(argument, PathKeyword::to);
    if (!path) {
      note_unread(self, argument, path.error());
      return say(path.error());
    }
    Parsed<RcptParameters> given = parse_rcpt_parameters(path->parameters);
    if (!given) return say(given.error());
    mail::Envelope& envelope = self.envelope_;
    if (needs_parameter(self, path->path, envelope.smtputf8)) return say(553, "5.6.7", "the address needs SMTPUTF8");
    // RFC 5321 4.5.3.1.10: 452, so that the client sends the rest in another transaction.
    const bool counted = self.config_.recipients > 0;
    if (counted && envelope.recipients.size() >= self.config_.recipients)
      return say(452, "4.5.3", "too many recipients");
    const std::size_t size = stored_size(path->path, given->orcpt);
    if (self.envelope_size_ + size > mail::kLongestEnvelope - mail::kRestOfEnvelope) {
      if (counted) return say(452, "4.5.3", "too many recipients");
      return say(552, "5.3.4", "too many recipients for one message: they need more than 4 MiB; send it in parts");
    }
    if (const std::optional<Refusal> refusal = hold(self, *path, *given)) return say(*refusal);
    self.envelope_size_ += size;

    mail::Recipient& recipient = envelope.recipients.emplace_back();
    recipient.address = std::move(path->path);
    recipient.notify = given->notify;
    recipient.orcpt = std::move(given->orcpt);
    return say(250, "2.1.5", "recipient OK");
  }

  static Reaction data(Dialogue& self, std::string_view argument, const Check&) {
    if (!self.have_mail_) return say(503, "5.5.1", "say MAIL first");
    if (self.short_of_memory_) return say(*self.short_of_memory_);
    if (self.envelope_.recipients.empty()) return say(503, "5.5.1", "no valid recipients");
    if (!argument.empty()) return say(501, "5.5.4", "DATA takes no argument");
    return say(354, "", "end data with <CR><LF>.<CR><LF>", Next::data);
  }

  /// CHUNKING (RFC 3030) is not offered. The bytes that follow BDAT are message, not commands, so nothing
  /// more of this connection may be read as SMTP.
  static Reaction bdat(Dialogue& self, std::string_view, const Check&) {
    self.reset();
    return say(502, "5.5.1", "CHUNKING is not offered, closing", Next::close);
  }

  static Reaction rset(Dialogue& self, std::string_view, const Check&) {
    self.reset();
    return say(250, "2.0.0", "OK");
  }

  static Reaction noop(Dialogue&, std::string_view, const Check&) { return say(250, "2.0.0", "OK"); }

  static Reaction vrfy(Dialogue&, std::string_view argument, const Check&) {
    if (argument.empty()) return say(501, "5.5.4", "syntax: VRFY address");
    return say(252, "2.5.0", "send it and see");  // RFC 5321 3.5.3
  }

  static Reaction expn(Dialogue&, std::string_view, const Check&) { return say(502, "5.5.1", "EXPN is not offered"); }

  /// Of sendmail alone: a message that it did not hand in, and the words that it had for its caller.
  static Reaction refused(Dialogue& self, std::string_view argument, const Check&) {
    if (!self.config_.submission_id) return say(500, "5.5.1", "unknown command");
    const auto words = split_words(argument);
    const auto status = words.size() == 2 ? parse_number(words[0]) : std::nullopt;
    const auto reason = words.size() == 2 ? mail::xtext_decode(words[1]) : std::nullopt;
    if (!status || *status > kHighestExit || !reason) return say(501, "5.5.4", "syntax: XREFUSED exit-status xtext");
    Reaction reaction = say(250, "2.0.0", "noted");
    reaction.refused = Reaction::Refused{static_cast<int>(*status), printable(*reason)};
    return reaction;
  }

  static Reaction help(Dialogue&, std::string_view, const Check&) {
    return say(214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
  }

  static Reaction quit(Dialogue& self, std::string_view, const Check&) {
    self.reset();
    return say(221, "2.0.0", self.config_.hostname + " closes the connection", Next::close);
  }

  static Reaction starttls(Dialogue& self, std::string_view argument, const Check&) {
    if (!self.config_.starttls) return say(502, "5.5.1", "STARTTLS is not offered");
    if (self.secure_) return say(503, "5.5.1", "TLS is in use already");
    if (!argument.empty()) return say(501, "5.5.4", "STARTTLS takes no argument");
    return say(220, "2.0.0", "ready to start TLS", Next::start_tls);
  }

  static Reaction auth(Dialogue& self, std::string_view argument, const Check&) {
    if (self.config_.auth.empty()) return say(502, "5.5.1", "AUTH is not offered");
    if (!self.extended_) return say(503, "5.5.1", "say EHLO first");
    if (self.authenticated_) return say(503, "5.5.1", "authenticated already");  // RFC 4954 section 4
    if (self.have_mail_) return say(503, "5.5.1", "not during a transaction");
    const auto words = split_words(argument);
    if (words.empty() || words.size() > 2) return say(501, "5.5.4", "syntax: AUTH mechanism [initial-response]");
    Reaction reaction;
    reaction.mechanism = to_upper(words[0]);
    const auto offered = [&](const std::string& name) { return iequals(name, reaction.mechanism); };
    if (std::ranges::none_of(self.config_.auth, offered)) return say(504, "5.5.4", "this mechanism is not offered");
    reaction.next = Next::auth;
    if (words.size() == 2) reaction.initial_response = words[1];
    return reaction;
  }
};

namespace {

/// What a client's patience is measured by (limits::kBadCommands, limits::kIdleCommands). Refused recipients are as
/// good as free (limits::kRefusedRecipients): a client with many of them, or one that pipelines RCPT and DATA behind a
/// refused MAIL, is not cut off in the middle.
constexpr unsigned kFree = 0;
constexpr unsigned kErrors = 1;
constexpr unsigned kIdle = 2;
constexpr unsigned kRecipients = 4;
constexpr unsigned kForNow = 8;  // a refusal for now brings no message nearer

struct CommandRow {
  std::string_view verb;
  Reaction (*run)(Dialogue& self, std::string_view argument, const Dialogue::SpaceCheck& space);
  unsigned charges;
};

constexpr std::array kCommands{
    CommandRow{"EHLO", Commands::ehlo, kErrors | kIdle},
    CommandRow{"HELO", Commands::helo, kErrors | kIdle},
    CommandRow{"MAIL", Commands::mail, kErrors | kForNow},
    CommandRow{"RCPT", Commands::rcpt, kRecipients},
    CommandRow{"DATA", Commands::data, kIdle},
    CommandRow{"RSET", Commands::rset, kErrors | kIdle},
    CommandRow{"NOOP", Commands::noop, kErrors | kIdle},
    CommandRow{"VRFY", Commands::vrfy, kErrors | kIdle},
    CommandRow{"EXPN", Commands::expn, kErrors | kIdle},
    CommandRow{"HELP", Commands::help, kErrors | kIdle},
    CommandRow{"QUIT", Commands::quit, kFree},
    CommandRow{"STARTTLS", Commands::starttls, kErrors | kIdle},
    CommandRow{"AUTH", Commands::auth, kErrors | kIdle},
    CommandRow{"BDAT", Commands::bdat, kFree},
    CommandRow{"XREFUSED", Commands::refused, kErrors | kIdle},
};

}  // namespace

Dialogue::Dialogue(DialogueConfig config) : config_(std::move(config)) {}

std::string Dialogue::greeting() const { return reply_line(220, "", config_.hostname + " ESMTP Postern"); }

Reaction Dialogue::on_line(std::string_view line, const SpaceCheck& space) {
  if (is_http_request(line)) return another_protocol("HTTP");
  if (is_tls_hello(line)) return another_protocol("TLS");
  const Result<CommandLine> command = parse_command(line);
  if (!command) return limit_misuse(say(500, "5.5.2", command.error().text), kErrors | kIdle);
  const auto row = std::ranges::find(kCommands, std::string_view(command->verb), &CommandRow::verb);
  if (row == kCommands.end()) return limit_misuse(say(500, "5.5.1", "unknown command"), kErrors | kIdle);
  return limit_misuse(row->run(*this, command->argument, space), row->charges);
}

/// Counts, and turns the reply to one command too many into a 421.
Reaction Dialogue::limit_misuse(Reaction reaction, unsigned charges) {
  if ((charges & kIdle) != 0 && reaction.next == Next::command) ++idle_commands_;
  const bool for_good = reaction.reply.starts_with('5');
  const bool for_now = reaction.reply.starts_with('4');
  if ((charges & kErrors) != 0 && for_good) ++bad_commands_;
  if ((charges & kForNow) != 0 && for_now) ++idle_commands_;
  if ((charges & kRecipients) != 0 && (for_good || for_now)) ++refused_recipients_;
  const bool errors = bad_commands_ >= limits::kBadCommands || refused_recipients_ > limits::kRefusedRecipients;
  if (!errors && idle_commands_ <= limits::kIdleCommands) return reaction;
  reset();
  return say(421, "4.7.0", errors ? "too many errors, closing" : "too many commands without a message, closing",
             Next::close);
}

/// Nobody can want what comes behind it: the body of a request may be SMTP that a stranger wrote.
Reaction Dialogue::another_protocol(std::string_view name) {
  reset();
  const std::string text = "this is SMTP without TLS, and what came is " + std::string(name) + "; closing";
  return say(554, "5.5.1", text, Next::close);
}

Reaction Dialogue::on_line_too_long() {
  reset();
  return say(500, "5.5.2", "line too long, closing", Next::close);
}

Reaction Dialogue::on_stored(const QueueId& id) {
  reset();
  bad_commands_ = 0;
  idle_commands_ = 0;
  refused_recipients_ = 0;
  return say(250, "2.0.0", "queued as " + id.str());
}

Reaction Dialogue::on_refused(const Refusal& refusal) {
  reset();
  ++idle_commands_;  // the next command may meet the limit; this reply stays what it is
  return say(refusal);
}

Reaction Dialogue::on_endless(const Refusal& refusal) {
  Reaction reaction = on_refused(refusal);
  reaction.reply += reply_line(421, "4.7.0", "the refused message does not end, closing");
  reaction.next = Next::close;
  return reaction;
}

mail::Envelope Dialogue::take_envelope() {
  held_ = 0;
  return std::exchange(envelope_, {});
}

Refusal Dialogue::refusal_for(DataDecoder::Fault fault) {
  switch (fault) {
    case DataDecoder::Fault::bare_cr: return {550, "5.5.2", "the message holds a CR that does not end a line"};
    case DataDecoder::Fault::bare_lf: return {550, "5.5.2", "the message holds an LF without its CR"};
    case DataDecoder::Fault::nul: return {550, "5.6.0", "the message holds a NUL byte"};
    case DataDecoder::Fault::none: break;
  }
  return {451, "4.3.0", "the message could not be taken"};
}

Refusal Dialogue::too_large() const {
  return {552, "5.3.4", "the message is larger than " + std::to_string(config_.message_size) + " bytes"};
}

void Dialogue::on_tls() {
  reset();
  helo_.clear();
  extended_ = false;
  authenticated_ = false;
  secure_ = true;
}

Reaction Dialogue::on_auth(bool succeeded) {
  authenticated_ = succeeded;
  if (succeeded) return say(235, "2.7.0", "authenticated");
  return limit_misuse(say(535, "5.7.8", "authentication failed"), kErrors);
}

Reaction Dialogue::shutting_down() const { return closing("is shutting down"); }

Reaction Dialogue::closing(std::string_view words) const {
  return say(421, "4.3.2", config_.hostname + " " + std::string(words), Next::close);
}

void Dialogue::reset() {
  envelope_ = mail::Envelope();
  submission_id_.clear();
  mended_ = {};
  unread_sender_.clear();
  envelope_size_ = 0;
  held_ = 0;
  short_of_memory_.reset();
  have_mail_ = false;
}

}  // namespace postern::smtp
