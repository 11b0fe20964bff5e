#include "relay/sender_policy.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_scanner.h"
#include "mail/headers.h"
#include "mail/idn.h"
#include "relay/sender_label.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace postern::relay {
namespace {

using SenderRule = SenderPolicyOptions::Policy;

constexpr std::string_view kOriginal = "X-Original-From";
constexpr std::string_view kReplyTo = "Reply-To";
constexpr std::size_t kMostReplies = 10;  // addresses in a Reply-To of ours
constexpr std::size_t kLongestLine = 78;  // RFC 5322 2.1.1, where a line can be folded
constexpr std::array<std::string_view, 3> kOthers{"Sender", "Resent-From", "Resent-Sender"};

/// Patterns and addresses compare without case: so do the servers that look whose an address is.
std::string key_of(std::string_view address) { return to_lower(mail::with_ascii_domain(address)); }

std::string_view first_label(std::string_view host) { return host.substr(0, host.find('.')); }

/// What a field becomes; nothing: it stays.
struct Edited {
  std::optional<std::string> body;
  std::vector<std::string> replaced;  ///< the addresses that went
};

struct Mailbox {
  std::string address;
  SenderLabel label;
};

/// In their order; two senders at one address are one.
class Mailboxes {
 public:
  void add(Mailbox box) {
    const auto [place, fresh] = known_.try_emplace(key_of(box.address), boxes_.size());
    if (fresh) {
      boxes_.push_back(std::move(box));
    } else {
      boxes_[place->second].label.append_other(box.label);
    }
  }

  /// As the body of a field with that name, folded.
  [[nodiscard]] std::string written(std::string_view name) const {
    std::string out;
    std::size_t column = name.size() + 1;
    const auto put = [&](const std::string& token) {
      const bool folds = column + 1 + token.size() > kLongestLine && !out.empty();
      if (folds) column = 0;
      out += folds ? "\n " : " ";
      out += token;
      column += 1 + token.size();
    };
    for (const Mailbox& box : boxes_) {
      const std::vector<std::string> tokens = box.label.tokens();
      for (const std::string& token : tokens) put(token);
      const bool last = &box == &boxes_.back();
      put((tokens.empty() ? box.address : '<' + box.address + '>') + (last ? "" : ","));
    }
    return out;
  }

 private:
  std::vector<Mailbox> boxes_;
  std::map<std::string, std::size_t> known_;  ///< by key_of()
};

class Editor {
 public:
  Editor(const SenderPolicyOptions& options, const mail::HostNames& names) : options_(options), names_(names) {}

  /// Is this one to leave under another address? The address must be complete.
  [[nodiscard]] std::string mapped(const std::string& address) const {
    if (options_.policy == SenderRule::keep) return address;
    if (options_.policy == SenderRule::account) return options_.address;
    const mail::AddressParts parts = mail::split_address(address);
    const std::array<std::string, 4> patterns{key_of(address), ours(address) ? to_lower(parts.local) : std::string(),
                                              "*" + key_of("@" + std::string(parts.domain)), "*"};
    for (const std::string& pattern : patterns) {
      const auto row = options_.rewrite.find(pattern);
      if (row != options_.rewrite.end()) return row->second;
    }
    return options_.address.empty() ? address : options_.address;
  }

  [[nodiscard]] Edited field(std::string_view name, std::string_view body) const {
    const std::vector<mail::FoundAddress> found = mail::scan_addresses(body).found;
    if (found.empty()) return unreadable(name, body);
    Edited edited;
    Mailboxes boxes;
    for (const mail::FoundAddress& one : found) {
      const std::string address = mail::complete_address(one.text, names_.domain);
      std::string target = mapped(address);
      const bool changes = key_of(target) != key_of(address);
      if (changes) edited.replaced.push_back(address);
      if (!changes) target = address;
      SenderLabel label = label_of(one, address, changes);
      boxes.add(Mailbox{std::move(target), std::move(label)});
    }
    if (edited.replaced.empty()) return edited;
    edited.body = boxes.written(name);
    return edited;
  }

  /// At the names of this machine, or at none.
  [[nodiscard]] bool ours(std::string_view address) const {
    const std::string_view domain = mail::split_address(address).domain;
    return here(address) || iequals(domain, names_.domain);
  }

  /// The same without the domain of the site, at which there may be a mailbox of that name.
  [[nodiscard]] bool here(std::string_view address) const {
    const std::string_view domain = mail::split_address(address).domain;
    const std::array<std::string_view, 4> hosts{"localhost", "localhost.localdomain", names_.hostname,
                                                first_label(names_.hostname)};
    return domain.empty() ||
           std::ranges::any_of(hosts, [domain](std::string_view host) { return iequals(host, domain); });
  }

 private:
  /// A field in which no sender can be read leaves under what stands for everybody, if anything does.
  [[nodiscard]] Edited unreadable(std::string_view name, std::string_view body) const {
    const auto everybody = options_.rewrite.find("*");
    const bool mapped_all = options_.policy == SenderRule::rewrite && everybody != options_.rewrite.end();
    const std::string& target = mapped_all ? everybody->second : options_.address;
    Edited edited;
    if (options_.policy == SenderRule::keep || target.empty()) return edited;
    Mailboxes boxes;
    boxes.add(Mailbox{target, SenderLabel::of_text(options_.name.empty() ? body : options_.name)});
    edited.body = boxes.written(name);
    return edited;
  }

