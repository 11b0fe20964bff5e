#include "setup/peer_files.h"

#include "base/durable_file.h"
#include "base/secret.h"
#include "base/text.h"

#include <algorithm>

namespace postern::setup {
namespace {

std::vector<Line> split_lines(std::string_view bytes) {
  std::vector<Line> lines;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = bytes.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(Line{lines.size() + 1, std::string(line)});
    begin = end + 1;
  }
  return lines;
}

bool begins_blank(std::string_view text) { return text.starts_with(' ') || text.starts_with('\t'); }

}  // namespace

std::vector<Line> logical_lines(const PeerFile& file) {
  std::vector<Line> lines;
  for (const Line& line : file.lines) {
    const std::string_view text = trim(line.text);
    if (text.empty() || text.starts_with('#')) continue;
    if (begins_blank(line.text) && !lines.empty()) {
      (lines.back().text += ' ') += text;
    } else {
      lines.push_back(Line{line.number, std::string(text)});
    }
  }
  return lines;
}

Error wrong(const Mark& mark, const std::string& text) {
  return Error{Failure::invalid, Note{mark.file, mark.line, text}.str()};
}

void Import::add_note(Note note) {
  if (proposal.notes.size() > kMostNotes) return;
  if (std::ranges::find(proposal.notes, note) != proposal.notes.end()) return;
  if (proposal.notes.size() == kMostNotes) {
    note = Note{{}, 0, "there is more that is not carried over, of which this is too much to tell; look at the files"};
  }
  proposal.notes.push_back(std::move(note));
}

Result<std::optional<PeerFile>> Import::find(const std::string& path) const {
  auto read_lines = read(path);
  if (read_lines) return std::optional(std::move(*read_lines));
  if (read_lines.error().failure == Failure::not_found) return std::optional<PeerFile>();
  return read_lines.error();
}

Result<PeerFile> Import::read(const std::string& path) const {
  PeerFile file{here(path), {}};
  auto bytes = read_file(file.name, kLargestFile);
  if (!bytes) return bytes.error();
  const bool text = bytes->find('\0') == std::string::npos;
  if (text) file.lines = split_lines(*bytes);
  wipe(*bytes);
  if (!text) return Error{Failure::invalid, file.name + " is no text file"};
  return file;
}

Result<std::string> Import::first_line(const std::string& path) const {
  const auto file = find(path);
  if (!file) return file.error();
  if (!*file) return std::string();
  for (const Line& line : (*file)->lines) {
    if (const std::string_view text = trim(line.text); !text.empty()) return std::string(text);
  }
  return std::string();
}

}  // namespace postern::setup
