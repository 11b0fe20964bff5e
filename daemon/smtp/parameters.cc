#include "smtp/parameters.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/xtext.h"
#include "smtp/limits.h"

#include <algorithm>
#include <array>
#include <limits>

namespace postern::smtp {
namespace {

constexpr std::size_t kSizeDigits = 20;          // RFC 1870 section 3
constexpr std::size_t kSubmissionIdDigits = 32;  // 128 random bits

/// What became of one value: taken, malformed (501), or well-formed but not offered (555).
enum class Taken { yes, malformed, not_offered };

bool is_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

bool is_printable_ascii(std::string_view text) { return is_ascii(text) && !has_control(text); }

Taken take_size(std::string_view value, MailParameters& mail) {
  if (!is_digits(value) || value.size() > kSizeDigits) return Taken::malformed;
  mail.size = parse_number(value).value_or(std::numeric_limits<std::uint64_t>::max());
  return Taken::yes;
}

Taken take_body(std::string_view value, MailParameters& mail) {
  if (value.empty()) return Taken::malformed;
  const bool eight_bit = iequals(value, "8BITMIME");
  if (!eight_bit && !iequals(value, "7BIT")) return Taken::not_offered;  // BINARYMIME needs CHUNKING (RFC 3030)
  mail.body = eight_bit ? mail::BodyType::eight_bit : mail::BodyType::seven_bit;
  return Taken::yes;
}

Taken take_smtputf8(std::string_view value, MailParameters& mail) {
  mail.smtputf8 = true;
  return value.empty() ? Taken::yes : Taken::malformed;
}

Taken take_ret(std::string_view value, MailParameters& mail) {
  const bool full = iequals(value, "FULL");
  if (!full && !iequals(value, "HDRS")) return Taken::malformed;
  mail.ret = full ? mail::Return::full : mail::Return::headers;
  return Taken::yes;
}

Taken take_envid(std::string_view value, MailParameters& mail) {
  const auto id = mail::xtext_decode(value);
  if (!id || id->empty() || value.size() > limits::kEnvid || !is_printable_ascii(*id)) return Taken::malformed;
  mail.envid = value;
  return Taken::yes;
}

/// RFC 4954 section 5: who submitted the message first. We trust nobody's word for it, so it is checked and
/// forgotten.
Taken take_auth(std::string_view value, MailParameters&) {
  if (value == "<>") return Taken::yes;
  const auto address = mail::xtext_decode(value);
  return address && !address->empty() && !has_control(*address) ? Taken::yes : Taken::malformed;
}

Taken take_submission_id(std::string_view value, MailParameters& mail) {
  std::string id = to_lower(value);
  const bool hexadecimal = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (id.size() != kSubmissionIdDigits || !hexadecimal) return Taken::malformed;
  mail.submission_id = std::move(id);
  return Taken::yes;
}

Taken take_mended(std::string_view value, MailParameters& mail) {
  const std::array counts = {&mail.mended.blanks, &mail.mended.line_ends, &mail.mended.nuls};
  for (std::uint64_t* const count : counts) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const auto number = parse_decimal(value.substr(0, comma));
    const bool last = count == counts.back();
    if (!number || (comma == value.size()) != last) return Taken::malformed;
    *count = *number;
    if (!last) value.remove_prefix(comma + 1);
  }
  return Taken::yes;
}

/// The texts of unread_value(); nothing: it is none.
std::optional<std::vector<std::string>> unread_texts(std::string_view value) {
  const auto decoded = mail::xtext_decode(value);
  if (!decoded || decoded->empty()) return std::nullopt;
  std::vector<std::string> texts;
  for (std::size_t begin = 0; begin <= decoded->size();) {
    const std::size_t end = std::min(decoded->find('\n', begin), decoded->size());
    const std::string text = decoded->substr(begin, end - begin);
    if (text.empty() || text.size() > mail::kLongestUnread || printable(text) != text) return std::nullopt;
    texts.push_back(text);
    begin = end + 1;
  }
  return texts;
}

Taken take_unread(std::string_view value, MailParameters& mail) {
  auto texts = value.size() > limits::kUnread ? std::nullopt : unread_texts(value);
  if (!texts || texts->size() > mail::kMostUnread) return Taken::malformed;
  mail.unread = std::move(*texts);
  return Taken::yes;
}

Taken take_unread_sender(std::string_view value, MailParameters& mail) {
  auto texts = value.size() > limits::kUnreadSender ? std::nullopt : unread_texts(value);
  if (!texts || texts->size() != 1) return Taken::malformed;
  mail.unread_sender = std::move(texts->front());
  return Taken::yes;
}

/// RFC 3461 4.1: NEVER by itself, or a list of the others.
Taken take_notify(std::string_view value, RcptParameters& rcpt) {
  struct Name {
    std::string_view text;
    unsigned bit;
  };
  static constexpr std::array kNames{Name{"NEVER", mail::kNotifyNever}, Name{"SUCCESS", mail::kNotifySuccess},
                                     Name{"FAILURE", mail::kNotifyFailure}, Name{"DELAY", mail::kNotifyDelay}};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const auto* const name = std::ranges::find_if(
        kNames, [&](const Name& candidate) { return iequals(candidate.text, value.substr(begin, end - begin)); });
    if (name == kNames.end()) return Taken::malformed;
    rcpt.notify |= name->bit;
    begin = end + 1;
  }
  const bool never = (rcpt.notify & mail::kNotifyNever) != 0;
  return never && rcpt.notify != mail::kNotifyNever ? Taken::malformed : Taken::yes;
}

