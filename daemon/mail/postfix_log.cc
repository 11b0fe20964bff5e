#include "mail/postfix_log.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::size_t kLongestValue = 512;

/// The fields of a fact, ready to be shown.
class Facts {
 public:
  explicit Facts(const LogRecord& record) : record_(record) {}

  /// Empty where it is not known.
  [[nodiscard]] std::string text(std::string_view key) const {
    const LogField* const field = find(key);
    return field == nullptr ? std::string() : std::string(cut_printable(printable(field->value), kLongestValue));
  }
  [[nodiscard]] std::string number(std::string_view key) const {
    const LogField* const field = find(key);
    return field == nullptr || field->number.empty() ? "0" : field->number;
  }
  /// "0P6C9X2M7K4HQ8FZ"
  [[nodiscard]] std::string id(std::string_view key = "id") const { return to_upper(text(key)); }
  /// Of a list all that it has, else the one text.
  [[nodiscard]] std::vector<std::string> each(std::string_view key) const {
    const LogField* const field = find(key);
    if (field == nullptr || field->each.empty()) return {text(key)};
    std::vector<std::string> texts;
    texts.reserve(field->each.size());
    for (const std::string& one : field->each) texts.emplace_back(cut_printable(printable(one), kLongestValue));
    return texts;
  }
  /// Stands between brackets, and must not end them.
  [[nodiscard]] std::string address(std::string_view key) const { return without_brackets(text(key)); }
  [[nodiscard]] std::vector<std::string> addresses(std::string_view key) const {
    std::vector<std::string> list = each(key);
    std::ranges::transform(list, list.begin(), without_brackets);
    return list;
  }
  /// The same of what brings its brackets along.
  [[nodiscard]] std::string bracketed(std::string_view key) const {
    std::string shown = text(key);
    if (shown.size() < 2 || !shown.starts_with('<') || !shown.ends_with('>')) return without_brackets(shown);
    return '<' + without_brackets(shown.substr(1, shown.size() - 2)) + '>';
  }
  [[nodiscard]] std::string_view event() const { return record_.event; }

 private:
  static std::string without_brackets(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '<' || c == '>'; }, '?');
    return text;
  }
  [[nodiscard]] const LogField* find(std::string_view key) const {
    const auto found = std::ranges::find(record_.fields, key, &LogField::key);
    return found == record_.fields.end() ? nullptr : &*found;
  }

  const LogRecord& record_;
};

using Lines = std::vector<SyslogLine>;

SyslogLine line_of(std::string_view service, std::string text) {
  return {"postfix/" + std::string(service), std::move(text)};
}

/// "127.0.0.1:51122 uid 1000" -> "localhost[127.0.0.1]"
std::string client_of(std::string_view client) {
  std::string_view address = client.substr(0, client.find(' '));
  address = address.substr(0, address.rfind(':'));
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const bool here = address == "::1" || address.starts_with("127.");
  return fmt::format("{}[{}]", here ? "localhost" : "unknown", address);
}

/// Of a message that is in the queue now.
void append_queued(const Facts& facts, Lines& lines) {
  const std::string id = facts.id();
  if (const std::string message_id = facts.bracketed("message_id"); !message_id.empty()) {
    lines.push_back(line_of("cleanup", id + ": message-id=" + message_id));
  }
  lines.push_back(
      line_of("qmgr", fmt::format("{}: from={}, size={}, nrcpt={} (queue active)", id, facts.bracketed("from"),
                                  facts.number("size"), facts.number("recipients"))));
}

Lines accepted_lines(const Facts& facts) {
  Lines lines;
  const std::string client = facts.text("client");
  if (client.starts_with("uid ") || client == "local") {
    const std::string uid = facts.text("uid");
    lines.push_back(line_of(
        "pickup", fmt::format("{}: uid={} from={}", facts.id(), uid.empty() ? "65534" : uid, facts.bracketed("from"))));
  } else {
    lines.push_back(line_of("smtpd", fmt::format("{}: client={}", facts.id(), client_of(client))));
  }
  append_queued(facts, lines);
  return lines;
}

Lines queued_lines(const Facts& facts) {
  Lines lines;
  append_queued(facts, lines);
  return lines;
}

bool is_code(std::string_view word) { return word.size() == 3 && parse_number(word).has_value(); }

bool is_enhanced_code(std::string_view word) {
  return word.size() >= 5 && word[1] == '.' && word.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::ranges::count(word, '.') == 2;
}

