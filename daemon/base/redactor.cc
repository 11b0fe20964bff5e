#include "base/redactor.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/text.h"
#include "base/unescape.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t kMostSecrets = 12;
constexpr std::size_t kMostWords = 16U << 10U;
constexpr std::size_t kShort = 4;    // characters; with fewer it is found in anything
constexpr std::size_t kTelling = 5;  // of an encoded form: a shorter one is found in innocent words
constexpr std::size_t kLong = 12;
constexpr std::size_t kRun = 8;
constexpr std::string_view kInnocent = "passwor";  // of many a secret, and of what every server says
constexpr int kRounds = 3;                         // an escape of an escape of an escape

using Runs = std::unordered_set<std::string_view>;

/// A string that is wiped when it goes.
struct Wiped {
  std::string text;
  explicit Wiped(std::string held) : text(std::move(held)) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe(text); }
};

/// Both are what stays of any spelling: separators, padding and the characters in which alphabets of base64 differ go.
bool is_bone(char c) { return is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80U; }
bool is_close(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7F' && c != '+' && c != '\\' && c != '"' && c != '\'';
}

std::string kept(std::string_view text, bool (*keep)(char)) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (keep(to_lower(c))) out += to_lower(c);
  }
  return out;
}

/// The characters that stand for `secret` alone when `before` bytes precede it in what is encoded (modulo 3).
std::string base64_core(std::string_view secret, std::size_t before) {
  Wiped text(std::string(before, '\0').append(secret));
  Wiped encoded(base64_encode(text.text));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t whole = text.text.size() * 8 / 6;
  return whole > first ? encoded.text.substr(first, whole - first) : std::string();
}

/// Whether it is long enough to be told from innocent words.
bool add_form(std::vector<Secret>& forms, std::string_view spelt) {
  const Wiped bones(kept(spelt, is_bone));
  if (bones.text.size() < kTelling) return false;
  forms.emplace_back(bones.text);
  return true;
}

/// As a whole, or of a long form so much that it can be nothing else.
bool is_in(std::string_view form, std::string_view said, const Runs& runs) {
  if (form.size() < kLong) return said.find(form) != std::string_view::npos;
  for (std::size_t at = 0; at + kRun <= form.size(); ++at) {
    const std::string_view run = form.substr(at, kRun);
    if (runs.contains(run) && run.find(kInnocent) == std::string_view::npos) return true;
  }
  return false;
}

Runs runs_of(std::string_view said) {
  Runs runs;
  for (std::size_t at = 0; at + kRun <= said.size(); ++at) runs.insert(said.substr(at, kRun));
  return runs;
}

}  // namespace

void Redactor::learn(std::string_view secret) {
  if (secret.empty()) return;
  Known known;
  known.secret = Secret(std::string(secret));
  std::string close = kept(secret, is_close);
  known.too_short = close.size() < kShort;
  known.close = Secret(std::move(close));
  add_form(known.forms, secret);
  const Wiped digits(hex(secret));
  add_form(known.forms, digits.text);
  const Wiped percented(hex_escaped(secret, '%', is_unreserved));
  for (const std::string_view spelt : {secret, std::string_view(percented.text)}) {
    for (const std::size_t before : {0U, 1U, 2U}) {
      const Wiped core(base64_core(spelt, before));
      if (!add_form(known.forms, core.text)) known.too_short = true;
    }
  }
  keep(std::move(known));
}

void Redactor::learn_encoded(std::string_view beginning) {
  Known known;
  known.secret = Secret(std::string(beginning));
  const Wiped core(base64_core(beginning, 0));
  add_form(known.forms, core.text);
  keep(std::move(known));
}

void Redactor::keep(Known known) {
  std::erase_if(known_, [&](const Known& one) { return one.secret == known.secret; });
  known_.push_back(std::move(known));
  if (known_.size() > kMostSecrets) known_.pop_front();
}

bool Redactor::repeats(std::string_view words) const {
  return !words.empty() && (std::ranges::any_of(known_, &Known::too_short) || contains(words));
}

bool Redactor::contains(std::string_view words) const {
  if (words.empty() || known_.empty()) return false;
  Wiped view{std::string(words)};
  for (int round = 0; round <= kRounds; ++round) {
    const Wiped bones(kept(view.text, is_bone));
    const Wiped close(kept(view.text, is_close));
    const Runs runs = runs_of(bones.text);
    for (const Known& one : known_) {
      const std::string_view whole = one.close.reveal();
      if (whole.size() >= kShort && close.text.find(whole) != std::string::npos) return true;
      for (const Secret& form : one.forms) {
        if (is_in(form.reveal(), bones.text, runs)) return true;
      }
    }
    Wiped next(unescape(view.text));
    if (next.text == view.text) return false;
    std::swap(view.text, next.text);
  }
  return false;
}

std::string Redactor::shown(std::string_view words, std::size_t longest) const {
  words = words.substr(0, kMostWords);
  if (repeats(words)) return std::string(kRemark);
  const std::string clean = printable(words);
  return std::string(cut_printable(clean, longest));
}

}  // namespace postern
