#include "sendmail-shim/submit.h"

#include "base/text.h"
#include "mail/xtext.h"
#include "sendmail-shim/channel.h"
#include "smtp/data_codec.h"
#include "smtp/limits.h"
#include "smtp/parameters.h"
#include "smtp/reply.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace postern::shim {
namespace {

constexpr int kConnections = 3;
constexpr useconds_t kBeforeNextTry = 500'000;
constexpr std::size_t kPiece = 256UL * 1024;
constexpr int kUnknownParameter = 555;  // RFC 5321 4.1.1.11

struct Meaning {
  std::string_view enhanced;  ///< front part of the enhanced code
  int code;                   ///< reply code if there is no enhanced one, 0: any
  int exit;
};

constexpr std::string_view kTooLong = "5.3.4";                 // RFC 3463: message too big for system
constexpr std::string_view kNoRoom = "4.3.1";                  // ... mail system full
constexpr std::string_view kLimitsOfUser = "limits.per_user";  // settings that a refusal names

constexpr std::array kMeanings = {
    Meaning{"5.1.1", 0, EX_NOUSER},  Meaning{"5.1.2", 0, EX_NOHOST},     Meaning{"5.1.", 0, EX_DATAERR},
    Meaning{"5.3.4", 0, EX_DATAERR}, Meaning{"5.2.3", 0, EX_DATAERR},    Meaning{"5.6.", 0, EX_DATAERR},
    Meaning{"5.7.", 0, EX_NOPERM},   Meaning{"5.5.", 0, EX_UNAVAILABLE}, Meaning{"", 501, EX_DATAERR},
    Meaning{"", 552, EX_DATAERR},    Meaning{"", 553, EX_DATAERR},       Meaning{"", 550, EX_NOUSER},
    Meaning{"", 530, EX_NOPERM},     Meaning{"", 0, EX_UNAVAILABLE},
};

constexpr const char* kRestart =
    "; the mail daemon is older than this sendmail, restart it (systemctl restart postern); nothing was stored";

/// Than RFC 1869 knows and the first daemons knew.
bool says_more(const Submission& submission) {
  return submission.mended.any() || !submission.unread.empty() || !submission.unread_sender.empty();
}

std::string bracketed(std::string_view address) { return "<" + std::string(address) + ">"; }

class Session {
 public:
  Session(const Submission& submission, const Delivery& delivery, Channel& channel)
      : submission_(submission), delivery_(delivery), channel_(channel) {}

  Exit run() {
    // The daemon is ours: what it offers is known, so nobody waits for the greeting or the EHLO reply. A refusal
    // of one command makes it refuse those that follow, and each reply is looked at (RFC 2920 3.1).
    channel_.set_silence(delivery_.patience);
    const std::string envelope = "EHLO " + delivery_.helo + "\r\n" + commands(submission_, delivery_, "\r\n");
    // Who hangs up before it hears us may have said why.
    if (const auto unsent = channel_.write(envelope); unsent && channel_.silent()) return lose(unsent->text);
    if (auto exit = expect("the greeting", 2)) return *exit;
    greeted_ = true;
    if (auto exit = expect("EHLO", 2)) return *exit;
    if (auto exit = expect("the sender " + bracketed(submission_.sender), 2)) {
      older_ = last_code_ == kUnknownParameter && says_more(submission_);
      return *exit;
    }
    if (auto exit = read_recipients()) return *exit;
    if (auto exit = expect("the message", 3)) return accepted_ == 0 && refused_ ? *refused_ : *exit;
    // No recipient is left, but the daemon waits for data: leaving without an end of data stores nothing.
    if (accepted_ == 0) return *refused_;
    if (auto exit = send_text()) return *exit;
    if (auto exit = expect("the message", 2)) return *exit;
    stored_ = true;
    if (refused_) return *refused_;
    Exit exit{EX_OK, last_words_};
    if (bad_)
      exit.warning = bad_->text + "; the sender will be told, if reports are wanted; the others get the message";
    return exit;
  }

  /// early: nothing can have been stored. late: the answer to the end of data is missing.
  enum class Loss { none, early, late };
  [[nodiscard]] Loss lost() const { return loss_; }
  [[nodiscard]] bool turned_away() const { return turned_away_; }
  [[nodiscard]] bool greeted() const { return greeted_; }
  /// The message is stored, for some of its recipients at least.
  [[nodiscard]] bool stored() const { return stored_; }
  /// The daemon does not know a parameter of MAIL; nothing was stored.
  [[nodiscard]] bool older() const { return older_; }

 private:
  Exit lose(const std::string& why) {
    loss_ = data_ended_ ? Loss::late : Loss::early;
    if (!data_ended_) return Exit{EX_TEMPFAIL, why + "; nothing was stored"};
    return Exit{EX_TEMPFAIL, why + " before it confirmed the message; it may or may not be in the queue (see mailq)"};
  }

