// The text of a message as a program wrote it, made fit to be stored and sent: lines end in LF, and no CR or NUL is
// left. The only code that mends text, for every door: SMTP, sendmail and dropped files give the same for the same.
//
//   LF, CR LF          a line end, and so is any number of CRs before an LF: a text that passes through programs that
//                      write CR LF for LF gains a CR at each
//   another CR         a blank: what progress bars write between their states
//   NUL                left out, before anything else is judged
//
// RFC 5321 2.3.8 lets no CR stand alone and RFC 5322 3.5 no NUL; servers refuse a message for either, or take it for
// two. The result does not depend on how the text is cut into pieces. Pure, and in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

/// What to do with a text that is not as RFC 5321 has it: an LF without its CR, a CR that ends no line, a NUL.
enum class BareNewline { mend, reject };

/// What was done to a text, by how many bytes or lines.
struct Mended {
  std::uint64_t blanks = 0;     ///< CRs that became blanks
  std::uint64_t line_ends = 0;  ///< line ends that had more than one CR
  std::uint64_t nuls = 0;       ///< left out
  std::uint64_t bare_lfs = 0;   ///< line ends without a CR where the client has others; not the mender's to know

  [[nodiscard]] bool any() const { return blanks + line_ends + nuls + bare_lfs > 0; }
  Mended& operator+=(const Mended& other);
  friend bool operator==(const Mended&, const Mended&) = default;
};

class TextMender {
 public:
  /// Takes all of `raw` and appends to `text`. A CR is kept back until it is known what it is.
  void feed(std::string_view raw, std::string& text);
  /// The text ends here: a last line that is open is ended.
  void finish(std::string& text);

  [[nodiscard]] const Mended& mended() const { return mended_; }

  /// So many CRs in a row may belong to one line end; of more, the first ones are blanks.
  static constexpr std::size_t kMostHeld = 64;

 private:
  char* take(std::string_view raw, char* out);
  char* decide(std::string_view& raw, char* out);

  std::size_t held_ = 0;  ///< CRs that may belong to a line end
  bool open_ = false;     ///< the last line has no end yet
  Mended mended_;
};

}  // namespace postern::mail
