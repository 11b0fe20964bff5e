#include "settings/document.h"

#include "base/ascii.h"
#include "base/nearest.h"
#include "base/text.h"
#include "settings/json_pairs.h"
#include "settings/lines.h"
#include "settings/yaml_slip.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace postern::settings {
namespace {

constexpr std::size_t kDepth = 8;  // the deepest setting stands at 4

struct TooDeep {
  Mark mark;
};

Mark to_mark(const YAML::Mark& mark) {
  if (mark.is_null()) return Mark{};
  return Mark{static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Builds the tree from events. What is refused is reported and replaced by an empty value, so that the
/// rest of the file is still checked.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Report& report) : report_(report) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = to_mark(mark);
    check_anchor(node.mark, anchor);
    take(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    node.mark = to_mark(mark);
    report_.error(node.mark, "YAML aliases (*name) are not supported; write the value out");
    refused_ = true;
    take(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.mark = to_mark(mark);
    node.quoted = tag == "!";
    node.text = value;
    check_anchor(node.mark, anchor);
    check_tag(node.mark, tag);
    take(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] std::optional<Node> root() && { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    std::optional<Node> key;             ///< of a map: read, its value not yet
    std::map<std::string, Mark> places;  ///< of a map: the keys so far
  };

  void check_anchor(Mark mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    report_.error(mark, "YAML anchors (&name) are not supported; a text that begins with & needs quotes");
  }

  void check_tag(Mark mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (has_word("!vault !vault-encrypted !secret !env !env_var !include", to_lower(tag))) {
      report_.error(mark, std::string(kUnrendered) + ": YAML tags (!name) are not supported");
      return;
    }
    report_.error(mark, "YAML tags (!name) are not supported; a text that begins with ! needs quotes");
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    Frame frame;
    frame.node.kind = kind;
    frame.node.flow = style == YAML::EmitterStyle::Flow;
    frame.node.mark = to_mark(mark);
    check_anchor(frame.node.mark, anchor);
    check_tag(frame.node.mark, tag);
    if (stack_.size() >= kDepth) throw TooDeep{frame.node.mark};
    stack_.push_back(std::move(frame));
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    take(std::move(node));
  }

  void take(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == Node::Kind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      take_entry(frame, std::move(node));
    }
  }

  void take_entry(Frame& frame, Node value) {
    const Node key = std::move(*frame.key);
    frame.key.reset();
    // yaml-cpp places a missing value at the token after it.
    if (value.kind == Node::Kind::null) value.mark = key.mark;
    if (key.kind == Node::Kind::map && key.flow && frame.node.flow && value.kind == Node::Kind::null) {
      report_.error(frame.node.mark, std::string(kUnrendered));  // {{ name }}
      return;
    }
    if (key.kind != Node::Kind::scalar || key.text.empty()) {
      if (!refused_) {
        report_.error(key.mark, "a key must be a word; a text such as \"[::1]:25\" needs its quotes");
      }
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      report_.error(key.mark, "YAML merge keys (<<) are not supported; write the values out");
      return;
    }
    if (const auto [first, fresh] = frame.places.emplace(key.text, key.mark); !fresh) {
      // In braces a key without a value may be the end of another's, of a password too.
      const bool cut = value.kind == Node::Kind::null || end_in_bare_password(frame.node.entries);
      const bool shown = !frame.node.flow || !cut;
      report_.error(key.mark, "duplicate key" + (shown ? " '" + shown_key(key.text) + "'" : std::string()) +
                                  "; it stands already in line " + std::to_string(first->second.line));
      return;
    }
    frame.node.entries.push_back(Entry{key.text, key.mark, std::move(value)});
  }

  Report& report_;
  bool refused_ = false;
  std::vector<Frame> stack_;
  std::optional<Node> root_;
};

/// What yaml-cpp says, in words that say what to look for.
std::string in_words(const std::string& message) {
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR) return "a quote before this never closes";
  if (message == YAML::ErrorMsg::FLOW_END)
    return "this bracket closes none that is open; is a ] or } missing before it?";
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "a comma or a } is missing before this";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a comma or a ] is missing before this";
  if (message == YAML::ErrorMsg::END_OF_MAP || message == YAML::ErrorMsg::BLOCK_ENTRY ||
      message == YAML::ErrorMsg::MAP_KEY || message == YAML::ErrorMsg::MAP_VALUE) {
    return "this fits nothing before it; a value with such marks needs single quotes ('...')";
  }
  return message;
}

/// Where the slip probably is that made the parser say this there.
std::optional<YamlSlip> slip_of(const std::string& message, const std::string& text, Mark where) {
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR) return open_quote(text);
  if (message.starts_with(YAML::ErrorMsg::INVALID_ESCAPE) || message == YAML::ErrorMsg::INVALID_HEX ||
      message.starts_with("invalid unicode")) {
    return bad_escape(text, where);
  }
  const bool in_flow = message == YAML::ErrorMsg::END_OF_MAP_FLOW || message == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (auto bracket = in_flow ? open_bracket(text) : std::nullopt) return bracket;
  return yaml_slip(text, where);
}