  /// 421: the daemon ends, or has too many clients. Another try may be served.
  Exit turn_away(const std::string& why) {
    turned_away_ = true;
    loss_ = Loss::early;
    return Exit{EX_TEMPFAIL, why + "; nothing was stored"};
  }

  std::optional<Exit> read_reply(smtp::Reply& reply) {
    smtp::ReplyParser parser;
    while (true) {
      if (unread_.empty()) {
        auto bytes = channel_.read();
        if (!bytes) return lose(bytes.error().text);
        if (bytes->empty()) return lose("the mail daemon closed the connection");
        buffer_ = std::move(*bytes);
        unread_ = buffer_;
      }
      auto parsed = parser.feed(unread_);
      if (!parsed) return Exit{EX_PROTOCOL, "the mail daemon's answer is no SMTP: " + parsed.error().text};
      if (!*parsed) continue;
      reply = std::move(**parsed);
      last_words_ = reply.text();
      last_code_ = reply.code;
      return std::nullopt;
    }
  }

  /// What the daemon says of its room, of how much the user has there or of a message's size is not about what the
  /// reply answers. Nothing: it may be.
  static std::optional<std::string> subject_of(const smtp::Reply& reply) {
    const bool for_now = reply.code / 100 == 4;
    if (for_now && reply.text().find(kLimitsOfUser) != std::string::npos) {
      return "the mail daemon takes no more mail of you now";
    }
    if (for_now && reply.enhanced() == kNoRoom) return "the mail daemon takes no mail now";
    if (reply.enhanced() == kTooLong) return "the mail daemon refused the message";
    return std::nullopt;
  }

  std::optional<Exit> expect(const std::string& what, int hundreds) {
    smtp::Reply reply;
    if (auto exit = read_reply(reply)) return exit;
    if (reply.code / 100 == hundreds) return std::nullopt;
    const std::string words = subject_of(reply).value_or("the mail daemon refused " + what) + ": " + reply.text();
    if (reply.code == 421) return turn_away(words);
    return Exit{exit_code_for(reply.code, reply.enhanced()), words};
  }

  /// One reply a recipient. A temporary refusal of one ends it all, as then everything can be tried again; a
  /// permanent one must not keep the mail from the others.
  std::optional<Exit> read_recipients() {
    for (const std::string& recipient : submission_.recipients) {
      smtp::Reply reply;
      if (auto exit = read_reply(reply)) return exit;
      if (reply.positive()) {
        ++accepted_;
        continue;
      }
      const int code = exit_code_for(reply.code, reply.enhanced());
      const std::string words = bracketed(printable(recipient)) + ": " + reply.text();
      if (reply.code == 421) return turn_away("the mail daemon refused the recipient " + words);
      if (code == EX_TEMPFAIL) {
        const auto subject = subject_of(reply);
        return Exit{code,
                    subject ? *subject + ": " + reply.text() : "the mail daemon cannot take the recipient " + words};
      }
      // Too many recipients end it all as well: whoever is told so sends all of them again, in parts.
      if (reply.enhanced() == kTooLong) return Exit{code, "nothing was sent: " + reply.text()};
      if (reply.enhanced() == smtp::kBadRecipient) {
        add(bad_, code, words);  // the daemon tells the sender, as of what we could not read
        continue;
      }
      add(refused_, code, words);
    }
    if (accepted_ == 0 && !refused_) refused_ = bad_;
    return std::nullopt;
  }

  static void add(std::optional<Exit>& exit, int code, const std::string& words) {
    if (!exit) {
      exit = Exit{code, "the mail daemon refused the recipient " + words};
    } else {
      exit->text += "; " + words;
    }
  }

  std::optional<Exit> send_text() {
    channel_.set_silence(Channel::kLongestSilence);
    smtp::DataEncoder encoder;
    std::string_view rest = submission_.text;
    std::string wire;
    while (rest.size() > kPiece) {
      wire.clear();
      encoder.feed(rest.substr(0, kPiece), wire);
      rest.remove_prefix(kPiece);
      if (auto exit = channel_.write(wire)) return lose(exit->text);
    }
    wire.clear();
    encoder.feed(rest, wire);
    encoder.finish(wire);
    wire += "QUIT\r\n";
    data_ended_ = true;  // from the first byte of this write on the end of data may be out
    if (auto exit = channel_.write(wire)) return read_verdict_of_closed(exit->text);
    return std::nullopt;
  }

  /// The daemon hung up while the text was written. If it said why, that reply is still there to be read by the caller.
  std::optional<Exit> read_verdict_of_closed(const std::string& why) {
    auto bytes = channel_.read();
    if (!bytes || bytes->empty()) return lose(why);
    buffer_ = std::move(*bytes);
    unread_ = buffer_;
    return std::nullopt;
  }

