#include "sendmail-shim/options.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/xtext.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace postern::shim {
namespace {

constexpr std::size_t kEnvid = 100;  // RFC 3461 4.4

Exit usage(std::string text) { return Exit{EX_USAGE, std::move(text)}; }

/// The words of an argument that gets into a header or an envelope; a TAB is a blank. Any other control character
/// inside it is an attack, never a slip (CVE-2016-10033 and kin), and nothing is made of the rest.
Outcome<std::string> words_of(std::string_view option, std::string_view value) {
  std::string words(trim(value));
  std::ranges::replace(words, '\t', ' ');
  if (has_control(words)) {
    return usage(std::string(option) + ": there is a control character in it: " + printable(words));
  }
  return words;
}

/// What is no address, or more than one, must not cost the message: the caller's own name stands for it, and nothing of
/// what was given gets anywhere but into the log.
std::optional<Exit> set_sender(Options& options, std::string_view value) {
  constexpr std::size_t kShown = 80;
  options.sender.reset();
  options.unread_sender.clear();
  const auto given = words_of("-f", value);
  if (!given) return given.error();
  if (given->empty() || *given == "<>") {
    options.sender = "";
    return std::nullopt;
  }
  mail::AddressList list = mail::read_address_list(*given);
  if (list.addresses.size() == 1 && list.unread.empty()) {
    options.sender = std::move(list.addresses.front());
  } else {
    options.unread_sender = cut_printable(printable(*given), kShown);
  }
  return std::nullopt;
}

/// The option is left out, and the message goes on.
std::optional<Exit> leave_out(Options& options, std::string why) {
  options.left_out.push_back(std::move(why));
  return std::nullopt;
}

std::optional<Exit> set_full_name(Options& options, std::string_view value) {
  auto name = words_of("-F", value);
  if (!name) return name.error();
  options.full_name = std::move(*name);
  return std::nullopt;
}

std::optional<Exit> set_mode(Options& options, std::string_view value) {
  const auto row = std::ranges::find_if(
      mode_table(), [value](const ModeRow& one) { return !value.empty() && one.letter == value.front(); });
  if (row == mode_table().end()) return usage("-b" + printable(value) + ": there is no such mode");
  if (row->use == Use::refused) return usage("-b" + printable(value) + ": " + std::string(row->note));
  options.mode = row->mode;
  options.mode_given = std::string("-b") + row->letter;
  return std::nullopt;
}

/// -I: -bi
std::optional<Exit> set_aliases(Options& options, std::string_view) {
  options.mode = Mode::aliases;
  options.mode_given = "-I";
  return std::nullopt;
}

void set_ignore_dots(Options& options, bool on) { options.dot = on ? DotLine::is_text : DotLine::ends; }
void set_verbose(Options& options, bool on) { options.talk = on ? Talk::verbose : Talk::quiet; }

constexpr std::array kSettings = {
    SettingRow{"IgnoreDots", 'i', set_ignore_dots},
    SettingRow{"Verbose", 'v', set_verbose},
};

/// Without a value it is on. In doubt too: no text is cut then.
bool is_on(std::string_view value) {
  return value.empty() || std::string_view("fFnN0").find(value.front()) == std::string_view::npos;
}

/// -O Name=value
std::optional<Exit> set_long(Options& options, std::string_view value) {
  const std::size_t equals = value.find('=');
  const std::string_view name = trim(value.substr(0, equals));
  const std::string_view wanted =
      equals == std::string_view::npos ? std::string_view() : trim(value.substr(equals + 1));
  for (const SettingRow& row : kSettings) {
    if (!name.empty() && istarts_with(row.name, name)) row.act(options, is_on(wanted));
  }
  return std::nullopt;
}

/// -oXvalue
std::optional<Exit> set_short(Options& options, std::string_view value) {
  for (const SettingRow& row : kSettings) {
    if (value.starts_with(row.letter)) row.act(options, is_on(value.substr(1)));
  }
  return std::nullopt;
}

/// -q, -qf, -q15m, -qRname: the daemon runs its queue by itself, so each asks for one run of all of it, now.
std::optional<Exit> set_flush(Options& options, std::string_view) {
  if (options.mode != Mode::submit) return std::nullopt;
  options.mode = Mode::flush;
  options.mode_given = "-q";
  return std::nullopt;
}

std::optional<Exit> set_body(Options& options, std::string_view value) {
  // Only checked: what the message holds decides which BODY is declared.
  if (iequals(value, "7BIT") || iequals(value, "8BITMIME")) return std::nullopt;
  return leave_out(options, "-B: 7BIT or 8BITMIME is needed, not " + printable(value));
}

std::optional<Exit> set_notify(Options& options, std::string_view value) {
  static constexpr std::array<std::string_view, 4> kWords = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
  const std::string upper = to_upper(value);
  std::string_view rest = upper;
  std::string notify;
  bool ended = false;
  while (!ended) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = trim(rest.substr(0, comma));
    ended = comma == std::string_view::npos;
    const bool alone = ended && notify.empty();
    if (std::ranges::find(kWords, word) == kWords.end() || (word == "NEVER" && !alone)) {
      return leave_out(options,
                       "-N: \"never\", or some of \"success,failure,delay\" is needed, not " + printable(value));
    }
    notify += (notify.empty() ? "" : ",") + std::string(word);
    if (!ended) rest.remove_prefix(comma + 1);
  }
  options.notify = std::move(notify);
  return std::nullopt;
}