/// Blanks that look like the one that YAML knows: the no-break ones, and those of a fixed width.
std::size_t odd_blank(std::string_view text) {
  for (const std::string_view blank :
       {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x87", "\xE2\x80\x83", "\xE2\x80\x82", "\xE3\x80\x80", "\xE2\x80\x8B"}) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

/// Where one of them is in the indentation, behind a dash there, or behind the colon of a key; npos: nowhere.
std::size_t odd_blank_at(std::string_view line) {
  std::size_t i = std::min(line.find_first_not_of(" -"), line.size());
  if (odd_blank(line.substr(i)) != 0) return i;
  while (i < line.size() && (line[i] == '_' || is_letter(line[i]))) ++i;
  if (i == line.size() || line[i] != ':') return std::string_view::npos;
  return odd_blank(line.substr(i + 1)) != 0 ? i + 1 : std::string_view::npos;
}

/// The text is in brackets, as all of a file of JSON is: of its comments and marks of YAML nothing is said.
bool is_in_brackets(std::string_view text) {
  if (constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF"; text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  for (const std::string_view line : lines_in(text)) {
    const std::string_view rest = trim(line);
    const bool before = rest.empty() || rest.starts_with('#') || rest.starts_with('%');
    if (!before && !rest.starts_with("---")) return rest.starts_with('{');
    if (rest.starts_with("---") && trim(rest.substr(3)).starts_with('{')) return true;
  }
  return false;
}

/// Bytes that no text editor writes, and tabs where YAML counts columns.
bool check_bytes(const std::string& text, Report& report) {
  bool good = true;
  // There no columns are counted.
  const bool brackets = is_in_brackets(text);
  std::size_t number = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line(text.data() + begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (!brackets && indent < line.size() && line[indent] == '\t' && !trim(line).empty()) {
      report.error(Mark{number, indent + 1}, "tab in the indentation; YAML indents by spaces");
      good = false;
    }
    if (const std::size_t odd = brackets ? std::string_view::npos : odd_blank_at(line); odd != std::string_view::npos) {
      report.error(Mark{number, odd + 1},
                   "this is no ordinary blank, though it looks like one (a no-break space?); write a space");
      good = false;
    }
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!has_control(line.substr(i, 1)) || line[i] == '\t') continue;
      report.error(Mark{number, i + 1}, "control byte; this is not a text file");
      return false;
    }
    if (!is_utf8(line)) {
      report.error(Mark{number, 1}, "this line is not valid UTF-8");
      good = false;
    }
    begin = end + 1;
  }
  return good;
}

/// By the key, which may be a slip or another program's. Of those that say where a password is, only if the value does
/// not.
bool is_for_password(const Entry& entry) {
  const std::string key = to_lower(entry.key);
  const auto has = [&](std::string_view part) { return key.find(part) != std::string::npos; };
  if (!has("pass") && !has("secret") && !has("pwd") && !has("token") && !nearest(key, {"password"})) return false;
  if (key.ends_with("_command") || key.ends_with("_credential")) return false;
  const std::string& value = entry.value.text;
  return !(key.ends_with("_file") && value.starts_with('/')) && !(key.ends_with("_url") && value.starts_with("http"));
}

}  // namespace

bool end_in_bare_password(std::span<const Entry> before) {
  return std::ranges::any_of(before, [](const Entry& entry) {
    const bool bare = entry.value.kind == Node::Kind::scalar && !entry.value.quoted;
    return bare && is_for_password(entry);
  });
}

std::optional<Node> read_document(const std::string& text, Report& report) {
  if (!check_bytes(text, report)) return std::nullopt;
  Builder builder(report);
  try {
    // yaml-cpp lets a quote that never closes end with the file; a document's end makes it an error.
    std::istringstream input((is_in_brackets(text) ? with_whole_characters(text) : text) + "\n...\n");
    YAML::Parser parser(input);
    if (parser.HandleNextDocument(builder)) {
      std::optional<Node> first = std::move(builder).root();
      Builder second(report);
      if (!parser.HandleNextDocument(second)) {
        if (first && first->kind == Node::Kind::null) first->kind = Node::Kind::map;
        return first;
      }
      const std::optional<Node> other = std::move(second).root();
      const Mark where = other ? other->mark : Mark{};
      if (const auto section = section_slip(text, where)) {
        report.error(section->mark, "not valid YAML: " + section->text);
        return std::nullopt;
      }
      report.error(where, "a second YAML document (after ---); the file must hold one");
      return std::nullopt;
    }
  } catch (const TooDeep& deep) {
    report.error(deep.mark, "nested too deep");
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const Mark where = to_mark(error.mark);
    const auto slip = slip_of(error.msg, text, where);
    report.error(slip ? slip->mark : where, "not valid YAML: " + (slip ? slip->text : in_words(error.msg)));
    return std::nullopt;
  }
  Node nothing;
  nothing.kind = Node::Kind::map;
  return nothing;
}

}  // namespace postern::settings
