#include "relay/memory_file.h"

#include "base/ascii.h"
#include "base/durable_file.h"
#include "base/hex_digit.h"
#include "base/log.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {
namespace {

constexpr std::string_view kFirstLine = "postern-memory 1\n";
constexpr std::size_t kLargestFile = std::size_t{1} << 20U;
constexpr std::size_t kEntries = 500;  // each of some hundred bytes; who has more smarthosts relearns some of them

using Entries = std::map<std::string, SiteMemory>;

bool is_plain(char c) { return is_alnum(c) || std::string_view("-_.:@/+[]").find(c) != std::string_view::npos; }

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else {
      out.append("%").append(hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '%' || i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

struct Field {
  std::string_view name;
  std::string SiteMemory::* member;
};
constexpr std::array kFields{Field{"mechanism", &SiteMemory::mechanism},
                             Field{"secret", &SiteMemory::secret},
                             Field{"under", &SiteMemory::under},
                             Field{"since", &SiteMemory::since},
                             Field{"tls", &SiteMemory::tls},
                             Field{"weaker_tls", &SiteMemory::weaker_tls},
                             Field{"null_sender", &SiteMemory::null_sender},
                             Field{"login", &SiteMemory::login},
                             Field{"certificate", &SiteMemory::certificate},
                             Field{"own_certificate", &SiteMemory::own_certificate},
                             Field{"taken", &SiteMemory::taken}};

struct List {
  std::string_view name;
  std::vector<std::string> SiteMemory::* member;
};
constexpr std::array kLists{List{"offered", &SiteMemory::offered}, List{"weaker", &SiteMemory::weaker}};

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ",").append(escape(name));
  return text;
}

std::string line_of(const std::string& key, const SiteMemory& memory) {
  std::string line = "site=" + escape(key);
  for (const Field& field : kFields)
    line.append(" ").append(field.name).append("=").append(escape(memory.*field.member));
  for (const List& list : kLists)
    line.append(" ").append(list.name).append("=").append(joined_names(memory.*list.member));
  return line + "\n";
}

std::optional<std::vector<std::string>> names_of(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::optional<std::string> name = percent_decoded(text.substr(0, comma));
    if (!name || name->empty()) return std::nullopt;
    names.push_back(std::move(*name));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return names;
}

/// False: it is not one of our lines. Fields of a later version are left alone.
bool take_line(std::string_view line, Entries& entries) {
  std::string key;
  SiteMemory memory;
  for (const std::string_view word : split_words(line)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    const auto* const list = std::ranges::find(kLists, name, &List::name);
    if (list != kLists.end()) {
      auto names = names_of(value);
      if (!names) return false;
      memory.*list->member = std::move(*names);
      continue;
    }
    auto text = percent_decoded(value);
    if (!text) return false;
    if (name == "site") key = *text;
    for (const Field& field : kFields) {
      if (field.name == name) memory.*field.member = *text;
    }
  }
  if (key.empty()) return false;
  entries[key] = std::move(memory);
  return true;
}

Result<Entries> parse(std::string_view text) {
  Entries entries;
  if (!text.starts_with(kFirstLine)) return Error{Failure::corrupt, "it does not begin with its first line"};
  std::size_t number = 1;
  for (text.remove_prefix(kFirstLine.size()); !text.empty();) {
    ++number;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !take_line(text.substr(0, end), entries)) {
      return Error{Failure::corrupt, "line " + std::to_string(number) + " makes no sense"};
    }
    text.remove_prefix(end + 1);
  }
  return entries;
}

Result<Entries> read(const std::string& path) {
  const auto text = read_file(path, kLargestFile);
  if (!text) return text.error();
  return parse(*text);
}

}  // namespace

struct MemoryFile::State {
  explicit State(std::string file) : path(std::move(file)) {}
  const std::string path;
  mutable std::mutex mutex;  // over everything below: jobs run on other threads
  Entries entries;
  bool changed = false;  // and not yet written
  bool writing = false;  // a job is under way or asked for
  bool failing = false;  // the last write failed, and that was told

  void write_changes() {
    for (;;) {
      std::string text(kFirstLine);
      {
        const std::scoped_lock lock(mutex);
        writing = changed;
        if (!changed) return;
        changed = false;
        for (const auto& [key, memory] : entries) text += line_of(key, memory);
      }
      tell(replace_file(path, text));
    }
  }

  void tell(const Result<void>& written) {
    const std::scoped_lock lock(mutex);
    if (!written && !failing) {
      log(Level::warning, "what is learnt of smarthosts cannot be kept", {{"reason", written.error().text}});
    }
    failing = !written;
  }
};

MemoryFile::MemoryFile(std::string path, Background background)
    : state_(std::make_shared<State>(std::move(path))), background_(std::move(background)) {
  auto known = read(state_->path);
  if (known) {
    state_->entries = std::move(*known);
  } else if (known.error().failure != Failure::not_found) {
    log(Level::warning, "what was learnt of smarthosts is ignored and will be learnt anew",
        {{"file", state_->path}, {"reason", known.error().text}});
  }
}

MemoryFile::~MemoryFile() = default;

SiteMemory MemoryFile::recall(const std::string& key) const {
  const std::scoped_lock lock(state_->mutex);
  const auto entry = state_->entries.find(key);
  return entry == state_->entries.end() ? SiteMemory() : entry->second;
}

void MemoryFile::keep(const std::string& key, SiteMemory memory) {
  {
    const std::scoped_lock lock(state_->mutex);
    Entries& entries = state_->entries;
    const auto known = entries.find(key);
    if (known != entries.end() && known->second == memory) return;
    if (known == entries.end() && entries.size() >= kEntries) entries.erase(entries.begin());
    entries[key] = std::move(memory);
    state_->changed = true;
    if (state_->writing) return;
    state_->writing = true;
  }
  background_([state = state_] { state->write_changes(); });
}

}  // namespace postern::relay
