#include "settings/salvage.h"

#include "base/ascii.h"
#include "settings/complete.h"
#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace postern::settings {
namespace {

// There are fewer keys than that; a file of a megabyte of nonsense shall not hold up the start.
constexpr std::size_t kMostSections = 500;

bool at_margin(std::string_view line) {
  return std::string_view(" \t\r\n#").find(line.front()) == std::string_view::npos;
}

/// Whether a line begins a key of the top: nothing else that YAML has stands at the margin and begins so, but the odd
/// text in quotes that runs over several lines.
bool begins_section(std::string_view line) {
  const char first = line.front();
  return is_letter(first) || first == '"' || first == '\'';
}

/// Keys of which a part could not be read.
using HalfRead = std::set<std::string, std::less<>>;

/// What is known of the keys before a section.
struct KeysBefore {
  HalfRead half;
  /// The last one that there is. What follows and belongs to no key may be rows of it.
  std::string last;
};

bool is_known(const std::string& key) {
  return std::ranges::any_of(all_keys(),
                             [&](const KeyInfo& one) { return one.path == key || one.path.starts_with(key + "."); });
}

/// `whole`: nothing of what may belong to it was left out.
bool read_section(const std::string& section, bool whole, Settings& settings, KeysBefore& before) {
  Report unheard("");  // each error is in the report of the whole file
  auto root = read_document(section, unheard);
  if (!root || root->kind != Node::Kind::map) return false;
  whole = whole && unheard.clean();
  for (Entry& entry : root->entries) {
    Report of_key("");
    Node one;
    one.kind = Node::Kind::map;
    one.entries.push_back(std::move(entry));
    read_keys(one, settings, of_key);
    std::string& key = one.entries.front().key;
    if (!is_known(key)) {
      before.half.insert(before.last);
      continue;
    }
    if (!whole || !of_key.clean()) before.half.insert(key);
    before.last = std::move(key);
  }
  return true;
}

/// The lines of one key.
struct Section {
  std::string text;
  /// Where the first line stands that is at the margin and no key: the end of a list or group, or what belongs to no
  /// key.
  std::size_t loose = std::string::npos;

  void add(std::string_view line) {
    if (loose == std::string::npos && !text.empty() && at_margin(line)) loose = text.size();
    text += line;
  }
  /// The key to which all of it belongs, whatever it is worth; empty: a part may be rows of the list before it.
  [[nodiscard]] std::string own_key() const {
    const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
    std::string key(line.substr(0, line.find(':')));
    if (key.size() == line.size() || !is_known(key)) return {};
    // Rows at the margin are those of a key that has nothing behind it.
    const bool ended = line.find_first_not_of(" \t\r", key.size() + 1) != std::string_view::npos;
    return loose != std::string::npos && ended ? std::string() : key;
  }
  void read(Settings& settings, KeysBefore& before) const {
    if (read_section(text, true, settings, before)) return;
    if (std::string own = own_key(); !own.empty()) before.last = std::move(own);
    before.half.insert(before.last);
    if (loose != std::string::npos) read_section(text.substr(0, loose), false, settings, before);
  }
};

HalfRead read_sections(const std::string& text, Settings& settings) {
  KeysBefore before;
  Section section;
  std::size_t sections = 0;
  for (std::size_t begin = 0; begin < text.size() && sections < kMostSections;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line(text.data() + begin, end - begin);
    if (begins_section(line)) {
      section.read(settings, before);
      section = {};
      ++sections;
    }
    section.add(line);
    begin = end;
  }
  section.read(settings, before);
  return std::move(before.half);
}

/// Without what would mean something else than the whole, and values that are each good and cannot be together.
void make_sense(Settings& settings, const HalfRead& half) {
  const Settings standard;
  if (settings.listen.submit == settings.listen.control) {
    settings.listen.submit = standard.listen.submit;
    settings.listen.control = standard.listen.control;
  }
  const queue::Retry& retry = settings.queue.retry;
  if (retry.min > retry.max || retry.max > retry.expire) settings.queue.retry = standard.queue.retry;
  // A name whose address could not be read: mail to it must not go to nobody.
  std::erase_if(settings.names.aliases, [](const auto& alias) { return alias.second.empty(); });
  // Rows of which a part could not be read would refuse mail that they let pass, or gather mail that is none of theirs;
  // without them all of it is taken, and goes as it comes.
  if (half.contains("senders")) settings.submission.senders.clear();
  if (half.contains("storms")) settings.queue.storms.clear();
}

}  // namespace

Settings salvage(const std::string& text) {
  Settings settings;
  const HalfRead half = read_sections(text, settings);
  settings.smarthosts.clear();
  make_sense(settings, half);
  Report unheard("");
  complete(settings, unheard);
  return settings;
}

}  // namespace postern::settings