std::optional<Exit> set_return(Options& options, std::string_view value) {
  const std::string ret = to_upper(value);
  if (ret != "FULL" && ret != "HDRS") {
    return leave_out(options, "-R: \"full\" or \"hdrs\" is needed, not " + printable(value));
  }
  options.ret = ret;
  return std::nullopt;
}

std::optional<Exit> set_envid(Options& options, std::string_view value) {
  if (value.empty() || has_control(value) || !is_ascii(value) || mail::xtext_encode(value).size() > kEnvid) {
    return leave_out(options,
                     "-V: 1 to 100 printable ASCII characters are needed (a blank, + and = count thrice), not " +
                         printable(value.substr(0, 200)));
  }
  options.envid = value;
  return std::nullopt;
}

/// Of an option that is one word.
template <auto Member, auto Value>
std::optional<Exit> choose(Options& options, std::string_view) {
  options.*Member = Value;
  return std::nullopt;
}

constexpr auto kNone = Argument::none;
constexpr auto kRequired = Argument::required;
constexpr auto kGlued = Argument::glued;

// The union of Sendmail 8's and Postfix's letters. man/sendmail.1 has a row for each; a test holds the two together.
constexpr std::array kOptions = {
    OptionRow{'A', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'B', kRequired, Use::acted_on, set_body, "7BIT or 8BITMIME; what the message holds decides"},
    OptionRow{'b', kRequired, Use::acted_on, set_mode, "the mode, see below"},
    OptionRow{'C', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'c', kNone, Use::ignored, nullptr, ""},
    OptionRow{'D', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'d', kGlued, Use::ignored, nullptr, ""},
    OptionRow{'e', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'F', kRequired, Use::acted_on, set_full_name, "the full name for a From that has to be added"},
    OptionRow{'f', kRequired, Use::acted_on, set_sender, "the sender of the envelope"},
    OptionRow{'G', kNone, Use::ignored, nullptr, ""},
    OptionRow{'h', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'I', kNone, Use::acted_on, set_aliases, "as -bi"},
    OptionRow{'i', kNone, Use::acted_on, choose<&Options::dot, DotLine::is_text>, "a line with only a dot is text"},
    OptionRow{'L', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'M', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'m', kNone, Use::ignored, nullptr, ""},
    OptionRow{'N', kRequired, Use::acted_on, set_notify, "when to report: never, or success,failure,delay"},
    OptionRow{'n', kNone, Use::ignored, nullptr, ""},
    OptionRow{'O', kRequired, Use::acted_on, set_long,
              "a setting of Sendmail's; IgnoreDots and Verbose mean something"},
    OptionRow{'o', kRequired, Use::acted_on, set_short, "the same by its old letter: -oi, -ov"},
    OptionRow{'p', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'Q', kGlued, Use::refused, nullptr, "there is no quarantine; see postern(8) for the queue"},
    OptionRow{'q', kGlued, Use::acted_on, set_flush, "tries all queued mail now"},
    OptionRow{'R', kRequired, Use::acted_on, set_return, "how much of the message a report returns: full or hdrs"},
    OptionRow{'r', kRequired, Use::acted_on, set_sender, "as -f"},
    OptionRow{'s', kNone, Use::ignored, nullptr, ""},
    OptionRow{'T', kNone, Use::ignored, nullptr, ""},
    OptionRow{'t', kNone, Use::acted_on, choose<&Options::source, Recipients::header_too>,
              "takes the recipients of To, Cc and Bcc too"},
    OptionRow{'U', kNone, Use::ignored, nullptr, ""},
    OptionRow{'V', kRequired, Use::acted_on, set_envid, "an envelope id for reports"},
    OptionRow{'v', kNone, Use::acted_on, choose<&Options::talk, Talk::verbose>, "prints what became of it"},
    OptionRow{'X', kRequired, Use::ignored, nullptr, ""},
    OptionRow{'x', kNone, Use::ignored, nullptr, ""},
};

constexpr std::string_view kStartDaemon = "the daemon is posternd(8), and the system's service manager starts it";
constexpr std::string_view kNoHostStatus = "see \"postern status\" for the state of the smarthosts";

