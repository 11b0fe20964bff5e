#include "setup/password_command.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

namespace postern::setup {
namespace {

using Words = std::vector<std::string>;

/// The words of a pipeline's commands while they are read by the rules of sh(1). Whatever the shell would replace,
/// redirect or repeat is not followed.
class ShellReader {
 public:
  explicit ShellReader(std::string_view text) : text_(text) {}

  /// Nothing: there is more in it than words and pipes.
  std::optional<std::vector<Words>> pipeline() {
    for (; at_ < text_.size(); ++at_) {
      if (!take(text_[at_])) return std::nullopt;
    }
    end_word();
    if (std::ranges::any_of(commands_, &Words::empty)) return std::nullopt;
    return std::move(commands_);
  }

 private:
  bool take(char c) {
    static constexpr std::string_view kSpecial = "$`;&<>(){}[]*?#!~\n";
    static constexpr std::string_view kNoErrors = "2>/dev/null";
    if (c == '\'' || c == '"') return quoted(c);
    if (!inside_ && text_.substr(at_).starts_with(kNoErrors)) {
      at_ += kNoErrors.size() - 1;
      return at_ + 1 == text_.size() || text_[at_ + 1] == ' ' || text_[at_ + 1] == '|';
    }
    if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == '|') {
      end_word();
      commands_.emplace_back();
    } else if (c == '\\') {
      if (++at_ == text_.size()) return false;
      put(text_[at_]);
    } else if (kSpecial.find(c) != std::string_view::npos) {
      const bool home = c == '~' && !inside_ && text_.substr(at_).starts_with("~/");
      if (!home) return false;
      put(c);
    } else {
      put(c);
    }
    return true;
  }

  bool quoted(char quote) {
    inside_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) return true;
      if (quote == '"' && (c == '$' || c == '`')) return false;
      const bool escapes = quote == '"' && c == '\\' && at_ + 1 < text_.size() &&
                           std::string_view("$`\"\\").find(text_[at_ + 1]) != std::string_view::npos;
      if (escapes) c = text_[++at_];
      word_ += c;
    }
    return false;
  }

  void put(char c) {
    inside_ = true;
    word_ += c;
  }

  void end_word() {
    if (inside_) commands_.back().push_back(std::move(word_));
    word_.clear();
    inside_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Words> commands_{1};
  std::string word_;
  bool inside_ = false;
};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Shells differ in what a backslash is to echo, and in its options but -n.
std::optional<std::string> echoed(std::span<const std::string> words) {
  if (!words.empty() && words[0] == "-n") words = words.subspan(1);
  std::string out;
  for (const std::string& word : words) {
    if (word.find('\\') != std::string::npos || (out.empty() && word.starts_with('-'))) return std::nullopt;
    out += (&word == words.data() ? "" : " ") + word;
  }
  return out;
}

/// A format of plain text, %s, %% and the escapes for a line's end and a backslash.
std::optional<std::string> formatted(std::span<const std::string> words) {
  if (words.empty() || words[0].starts_with('-')) return std::nullopt;
  const std::string& format = words[0];
  std::span<const std::string> arguments = words.subspan(1);
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' && format[i] != '\\') {
      out += format[i];
      continue;
    }
    if (i + 1 == format.size()) return std::nullopt;
    const std::string_view pair = std::string_view(format).substr(i++, 2);
    if (pair == "%%") {
      out += '%';
    } else if (pair == "\\\\") {
      out += '\\';
    } else if (pair == "\\n") {
      out += '\n';
    } else if (pair == "%s") {
      if (arguments.empty()) continue;
      out += arguments[0];
      arguments = arguments.subspan(1);
    } else {
      return std::nullopt;
    }
  }
  if (!arguments.empty()) return std::nullopt;  // The format would be used again.
  return out;
}

/// A program that reads a file or asks an agent. What it is given may be copied if the options are among these and the
/// rest are names.
struct Asker {
  std::string_view program;
  std::string_view first;    ///< words of which one must stand first; empty: any
  std::string_view options;  ///< that hold no secret, and whose values hold none
};

constexpr auto kAskers = std::to_array<Asker>({
    {"cat", "", ""},
    {"head", "", "-n -1 -n1 -q"},
    {"tail", "", "-n -1 -n1 -q"},
    {"pass", "", ""},
    {"gopass", "", "-o -n --password"},
    {"gpg", "", "-d -q -qd -dq --decrypt --quiet --batch --no-tty --no-verbose --for-your-eyes-only --use-agent"},
    {"gpg2", "", "-d -q -qd -dq --decrypt --quiet --batch --no-tty --no-verbose --for-your-eyes-only --use-agent"},
    {"age", "-d --decrypt", "-d --decrypt -i --identity"},
    {"secret-tool", "lookup", ""},
    {"keyring", "get", ""},
    {"rbw", "get", ""},
    {"lpass", "show", "-p --password"},
    {"systemd-creds", "cat decrypt", ""},
    {"oama", "access", ""},
    {"mailctl", "access", ""},
    {"pizauth", "show", ""},
});

bool is_listed(std::string_view list, std::string_view word) {
  const auto words = split_words(list);
  return std::ranges::find(words, word) != words.end();
}

/// What takes a part of the output.
bool is_filter(const Words& words) {
  static constexpr auto kFilters = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"head", "-n 1 -1 -n1 -c"},
      {"tail", "-n 1 -1 -n1"},
      {"tr", "-d \\n \\r \\r\\n"},
      {"sed", "-n 1q 1p"},
  });
  const auto* filter =
      std::ranges::find(kFilters, base_name(words[0]), &std::pair<std::string_view, std::string_view>::first);
  return filter != kFilters.end() && std::ranges::all_of(words.begin() + 1, words.end(), [filter](const auto& word) {
           return is_listed(filter->second, word);
         });
}

bool is_file(std::string_view word) { return word.starts_with('/') || word.starts_with("~/"); }

bool asks(const Words& words) {
  if (words.size() == 1) return words[0].starts_with('/');  // A program alone has no place for a secret.
  const auto* asker = std::ranges::find(kAskers, base_name(words[0]), &Asker::program);
  if (asker == kAskers.end()) return false;
  if (!asker->first.empty() && !is_listed(asker->first, words[1])) return false;
  const bool files_alone = asker->program == "cat";
  return std::ranges::all_of(words.begin() + 1, words.end(), [&](const std::string& word) {
    return word.starts_with('-') ? is_listed(asker->options, word) : !files_alone || is_file(word);
  });
}

}  // namespace

PasswordCommand judge_password_command(std::string_view command) {
  PasswordCommand judged;
  const auto pipeline = ShellReader(trim(command)).pipeline();
  if (!pipeline) return judged;
  const Words& first = pipeline->front();
  const std::string_view program = base_name(first[0]);
  if (program == "echo" || program == "printf") {
    if (pipeline->size() > 1) return judged;
    const auto words = std::span(first).subspan(1);
    const auto printed = program == "echo" ? echoed(words) : formatted(words);
    if (printed) judged.secret = printed->substr(0, printed->find('\n'));
    if (!judged.secret.empty()) judged.kind = PasswordCommand::Kind::prints;
    return judged;
  }
  const bool copied = asks(first) && std::all_of(pipeline->begin() + 1, pipeline->end(), is_filter);
  if (copied) judged.kind = PasswordCommand::Kind::asks;
  return judged;
}

}  // namespace postern::setup
