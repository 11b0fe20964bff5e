#include "relay/site_memory.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::relay {
namespace {

constexpr std::size_t kSalt = 8;                       // hexadecimal digits
constexpr std::size_t kHash = 4;                       // of 64
constexpr Seconds kSameAlarm{3600};                    // a server that changes to and fro is told of so often at most
constexpr std::int64_t kSameLogin = 60;                // seconds
constexpr std::int64_t kTrustInMechanism = 24 * 3600;  // seconds: then what is better has another chance
constexpr std::string_view kBinding = "-PLUS";
constexpr std::string_view kScram = "SCRAM-";

bool binds(std::string_view mechanism) { return mechanism.ends_with(kBinding); }
bool is_scram(std::string_view mechanism) { return mechanism.starts_with(kScram); }
bool is_any(std::string_view) { return true; }

struct Loss {
  bool (*kind)(std::string_view mechanism);
  std::string_view sentence;
};

// From the greatest; one implies those below it.
constexpr std::array kLosses{
    Loss{is_any, "the server offers no AUTH any more; before, it offered "},
    Loss{is_scram,
         "the server offers no SCRAM mechanism any more, which keeps the password to ourselves; before, it "
         "offered "},
    Loss{binds,
         "the server offers no mechanism with channel binding (-PLUS) any more, which would show that somebody "
         "sits in between; before, it offered "},
};

std::vector<std::string> of_kind(const std::vector<std::string>& mechanisms, bool (*kind)(std::string_view)) {
  std::vector<std::string> found;
  std::ranges::copy_if(mechanisms, std::back_inserter(found), kind);
  return found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string user_of(const Smarthost& smarthost) {
  return smarthost.credentials ? smarthost.credentials->kinds().user : std::string();
}

/// What of the settings leaves mechanisms out. Never empty: an entry that does not say it was made under something
/// else.
std::string restrictions(const Smarthost& smarthost) {
  std::string text = smarthost.tls == Tls::none ? "clear" : "tls";
  if (smarthost.allow_cleartext_auth) text += " allow_cleartext_auth";
  for (const std::string& mechanism : smarthost.mechanisms) text.append(" ").append(mechanism);
  return text;
}

std::int64_t seconds_now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Seconds>(since_1970).count();
}

/// A time in the future is none: the clock was wrong then or is now.
bool is_recent(const std::string& since) {
  const auto then = parse_number(since);
  const std::int64_t now = seconds_now();
  if (!then || *then > static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0))) return false;
  return now - static_cast<std::int64_t>(*then) < kTrustInMechanism;
}

/// With its length, so that no two lists of parts are alike.
void add(Sha256& hash, std::string_view part) {
  hash.update(std::to_string(part.size()) + ":");
  hash.update(part);
}

}  // namespace

SiteMemory VolatileMemory::recall(const std::string& key) const {
  const auto entry = entries_.find(key);
  return entry == entries_.end() ? SiteMemory() : entry->second;
}

std::vector<std::string> weaker(const SiteMemory& before, const Offer& now) {
  std::vector<std::string> sentences;
  if (before.tls.empty() || now.tls.empty()) return sentences;
  for (const Loss& loss : kLosses) {
    const std::vector<std::string> had = of_kind(before.offered, loss.kind);
    if (had.empty() || !of_kind(now.mechanisms, loss.kind).empty()) continue;
    sentences.push_back(std::string(loss.sentence) + joined(had));
    break;
  }
  // "TLSv1.2" and "TLSv1.3" compare as they should.
  if (now.tls < before.tls) sentences.push_back("the server speaks only " + now.tls + "; before, " + before.tls);
  return sentences;
}

std::vector<std::string> weaker(const SiteMemory& memory) {
  return weaker(memory, Offer{memory.weaker, memory.weaker_tls});
}

std::string fingerprint(const sasl::Credentials& credentials, std::string_view salt) {
  Sha256 hash;
  add(hash, salt);
  add(hash, credentials.user);
  add(hash, credentials.password ? credentials.password->reveal() : std::string_view());
  add(hash, credentials.password ? "password" : "");
  add(hash, credentials.token ? "token" : "");
  add(hash, credentials.client_certificate ? "certificate" : "");
  return std::string(salt) + '.' + hex(hash.finish()).substr(0, kHash);
}