constexpr std::array kModes = {
    ModeRow{'m', Use::acted_on, Mode::submit, "hand in the message on standard input; the default"},
    ModeRow{'a', Use::acted_on, Mode::submit, "the same"},  // of the ARPANET; callers of PHP's mail() give it
    ModeRow{'s', Use::acted_on, Mode::smtp, "speak SMTP on standard input and output"},
    ModeRow{'p', Use::acted_on, Mode::list, "list the queue, as mailq does"},
    ModeRow{'i', Use::acted_on, Mode::aliases, "as newaliases does"},
    ModeRow{'v', Use::acted_on, Mode::verify, "say where the mail of each recipient would go, and send nothing"},
    ModeRow{'D', Use::refused, Mode::submit, kStartDaemon},
    ModeRow{'d', Use::refused, Mode::submit, kStartDaemon},
    ModeRow{'l', Use::refused, Mode::submit, kStartDaemon},
    ModeRow{'H', Use::refused, Mode::submit, kNoHostStatus},
    ModeRow{'h', Use::refused, Mode::submit, kNoHostStatus},
    ModeRow{'P', Use::refused, Mode::submit, "see \"postern status\" for the number of messages in the queue"},
    ModeRow{'t', Use::refused, Mode::submit, "there are no rewriting rules to test; -bv says where mail would go"},
};

class Parser {
 public:
  Parser(Personality personality, std::span<const char* const> arguments) : arguments_(arguments) {
    if (personality == Personality::mailq) options_.mode = Mode::list;
    if (personality == Personality::newaliases) options_.mode = Mode::aliases;
  }

  Outcome<Options> run() {
    bool only_recipients = false;
    while (at_ < arguments_.size()) {
      const std::string_view word = arguments_[at_++];
      if (only_recipients || word.size() < 2 || word.front() != '-') {
        options_.recipients.emplace_back(word);
      } else if (word == "--") {
        only_recipients = true;
      } else if (word.starts_with("--")) {
        if (auto exit = take_long(word)) return std::move(*exit);
      } else if (auto exit = take_cluster(word.substr(1))) {
        return std::move(*exit);
      }
    }
    return std::move(options_);
  }

 private:
  std::optional<Exit> take_long(std::string_view word) {
    if (word != "--help" && word != "--version") return unknown(printable(word));
    options_.mode = word == "--help" ? Mode::help : Mode::version;
    return std::nullopt;
  }

  /// Whether what follows is its argument or a recipient nobody knows, so the message could go to a wrong address.
  static Exit unknown(const std::string& option) { return usage(option + ": there is no such option"); }

  std::optional<Exit> take_cluster(std::string_view letters) {
    while (!letters.empty()) {
      const char letter = letters.front();
      letters.remove_prefix(1);
      const auto row = std::ranges::find(kOptions, letter, &OptionRow::letter);
      if (row == kOptions.end()) return unknown("-" + printable({&letter, 1}));
      std::string_view value;
      if (row->argument != Argument::none) value = std::exchange(letters, {});
      if (row->argument == Argument::required && value.empty()) {
        if (at_ == arguments_.size())
          return leave_out(options_, "-" + std::string(1, letter) + ": its argument is missing");
        value = arguments_[at_++];
      }
      if (row->use == Use::refused) return usage("-" + std::string(1, letter) + ": " + std::string(row->note));
      if (row->use == Use::ignored) continue;
      if (auto exit = row->act(options_, value)) return exit;
    }
    return std::nullopt;
  }

  std::span<const char* const> arguments_;
  std::size_t at_ = 0;
  Options options_;
};

}  // namespace

Personality personality(std::string_view argv0) {
  const std::string_view base = argv0.substr(argv0.rfind('/') + 1);
  if (base == "mailq") return Personality::mailq;
  if (base == "newaliases") return Personality::newaliases;
  return Personality::sendmail;
}

std::span<const OptionRow> option_table() { return kOptions; }
std::span<const SettingRow> setting_table() { return kSettings; }
std::span<const ModeRow> mode_table() { return kModes; }

Outcome<Options> parse_options(Personality personality, std::span<const char* const> arguments) {
  return Parser(personality, arguments).run();
}

std::optional<Exit> refused_with_message(const Options& options, Personality personality) {
  const bool reads_none = options.mode == Mode::flush || options.mode == Mode::list || options.mode == Mode::aliases;
  const bool given = !options.recipients.empty() || options.source == Recipients::header_too;
  if (!reads_none || !given) return std::nullopt;
  const std::string name = personality == Personality::mailq ? "mailq" : "newaliases";
  return usage((options.mode_given.empty() ? name : options.mode_given) +
               " takes no message: leave out the recipients and -t");
}

void throw_exception_from_error(const Exit&, const boost::source_location&) { std::abort(); }

}  // namespace postern::shim
