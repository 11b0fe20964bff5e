// One YAML file as a tree of nodes with their places. The only user of yaml-cpp.
//
// yaml-cpp's own node tree drops duplicate keys, expands aliases and forgets what was quoted, so the tree
// is built from parser events. Refused here, with line and column: bytes that are not text, tabs in the
// indentation, syntax errors, duplicate keys, keys that are not plain words, anchors, aliases, merge keys,
// tags, nesting deeper than 8, a second document.
#pragma once

#include "settings/report.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace postern::settings {

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  Mark mark;
  bool quoted = false;         ///< a scalar in quotes or in block style
  bool flow = false;           ///< a list or a map in brackets
  std::string text;            ///< of a scalar
  std::vector<Node> items;     ///< of a list
  std::vector<Entry> entries;  ///< of a map, in the file's order, without duplicates
};

struct Entry {
  std::string key;
  Mark mark;  ///< where the key stands
  Node value;
};

/// In brackets an unquoted password ends at a comma: what stands behind these entries as a key may be its rest, which
/// is for no error to show.
[[nodiscard]] bool end_in_bare_password(std::span<const Entry> before);

/// The tree of the text; a map without entries if the text has nothing but comments. Nothing if it is not
/// YAML at all; whatever was wrong is in the report either way.
[[nodiscard]] std::optional<Node> read_document(const std::string& text, Report& report);

}  // namespace postern::settings