bool is_fingerprint_of(std::string_view known, const sasl::Credentials& credentials) {
  const std::size_t dot = known.find('.');
  return dot != std::string_view::npos && fingerprint(credentials, known.substr(0, dot)) == known;
}

SiteNotes::SiteNotes(std::shared_ptr<MemoryStore> store, const Smarthost& smarthost)
    : store_(store ? std::move(store) : std::make_shared<VolatileMemory>()),
      key_(place_of(smarthost) + ' ' + user_of(smarthost)),
      under_(restrictions(smarthost)) {}

SiteMemory SiteNotes::recall() const {
  SiteMemory memory = store_->recall(key_);
  if (!is_recent(memory.since) || memory.under != under_) memory.mechanism.clear();
  return memory;
}

std::string SiteNotes::mechanism(const sasl::Credentials& credentials) const {
  SiteMemory memory = recall();
  return is_fingerprint_of(memory.secret, credentials) ? std::move(memory.mechanism) : std::string();
}

std::vector<std::string> SiteNotes::compare(const Offer& now, std::string_view host) {
  SiteMemory memory = store_->recall(key_);
  std::vector<std::string> sentences = weaker(memory, now);
  memory.weaker = sentences.empty() ? std::vector<std::string>() : now.mechanisms;
  memory.weaker_tls = sentences.empty() ? std::string() : now.tls;
  store_->keep(key_, std::move(memory));
  if (sentences.empty()) {
    alarm_.recovered = true;
    return sentences;
  }
  std::string text;
  for (const std::string& sentence : sentences) text.append(text.empty() ? "" : "; ").append(sentence);
  const SteadyTime at = std::chrono::steady_clock::now();
  if (text == alarm_.text && (!alarm_.recovered || at - alarm_.at < kSameAlarm)) return sentences;
  log(Level::warning, "the server is weaker than before", {{"host", host}, {"change", text}});
  alarm_ = Alarm{std::move(text), at, false};
  return sentences;
}

void SiteNotes::take(const Offer& now) {
  if (now.mechanisms.empty()) return;
  SiteMemory memory = store_->recall(key_);
  const bool more =
      std::ranges::any_of(now.mechanisms, [&](const std::string& name) { return !contains(memory.offered, name); });
  if (more && !memory.offered.empty()) memory.mechanism.clear();
  memory.offered = now.mechanisms;
  memory.tls = now.tls;
  memory.weaker.clear();
  memory.weaker_tls.clear();
  store_->keep(key_, std::move(memory));
}

void SiteNotes::worked(std::string mechanism, const sasl::Credentials& credentials) {
  SiteMemory memory = store_->recall(key_);
  const bool known = memory.mechanism == mechanism && memory.under == under_ && is_recent(memory.since);
  if (!known) memory.since = std::to_string(seconds_now());
  memory.under = under_;
  memory.mechanism = std::move(mechanism);
  if (!is_fingerprint_of(memory.secret, credentials)) {
    memory.secret = fingerprint(credentials, hex(random_bytes(kSalt / 2)));
  }
  store_->keep(key_, std::move(memory));
}

bool SiteNotes::refuses_null_sender() const { return !store_->recall(key_).null_sender.empty(); }

void SiteNotes::note_null_sender(bool refused) {
  SiteMemory memory = store_->recall(key_);
  memory.null_sender = refused ? "refused" : "";
  store_->keep(key_, std::move(memory));
}

void SiteNotes::note_login() {
  SiteMemory memory = store_->recall(key_);
  const auto before = parse_number(memory.login);
  const std::int64_t now = seconds_now();
  const auto distance = before ? now - static_cast<std::int64_t>(*before) : kSameLogin;
  if (distance >= 0 && distance < kSameLogin) return;
  memory.login = std::to_string(now);
  store_->keep(key_, std::move(memory));
}

void SiteNotes::note_certificates(const std::string& ends, const std::string& own) {
  if (ends.empty()) return;
  SiteMemory memory = store_->recall(key_);
  if (memory.certificate == ends && memory.own_certificate == own) return;
  memory.certificate = ends;
  memory.own_certificate = own;
  store_->keep(key_, std::move(memory));
}

std::string SiteNotes::taken() const { return store_->recall(key_).taken; }

void SiteNotes::note_taken(const std::string& address) {
  SiteMemory memory = store_->recall(key_);
  memory.taken = address;
  store_->keep(key_, std::move(memory));
}

}  // namespace postern::relay
