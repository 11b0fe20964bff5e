#include "mail/header_completion.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_scanner.h"
#include "mail/date.h"
#include "mail/headers.h"
#include "mail/long_header.h"
#include "mail/phrase.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace postern::mail {
namespace {

// Fields that do not leave.

using Leftover = bool (*)(std::string_view value);

bool any_value(std::string_view) { return true; }
bool any_number(std::string_view value) { return parse_number(value).has_value(); }
bool mailbox_flags(std::string_view value) {
  return !value.empty() && value.find_first_not_of("RODAFT") == std::string_view::npos;
}

struct Removal {
  std::string_view name;
  Leftover is_leftover;
};

/// Of the fields that programs keep their notes in (mailbox files have no other place) those go that do harm: a length
/// that is not true once the text is encoded anew makes readers cut it or run messages together, and a flag of another
/// reader shows an alert as read. What looks otherwise is a program's own field of that name.
constexpr std::array kRemovals = {
    Removal{"Return-Path", any_value},     // made by the last server alone (RFC 5321 4.4)
    Removal{"Bcc", any_value},             // RFC 5322 3.6.3
    Removal{"Resent-Bcc", any_value},      //
    Removal{"Content-Length", any_value},  //
    Removal{"Lines", any_number},
    Removal{"Status", mailbox_flags},
    Removal{"X-Status", mailbox_flags},
    Removal{"X-UID", any_number},
};

// Fields of which one may stand.

/// The body as it goes on; nothing: it says nothing that a server or reader could use.
using Reading = std::optional<std::string> (*)(std::string_view body);

std::optional<std::string> not_empty(std::string_view body) {
  if (trim(body).empty()) return std::nullopt;
  return std::string(body);
}

std::optional<std::string> any_body(std::string_view body) { return std::string(body); }

/// With an address, or with something that may be one: mending that would be a guess.
std::optional<std::string> with_address(std::string_view body) {
  const bool useful = !scan_addresses(body).found.empty() || body.find('@') != std::string_view::npos;
  return useful ? not_empty(body) : std::nullopt;
}

/// Recipients, or whom to answer: the same, or a group. Words that only say that there are none are no address, which
/// a name without blanks would be.
std::optional<std::string> with_recipients(std::string_view body) {
  const AddressScan scan = scan_addresses(body);
  const bool group = trim(body).ends_with(";") && body.find(':') != std::string_view::npos;
  const bool nobody = scan.found.empty() && istarts_with(trim(body), "undisclosed") && !group;
  const bool useful = scan.unread.empty() || !scan.found.empty() || body.find('@') != std::string_view::npos;
  return useful && !nobody ? not_empty(body) : std::nullopt;
}

/// Other addresses may be put behind these.
bool joins(std::string_view body) {
  const AddressScan scan = scan_addresses(body);
  return scan.closed && scan.unread.empty();
}

std::optional<std::string> readable_date(std::string_view body) {
  return is_date(unfold(body)) ? not_empty(body) : std::nullopt;
}

/// Servers ask for the brackets; what is in them is for programs to compare (RFC 5322 3.6.4).
std::optional<std::string> with_brackets(std::string_view body) {
  const std::string id = unfold(body);
  std::string_view inside = id;
  const std::size_t end = inside.find('>');
  const bool closed = id.starts_with('<') && end != std::string::npos;
  if (closed) inside = inside.substr(1, end - 1);
  const std::size_t at = inside.find('@');
  const bool whole = at != std::string_view::npos && at > 0 && at + 1 < inside.size() &&
                     inside.find_first_of(" \t<>") == std::string_view::npos;
  if (!whole) return std::nullopt;
  // Of several the first one counts; a comment behind it is no other.
  const bool alone = closed && id.find('<', end) == std::string::npos;
  return alone ? not_empty(body) : " <" + std::string(inside) + ">";
}

enum class Double { kept_aside, joined };

struct Single {
  std::string_view name;
  Reading read = not_empty;
  Double doubled = Double::kept_aside;
};

constexpr std::array kSingles = {
    Single{"From", with_address},  // RFC 5322 3.6, down to Message-ID
    Single{"Sender"},              //
    Single{"Reply-To", with_recipients, Double::joined},
    Single{"To", with_recipients, Double::joined},
    Single{"Cc", with_recipients, Double::joined},
    Single{"Subject", any_body},
    Single{"In-Reply-To"},
    Single{"References"},
    Single{"Date", readable_date},
    Single{"Message-ID", with_brackets},
    Single{"MIME-Version"},               // RFC 2045 section 3
    Single{"Content-Type"},               //
    Single{"Content-Transfer-Encoding"},  //
};

bool leaves(const HeaderField& field) {
  return std::ranges::none_of(kRemovals, [&](const Removal& one) {
    return iequals(one.name, field.name) && one.is_leftover(unfold(field.body));
  });
}

/// Without folded lines of nothing but blanks, which some take for the end of the header (RFC 5322 3.2.2).
std::string without_empty_folds(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t lf = std::min(body.find('\n', at), body.size() - 1);
    const std::string_view line = body.substr(at, lf + 1 - at);
    if (at == 0 || !trim(line).empty()) out += line;
    at = lf + 1;
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

/// What a From without an address says, fit to be shown before one.
std::string name_in(std::string_view body) {
  constexpr std::size_t kLongest = 200;
  std::string name = unfold(body);
  std::erase_if(name, [](char c) { return c == '<' || c == '>' || c == '"'; });
  std::ranges::replace_if(name, [](char c) { return has_control(std::string_view(&c, 1)); }, ' ');
  return std::string(trim(front_characters(trim(name), kLongest)));
}

class Completer {
 public:
  Completer(const HeaderBlock& block, const Completion& completion)
      : block_(block), completion_(completion), signed_(find(block, "DKIM-Signature") != nullptr) {
    choose();
  }

  std::string run() {
    for (std::size_t i = 0; i < block_.fields.size(); ++i) {
      if (!leaves(block_.fields[i])) continue;
      take(i);
      if (!out_.empty() && !out_.ends_with('\n')) out_ += '\n';
    }
    add_missing();
    return std::move(out_);
  }

 private:
  /// What is known of a field. Looked up once: a header may have tens of thousands.
  struct Known {
    const Single* rule = nullptr;  ///< of those of which one may stand
    bool joins = false;            ///< its addresses can be put behind those of another one
  };
  struct Kept {
    const HeaderField* field = nullptr;
    std::string_view said;
    bool joins = false;
  };

  /// The first field of each kind that is of use. Signed ones are as they are, and the first one counts.
  void choose() {
    for (const HeaderField& field : block_.fields) {
      Known& known = known_.emplace_back();
      const auto* const rule =
          std::ranges::find_if(kSingles, [&](const Single& one) { return iequals(one.name, field.name); });
      if (rule == kSingles.end()) continue;
      known.rule = rule;
      known.joins = rule->doubled == Double::joined && not_empty(field.body) && joins(field.body);
      Kept& kept = kept_[static_cast<std::size_t>(rule - kSingles.begin())];
      const bool useful = kept.field == nullptr && (signed_ || rule->read(field.body));
      if (useful) kept = Kept{&field, trim(field.body), known.joins};
    }
  }

  [[nodiscard]] const Kept& kept(const Single& rule) const {
    return kept_[static_cast<std::size_t>(&rule - kSingles.data())];
  }
  [[nodiscard]] bool is_missing(std::string_view name) const {
    return kept(*std::ranges::find(kSingles, name, &Single::name)).field == nullptr;
  }

  void take(std::size_t index) {
    const HeaderField& field = block_.fields[index];
    const Known& known = known_[index];
    if (signed_) {
      put_signed(field);
      return;
    }
    if (known.rule == nullptr) {
      put(field.name, field.body, is_address_field(field.name));
      return;
    }
    const Kept& first = kept(*known.rule);
    const std::string_view said = trim(field.body);
    if (first.field == &field) {
      put(field.name, known.joins ? joined(index) : *known.rule->read(field.body), is_address_field(field.name));
    } else if (said.empty() || said == first.said || (first.joins && known.joins)) {
      return;
    } else if (first.field != nullptr) {
      put("X-Duplicate-" + std::string(field.name), field.body, false);
    } else if (known.rule->name == "From") {
      name_ = name_in(said);
    } else {
      put("X-Original-" + std::string(field.name), field.body, false);
    }
  }

  /// No blank stands before the colon: it is read, but not to be written (RFC 5322 4.5).
  void put(std::string_view name, std::string_view body, bool addresses) {
    out_.append(name).append(":");
    if (body.find('\n') == std::string_view::npos) {
      put_body(body, addresses);
    } else {
      put_body(without_empty_folds(body), addresses);
    }
    out_ += '\n';
  }

  /// Byte for byte but for bare addresses.
  void put_signed(const HeaderField& field) {
    const std::string_view front = field.whole.substr(0, field.whole.find(':') + 1);
    out_ += front;
    put_body(field.body, is_address_field(field.name));
    out_ += field.whole.substr(front.size() + field.body.size());
  }

  void put_body(std::string_view body, bool addresses) {
    if (addresses) {
      out_ += complete_address_list(body, completion_.domain);
    } else {
      out_ += body;
    }
  }

  /// The addresses of all fields of one name, in the first of them.
  [[nodiscard]] std::string joined(std::size_t index) const {
    std::string body(block_.fields[index].body);
    const Kept& first = kept(*known_[index].rule);
    for (std::size_t i = index + 1; i < known_.size(); ++i) {
      const std::string_view said = trim(block_.fields[i].body);
      if (known_[i].rule != known_[index].rule || !known_[i].joins || said == first.said) continue;
      body.resize(body.find_last_not_of(" \t\n,") + 1);
      body.append(",\n ").append(said);
    }
    return body;
  }

  void add_missing() {
    const auto stands = [this](std::string_view name) { return !is_missing(name); };
    out_ += missing_fields(stands, signed_, completion_, name_);
  }

  const HeaderBlock& block_;
  const Completion& completion_;
  bool signed_;
  std::vector<Known> known_;  ///< parallel to the fields
  std::array<Kept, kSingles.size()> kept_;
  std::string name_;  ///< of a From that has no address
  std::string out_;
};

std::string from_field(const Completion& completion, std::string_view name_of_sender) {
  if (completion.sender.empty()) return "From: MAILER-DAEMON@" + completion.domain + " (Mail Delivery System)\n";
  const std::string name = phrase(name_of_sender.empty() ? completion.name : name_of_sender);
  if (name.empty()) return "From: " + completion.sender + "\n";
  return "From: " + name + " <" + completion.sender + ">\n";
}

std::string complete_long_header(std::string_view text, const Completion& completion) {
  std::string out;
  LongHeader header(completion);
  if (!header.feed(text, out)) header.finish(out);
  return out.append(text);
}

}  // namespace

bool never_leaves(std::string_view name) {
  return std::ranges::any_of(
      kRemovals, [&](const Removal& one) { return iequals(one.name, name) && one.is_leftover == &any_value; });
}

std::string_view single_field(std::string_view name) {
  const auto* const rule = std::ranges::find_if(kSingles, [&](const Single& one) { return iequals(one.name, name); });
  return rule == kSingles.end() ? std::string_view() : rule->name;
}

std::string missing_fields(const std::function<bool(std::string_view name)>& stands, bool is_signed,
                           const Completion& completion, std::string_view name_of_sender) {
  std::string fields;
  if (!stands("From")) fields += from_field(completion, name_of_sender);
  // A signature may say that there is none (RFC 6376 5.4), and a header without recipients is valid (RFC 5322 3.6.3).
  if (!stands("To") && !stands("Cc") && !is_signed) fields += "To: undisclosed-recipients:;\n";
  if (!stands("Date")) fields += "Date: " + completion.date + "\n";
  if (!stands("Message-ID") && !completion.message_id.empty()) fields += "Message-ID: " + completion.message_id + "\n";
  return fields;
}

std::string complete_headers(std::string_view header_block, const Completion& completion) {
  const HeaderBlock block = parse_headers(header_block, kHeldHeader + 1);
  if (block.size > kHeldHeader) return complete_long_header(header_block, completion);
  std::string out = Completer(block, completion).run();
  const std::string_view rest = header_block.substr(block.size);
  if (!rest.starts_with('\n')) out += '\n';
  out += rest;
  return out;
}

}  // namespace postern::mail
