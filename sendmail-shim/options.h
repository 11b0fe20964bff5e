// sendmail's command line. One table says for every letter whether it takes an argument and what becomes of it:
// getting the argument count right even for what is ignored is what keeps a word such as "8BITMIME" from becoming
// a recipient. No option names a file to be read, written or run.
#pragma once

#include "sendmail-shim/exit.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::shim {

enum class Mode {
  submit,   ///< -bm: a message on standard input
  smtp,     ///< -bs: SMTP on standard input and output
  list,     ///< -bp, mailq
  flush,    ///< -q
  aliases,  ///< -bi, newaliases
  verify,   ///< -bv: where each recipient's mail would go
  help,     ///< --help
  version,  ///< --version
};

enum class DotLine { ends, is_text };
enum class Recipients { arguments, header_too };
enum class Talk { quiet, verbose };

struct Options {
  Mode mode = Mode::submit;
  std::string mode_given = {};                ///< the option that chose it, "-bp"; empty: what the program is called
  Recipients source = Recipients::arguments;  ///< -t: the header's as well
  DotLine dot = DotLine::ends;                ///< -i: a lone "." is text
  Talk talk = Talk::quiet;
  std::optional<std::string> sender;     ///< -f, -r: an address, bare or not; empty: the null reverse-path
  std::string unread_sender;             ///< -f, -r: what is no address, printable; empty: nothing of the kind
  std::optional<std::string> full_name;  ///< -F
  std::string notify;                    ///< -N as the parameter of RCPT wants it, "NEVER"; empty: not given
  std::string ret;                       ///< -R: "FULL" or "HDRS"; empty: not given
  std::string envid;                     ///< -V, raw; empty: not given
  std::vector<std::string> recipients;   ///< arguments as given: each is an address list
  /// What was not understood and is left out, a sentence each, printable. A slip in an option costs that option, never
  /// the message.
  std::vector<std::string> left_out;
};

/// What the program was called as, for the default mode.
enum class Personality { sendmail, mailq, newaliases };
[[nodiscard]] Personality personality(std::string_view argv0);

enum class Argument { none, required, glued };  ///< glued: in the same word, and may be missing
enum class Use { acted_on, ignored, refused };

struct OptionRow {
  char letter;
  Argument argument;
  Use use;
  std::optional<Exit> (*act)(Options& options, std::string_view value);  ///< of acted_on
  std::string_view note;  ///< of acted_on: what it does, for --help; of refused: why, and what to do instead
};
[[nodiscard]] std::span<const OptionRow> option_table();

/// Sendmail's settings, given as -O Name=value and by their old letters as -oXvalue, of which something is meant here.
/// All others are taken and ignored, as their number is large and most are about Sendmail itself.
struct SettingRow {
  std::string_view name;  ///< in any case; as with Sendmail its beginning will do
  char letter;            ///< of -oX
  void (*act)(Options& options, bool on);
};
[[nodiscard]] std::span<const SettingRow> setting_table();

struct ModeRow {
  char letter;  ///< of -bX
  Use use;
  Mode mode;
  std::string_view note;  ///< as in OptionRow
};
[[nodiscard]] std::span<const ModeRow> mode_table();

/// `arguments` without argv[0]. Options and recipients may be mixed, as with the C library's getopt; behind "--" all
/// are recipients. Ends with EX_USAGE where a refused option or mode is asked for, or a sender that is none; an option
/// that nobody knows, one without its argument or with one that makes no sense is left out.
Outcome<Options> parse_options(Personality personality, std::span<const char* const> arguments);

/// EX_USAGE where `options` give a message to a mode that reads none, with recipients or -t: it would be lost, and the
/// caller would believe it sent.
[[nodiscard]] std::optional<Exit> refused_with_message(const Options& options, Personality personality);

}  // namespace postern::shim
