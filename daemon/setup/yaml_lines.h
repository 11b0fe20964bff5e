// Private to setup/: YAML as lines, to change some of them. Whoever changes lines reads the result again and compares:
// what these functions do not understand they may change wrongly.
#pragma once

#include "settings/document.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

/// A text as lines with their line ends.
class YamlLines {
 public:
  explicit YamlLines(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] std::string_view line(std::size_t number) const { return lines_[number - 1]; }  ///< 1-based

  /// The last line of what stands under a key of a map in block style; comments after it do not belong to it.
  [[nodiscard]] std::size_t last_line(const settings::Entry& entry) const;
  /// Puts lines (with LF, as this file has its line ends) before line `number`; size() + 1 is the end.
  void insert(std::size_t number, std::string_view text);
  void remove(std::size_t first, std::size_t last);
  /// Puts another value in the place of one that stands in one line, or of all that stands under the key. False: it
  /// cannot be done.
  [[nodiscard]] bool replace_value(const settings::Entry& entry, std::string_view value);
  /// Puts `word` behind the opening bracket of a map in flow style. False: there is none.
  [[nodiscard]] bool insert_in_flow(const settings::Node& map, std::string_view word);
  /// The first line that begins with `front`; nothing: none does.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view front) const;
  /// The map or list stands in brackets.
  [[nodiscard]] bool is_flow(const settings::Node& node) const;

 private:
  [[nodiscard]] std::string_view at(settings::Mark mark) const;

  std::vector<std::string> lines_;
  std::string_view end_ = "\n";
};

}  // namespace postern::setup