/// "550 5.1.1 no such user" -> "5.1.1"; where the server said none, "5.0.0". The class is that of what became of it.
std::string dsn_of(std::string_view reply, char of_class) {
  const std::vector<std::string_view> words = split_words(reply.substr(0, 20));
  for (std::size_t i = 0; i < words.size() && i < 2; ++i) {
    if (is_enhanced_code(words[i])) return of_class + std::string(words[i].substr(1));
    if (!is_code(words[i])) break;
  }
  return of_class + std::string(".0.0");
}

struct StatusWord {
  std::string_view event;
  std::string_view status;
  char of_class;
};
constexpr std::array<StatusWord, 3> kStatusWords{
    {{"delivered", "sent", '2'}, {"deferred", "deferred", '4'}, {"failed", "bounced", '5'}}};

/// "host HOST said: 550 ..." where a server said it, as Postfix tells that from its own words.
std::string reason_of(const Facts& facts, const StatusWord& word) {
  std::string reply = facts.text("reply");
  const std::string host = facts.text("host");
  const bool said = is_code(std::string_view(reply).substr(0, reply.find(' ')));
  if (word.of_class == '2' || host.empty() || !said) return reply;
  return fmt::format("host {} said: {}", host.substr(0, host.rfind(']') + 1), reply);
}

Lines verdict_lines(const Facts& facts) {
  const StatusWord& word = *std::ranges::find(kStatusWords, facts.event(), &StatusWord::event);
  const std::vector<std::string> recipients = facts.addresses("to");
  const std::vector<std::string> originals = facts.addresses("orig_to");
  // Of several it is not known whose each is.
  const std::string original = recipients.size() == 1 && originals.size() == 1 ? originals.front() : std::string();
  std::string host = facts.text("host");
  host.erase(std::min(host.find(' '), host.size()));  // of a service only the server that it was
  std::ranges::replace(host, ',', ' ');
  const std::string reply = facts.text("reply");
  Lines lines;
  for (const std::string& to : recipients) {
    lines.push_back(line_of("smtp", fmt::format("{}: to=<{}>, {}relay={}, delay={}, dsn={}, status={} ({})", facts.id(),
                                                to.empty() ? facts.address("unread") : to,
                                                original.empty() ? "" : fmt::format("orig_to=<{}>, ", original),
                                                host.empty() ? "none" : host, facts.number("delay"),
                                                dsn_of(reply, word.of_class), word.status, reason_of(facts, word))));
  }
  return lines;
}

Lines reported_lines(const Facts& facts) {
  const std::string_view what = facts.event() == "bounced"          ? "non-delivery"
                                : facts.event() == "delay reported" ? "delay"
                                                                    : "delivery status";
  return {line_of("bounce", fmt::format("{}: sender {} notification: {}", facts.id(), what, facts.id("bounce")))};
}

Lines uncertain_lines(const Facts& facts) {
  return {
      line_of("smtp", fmt::format("{}: lost connection with {} while sending end of data -- message may be sent more "
                                  "than once",
                                  facts.id(), facts.text("host")))};
}

Lines ended_lines(const Facts& facts) { return {line_of("qmgr", facts.id() + ": removed")}; }
Lines removed_lines(const Facts& facts) { return {line_of("postsuper", facts.id() + ": removed")}; }
Lines held_lines(const Facts& facts) { return {line_of("postsuper", facts.id() + ": placed on hold")}; }
Lines released_lines(const Facts& facts) { return {line_of("postsuper", facts.id() + ": released from hold")}; }

struct Row {
  std::string_view event;
  Lines (*say)(const Facts& facts);
};
constexpr std::array<Row, 13> kRows{{{"accepted", accepted_lines},
                                     {"queued", queued_lines},
                                     {"delivered", verdict_lines},
                                     {"deferred", verdict_lines},
                                     {"failed", verdict_lines},
                                     {"bounced", reported_lines},
                                     {"delay reported", reported_lines},
                                     {"success reported", reported_lines},
                                     {"delivery uncertain", uncertain_lines},
                                     {"ended", ended_lines},
                                     {"removed", removed_lines},
                                     {"put on hold", held_lines},
                                     {"released", released_lines}}};

}  // namespace

std::vector<SyslogLine> postfix_lines(const LogRecord& record) {
  const auto* const row = std::ranges::find(kRows, record.event, &Row::event);
  if (row != kRows.end()) return row->say(Facts(record));
  // pflogsumm passes over what Postfix calls an "error"; "fatal" is what ends a program there.
  if (record.event == "cannot start") return {line_of("postern", "fatal: " + format(record))};
  if (record.level >= Level::warning) return {line_of("postern", "warning: " + format(record))};
  return {{"posternd", format(record)}};
}

}  // namespace postern::mail