  [[nodiscard]] SenderLabel label_of(const mail::FoundAddress& one, const std::string& address, bool changes) const {
    if (changes && !options_.name.empty()) return SenderLabel::of_text(options_.name);
    SenderLabel label = one.phrase.empty() ? SenderLabel::of_comment(one.comment) : SenderLabel::of_phrase(one.phrase);
    if (!changes) return label;
    std::string local(mail::split_address(address).local);
    std::erase_if(local, [](char c) { return c == '"' || c == '\\'; });
    const bool own = ours(address);
    const std::string_view where = own ? first_label(names_.hostname) : mail::split_address(address).domain;
    const std::string origin = local + " at " + std::string(where);
    if (label.empty() || label.says(local) || label.says(address) || label.says(one.text)) {
      return SenderLabel::of_text(origin);
    }
    if (own) {
      label.put_aside(origin);
    } else {
      label.append_aside(origin);
    }
    return label;
  }

  const SenderPolicyOptions& options_;
  const mail::HostNames& names_;
};

std::string_view name_and_colon(const mail::HeaderField& field) {
  return field.whole.substr(0, field.whole.find(':') + 1);
}

void append_field(std::string_view front, std::string_view body, std::string& out) {
  out.append(front).append(body).append("\n");
}

bool is_blank(std::string_view body) { return trim(body).empty(); }

/// The edit of one header.
class HeaderEdit {
 public:
  HeaderEdit(const Editor& editor, std::string_view domain, std::string_view text)
      : editor_(editor), domain_(domain), text_(text), block_(mail::parse_headers(text)) {}

  std::string run(bool keeps) {
    if (!keeps) edit_from();
    std::string out;
    out.reserve(text_.size() + 256);
    for (const mail::HeaderField& field : block_.fields) put(field, keeps, out);
    out += text_.substr(block_.size);
    return out;
  }

 private:
  /// One From leaves: the first. What the others say is told as what was changed is.
  void edit_from() {
    bool first = true;
    for (const mail::HeaderField& field : block_.fields) {
      if (!iequals(field.name, "From")) continue;
      Edited edited = editor_.field(field.name, field.body);
      changed_ = changed_ || edited.body || !first;
      if (edited.body || !first) originals_.push_back(field.body);
      for (std::string& address : edited.replaced) remember(std::move(address));
      if (first) from_ = std::move(edited.body);
      first = false;
    }
  }

  void remember(std::string address) {
    const bool fit = mail::parse_address(address, mail::Utf8::allow) && !mail::needs_smtputf8(address);
    const std::string_view local = mail::split_address(address).local;
    // Nobody reads there: what the intake completed as root@DOMAIN is no mailbox of the domain.
    const bool answers = !iequals(local, "MAILER-DAEMON") && !(iequals(local, "root") && editor_.ours(address));
    if (!fit || !answers || editor_.here(address) || replies_.size() == kMostReplies) return;
    if (std::ranges::find(replies_, address) == replies_.end()) replies_.push_back(std::move(address));
  }

  void put(const mail::HeaderField& field, bool keeps, std::string& out) {
    if (changed_ && iequals(field.name, kOriginal)) return;
    if (!keeps && iequals(field.name, "From")) return put_from(field, out);
    std::optional<std::string> body;
    const bool edits =
        !keeps && std::ranges::any_of(kOthers, [&](std::string_view one) { return iequals(one, field.name); });
    if (edits) body = editor_.field(field.name, field.body).body;
    if (body) return append_field(name_and_colon(field), *body, out);
    complete(field, out);
  }

  void put_from(const mail::HeaderField& field, std::string& out) {
    if (std::exchange(from_done_, true)) return;
    if (from_) {
      append_field(name_and_colon(field), *from_, out);
    } else {
      complete(field, out);
    }
    for (const std::string_view original : originals_) {
      if (!is_blank(original)) append_field(std::string(kOriginal) + ":", original, out);
    }
    if (replies_.empty() || mail::find(block_, kReplyTo) != nullptr) return;
    std::string list;
    for (const std::string& address : replies_) list += (list.empty() ? " " : ",\n ") + address;
    append_field(std::string(kReplyTo) + ":", list, out);
  }

  void complete(const mail::HeaderField& field, std::string& out) const {
    if (!mail::is_address_field(field.name)) {
      out += field.whole;
      return;
    }
    const std::string_view before = name_and_colon(field);
    out += before;
    out += mail::complete_address_list(field.body, domain_);
    out += field.whole.substr(before.size() + field.body.size());
  }

  const Editor& editor_;
  std::string_view domain_;
  std::string_view text_;
  mail::HeaderBlock block_;
  std::optional<std::string> from_;
  bool changed_ = false;
  bool from_done_ = false;
  std::vector<std::string_view> originals_;
  std::vector<std::string> replies_;
};

}  // namespace

std::string_view name(SenderPolicyOptions::Policy policy) {
  switch (policy) {
    case SenderRule::keep: return "keep";
    case SenderRule::account: return "account";
    case SenderRule::rewrite: return "rewrite";
  }
  return "";
}

SenderPolicy::SenderPolicy(SenderPolicyOptions options, mail::HostNames names)
    : options_(std::move(options)), names_(std::move(names)) {
  std::map<std::string, std::string> patterns;
  for (auto& [pattern, address] : options_.rewrite) patterns.emplace(key_of(pattern), std::move(address));
  options_.rewrite = std::move(patterns);
}

std::string SenderPolicy::reverse_path(std::string_view sender) const {
  if (sender.empty()) return {};
  return Editor(options_, names_).mapped(mail::complete_address(sender, names_.domain));
}

std::string SenderPolicy::one_sender() const {
  return options_.policy == SenderRule::account ? options_.address : std::string();
}

std::string SenderPolicy::edit(std::string_view top_fields) const {
  const Editor editor(options_, names_);
  return HeaderEdit(editor, names_.domain, top_fields).run(keeps());
}

}  // namespace postern::relay