  const Submission& submission_;
  const Delivery& delivery_;
  Channel& channel_;
  std::string buffer_;
  std::string_view unread_;
  std::string last_words_;
  int last_code_ = 0;
  std::size_t accepted_ = 0;
  std::optional<Exit> refused_;
  std::optional<Exit> bad_;  ///< no addresses, though we took them for some
  Loss loss_ = Loss::none;
  bool turned_away_ = false;
  bool greeted_ = false;
  bool stored_ = false;
  bool older_ = false;
  bool data_ended_ = false;
};

}  // namespace

int exit_code_for(int reply_code, std::string_view enhanced) {
  if (reply_code < 500) return EX_TEMPFAIL;
  const auto meaning = std::ranges::find_if(kMeanings, [&](const Meaning& one) {
    if (!one.enhanced.empty()) return enhanced.starts_with(one.enhanced);
    return one.code == 0 || (enhanced.empty() && one.code == reply_code);
  });
  return meaning->exit;
}

std::string commands(const Submission& submission, const Delivery& delivery, std::string_view line_end) {
  const auto newlines = std::ranges::count(submission.text, '\n');
  const std::size_t wire_size = submission.text.size() + static_cast<std::size_t>(newlines);
  const bool utf8 = !is_ascii(submission.sender) ||
                    !std::ranges::all_of(submission.recipients, [](const std::string& one) { return is_ascii(one); });
  std::string lines = "MAIL FROM:" + bracketed(submission.sender) + " SIZE=" + std::to_string(wire_size) +
                      " XSUBMISSION=" + delivery.submission_id;
  if (utf8 || !is_ascii(submission.text)) lines += " BODY=8BITMIME";
  if (utf8) lines += " SMTPUTF8";
  const bool newest = !delivery.for_older_daemon;
  if (newest && submission.mended.any()) lines += " XMENDED=" + smtp::mended_value(submission.mended);
  if (!submission.unread.empty()) {
    lines += " XUNREAD=" + smtp::unread_value(submission.unread, submission.more_unread, smtp::limits::kUnread);
  }
  if (newest && !submission.unread_sender.empty()) {
    lines += " XSENDER=" + smtp::unread_value({submission.unread_sender}, 0, smtp::limits::kUnreadSender);
  }
  if (!delivery.ret.empty()) lines += " RET=" + delivery.ret;
  if (!delivery.envid.empty()) lines += " ENVID=" + mail::xtext_encode(delivery.envid);
  lines += line_end;
  for (const std::string& recipient : submission.recipients) {
    lines += "RCPT TO:" + bracketed(recipient);
    if (!delivery.notify.empty()) lines += " NOTIFY=" + delivery.notify;
    lines += line_end;
  }
  return lines.append("DATA").append(line_end);
}

HandedIn submit(const Submission& submission, const Delivery& delivery, const Connect& connect) {
  using By = HandedIn::By;
  Delivery asked = delivery;  // less of it of an older daemon
  const auto asked_until = std::chrono::steady_clock::now() + delivery.asking;
  std::optional<Exit> unknown;      // what to say while the message may be stored already
  std::optional<Exit> turned_away;  // what a daemon said that has no time for us
  for (int attempt = 1;; ++attempt) {
    auto channel = connect(unknown ? Wait::restart : Wait::none);
    if (!channel) {
      const bool final = channel.error().code == EX_CONFIG;
      return {unknown.value_or(turned_away.value_or(channel.error())), final ? By::daemon : By::nobody,
              unknown.has_value()};
    }
    Session session(submission, asked, *channel);
    const Exit exit = session.run();
    if (session.turned_away() && !session.greeted() && !unknown) {
      // It has no room for clients, or ends: that is no matter of half a second, and takes none of the attempts.
      if (std::chrono::steady_clock::now() >= asked_until) return {exit, By::nobody, false};
      turned_away = exit;
      --attempt;
      ::usleep(kBeforeNextTry);
      continue;
    }
    // Who was silent for that long is not asked again.
    const bool last = attempt == kConnections || channel->silent();
    if (session.older() && !asked.for_older_daemon && !last) {
      asked.for_older_daemon = true;
      continue;
    }
    if (session.turned_away()) turned_away = exit;
    if (session.lost() == Session::Loss::late) unknown = exit;
    if (session.lost() == Session::Loss::none) {
      if (!unknown || session.stored()) {
        if (session.older()) return {{EX_TEMPFAIL, exit.text + kRestart}, By::daemon, false};
        return {exit, By::daemon, false};
      }
      // The first copy may be on its way to the disk still, and its id not yet free or known.
      if (last || session.older() || exit.code != EX_TEMPFAIL) {
        return {{EX_TEMPFAIL, unknown->text + "; asked again, " + exit.text}, By::daemon, true};
      }
      ::usleep(kBeforeNextTry);
      continue;
    }
    if (last) return {unknown.value_or(exit), By::nobody, unknown.has_value()};
    if (session.turned_away()) ::usleep(kBeforeNextTry);
  }
}

}  // namespace postern::shim