/// RFC 3461 4.2: address-type ";" xtext. RFC 6533 section 3 adds the type utf-8, whose address may hold UTF-8.
Taken take_orcpt(std::string_view value, RcptParameters& rcpt) {
  if (value.size() > limits::kOrcpt) return Taken::malformed;
  const std::size_t semicolon = value.find(';');
  if (semicolon == 0 || semicolon == std::string_view::npos) return Taken::malformed;
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view address = value.substr(semicolon + 1);
  const bool atom = std::ranges::all_of(type, [](char c) { return is_alnum(c) || c == '-'; });
  if (!atom || address.empty()) return Taken::malformed;
  const bool utf8_type = iequals(type, "utf-8") && is_utf8(address) && !has_control(address);
  const auto decoded = mail::xtext_decode(address);
  if (!utf8_type && (!decoded || !is_printable_ascii(*decoded))) return Taken::malformed;
  rcpt.orcpt = value;
  return Taken::yes;
}

template <class Parameters>
struct ParameterRow {
  std::string_view keyword;
  Taken (*take)(std::string_view value, Parameters& parameters);
};

constexpr std::array kMailRows{
    ParameterRow<MailParameters>{"SIZE", take_size},         ParameterRow<MailParameters>{"BODY", take_body},
    ParameterRow<MailParameters>{"SMTPUTF8", take_smtputf8}, ParameterRow<MailParameters>{"RET", take_ret},
    ParameterRow<MailParameters>{"ENVID", take_envid},       ParameterRow<MailParameters>{"AUTH", take_auth},
};

constexpr std::array kPrivateRows{
    ParameterRow<MailParameters>{"XSUBMISSION", take_submission_id},
    ParameterRow<MailParameters>{"XMENDED", take_mended},
    ParameterRow<MailParameters>{"XUNREAD", take_unread},
    ParameterRow<MailParameters>{"XSENDER", take_unread_sender},
};

/// All that MAIL may have.
constexpr auto kAllMailRows = [] {
  std::array<ParameterRow<MailParameters>, kMailRows.size() + kPrivateRows.size()> rows{};
  std::ranges::copy(kPrivateRows, std::ranges::copy(kMailRows, rows.begin()).out);
  return rows;
}();

constexpr std::array kRcptRows{
    ParameterRow<RcptParameters>{"NOTIFY", take_notify},
    ParameterRow<RcptParameters>{"ORCPT", take_orcpt},
};

template <class Parameters, std::size_t N>
Parsed<Parameters> parse(const ParameterList& list, const std::array<ParameterRow<Parameters>, N>& rows) {
  Parameters parameters;
  for (const auto& [keyword, value] : list) {
    const auto row = std::ranges::find(rows, std::string_view(keyword), &ParameterRow<Parameters>::keyword);
    if (row == rows.end()) return Refusal{555, "5.5.4", "parameter " + keyword + " is not supported"};
    const Taken taken = row->take(value, parameters);
    if (taken == Taken::malformed) return Refusal{501, "5.5.4", "bad value of parameter " + keyword};
    if (taken == Taken::not_offered) return Refusal{555, "5.5.4", "this value of " + keyword + " is not supported"};
  }
  return parameters;
}

}  // namespace

Parsed<MailParameters> parse_mail_parameters(const ParameterList& parameters, PrivateParameters allowed) {
  return allowed == PrivateParameters::allow ? parse(parameters, kAllMailRows) : parse(parameters, kMailRows);
}

std::string mended_value(const mail::Mended& mended) {
  return std::to_string(mended.blanks) + "," + std::to_string(mended.line_ends) + "," + std::to_string(mended.nuls);
}

Parsed<RcptParameters> parse_rcpt_parameters(const ParameterList& parameters) { return parse(parameters, kRcptRows); }

std::string unread_value(const std::vector<std::string>& texts, std::size_t more, std::size_t limit) {
  constexpr std::size_t kRoomForNumber = 32;
  const auto encoded = [](std::string_view text) {
    return mail::xtext_encode(cut_printable(printable(text), mail::kLongestUnread));
  };
  std::string value;
  std::size_t taken = 0;
  for (const std::string& text : texts) {
    const std::string next = encoded(text);
    const bool last = taken + 1 == texts.size() && more == 0;
    if (value.size() + 3 + next.size() + (last ? 0 : kRoomForNumber) > limit) break;
    if (taken + 1 == mail::kMostUnread && !last) break;
    if (!value.empty()) value += mail::xtext_encode("\n");
    value += next;
    ++taken;
  }
  const std::size_t rest = texts.size() - taken + more;
  if (rest == 0) return value;
  if (!value.empty()) value += mail::xtext_encode("\n");
  return value + mail::xtext_encode("(and " + std::to_string(rest) + " more)");
}

}  // namespace postern::smtp
