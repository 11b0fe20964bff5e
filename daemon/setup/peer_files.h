// Private to setup/: the files of other programs, read line by line, and the proposal that grows from them. The files
// are the administrator's own, but may be damaged or no such file at all: everything is bounded, and what is wrong is
// told with file and line.
#pragma once

#include "base/result.h"
#include "setup/importer.h"
#include "setup/proposal.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::setup {

inline constexpr std::size_t kLargestFile = std::size_t{1} << 20U;
inline constexpr std::size_t kMostNotes = 300;  // of one import; then one that says that there is more

/// A place in a file of another program.
struct Mark {
  std::string file;      ///< as it is called on this machine
  std::size_t line = 0;  ///< 1-based; 0: the file as a whole
};

struct Line {
  std::size_t number = 0;  ///< of the first line, if it was continued
  std::string text;        ///< without its line end (LF or CRLF)
};

struct PeerFile {
  std::string name;  ///< as it is called on this machine, with the root
  std::vector<Line> lines;

  [[nodiscard]] Mark mark(const Line& line) const { return Mark{name, line.number}; }
};

/// The lines that say something, as Postfix, Exim and sendmail write tables: what begins with a blank continues the
/// line before it, empty lines and those whose first character is "#" do not count.
[[nodiscard]] std::vector<Line> logical_lines(const PeerFile& file);

/// "file:line: text", of Failure::invalid.
[[nodiscard]] Error wrong(const Mark& mark, const std::string& text);

/// What an importer works with: it reads files and fills the proposal.
class Import {
 public:
  explicit Import(Place place) : place_(std::move(place)) {}

  Proposal proposal;

  /// Once where it is said again; of no more than kMostNotes.
  void note(const Mark& mark, std::string text) { add_note(Note{mark.file, mark.line, std::move(text), false}); }
  void note_secret(const Mark& mark, std::string text) { add_note(Note{mark.file, mark.line, std::move(text), true}); }

  /// A path of the machine's as it is called from here.
  [[nodiscard]] std::string here(const std::string& path) const { return place_.root + path; }
  [[nodiscard]] const std::string& home() const { return place_.home; }

  /// Nothing if there is none. Failures: denied, io, limit, invalid (not a file, or no text).
  [[nodiscard]] Result<std::optional<PeerFile>> find(const std::string& path) const;
  /// The same, where it must be there. Failure besides: not_found.
  [[nodiscard]] Result<PeerFile> read(const std::string& path) const;
  /// The first line that is not empty, without blanks around it; empty if there is no such file or line.
  [[nodiscard]] Result<std::string> first_line(const std::string& path) const;

 private:
  void add_note(Note note);

  Place place_;
};

}  // namespace postern::setup
