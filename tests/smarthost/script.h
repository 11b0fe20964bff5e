// The script of misbehaviour of the practice smarthost. One rule a line; empty lines and lines that begin with # mean
// nothing; the first rule that fits is followed.
//
//   at STEP [N] do ACTION
//
//   STEP    connect greeting ehlo starttls auth mail rcpt data end-of-data quit, or auth:MECHANISM
//   N       only the Nth time this step is reached (over all connections, from 1); `always`, or left out: every time
//   ACTION  reply CODE TEXT   say this and do not do what was asked (after 334 at auth: read a line, then 535)
//           close             end the connection without a word
//           stall SECONDS     wait, then go on as usual
//           garbage           say something that is no SMTP reply
//           drip              do as asked, but send the reply one byte at a time
//
// For example:  at auth:CRAM-MD5 always do reply 535 5.7.8 not today
//               at end-of-data 1 do close
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::practice {

struct Action {
  enum class Kind { none, reply, close, stall, garbage, drip };
  Kind kind = Kind::none;
  std::string reply;  ///< "535 5.7.8 text"
  Seconds stall{0};
};

class Script {
 public:
  /// Failure: invalid; the text begins with `file`:line.
  static Result<Script> parse(std::string_view text, std::string_view file);

  /// To be called once each time a step is reached. `detail` is the mechanism at auth.
  [[nodiscard]] Action reached(std::string_view step, std::string_view detail = {});

 private:
  struct Rule {
    std::string step;
    std::string detail;       ///< upper case; empty: any
    std::uint64_t count = 0;  ///< 0: always
    Action action;
    std::uint64_t seen = 0;
  };
  static Result<Rule> parse_rule(std::string_view line);

  std::vector<Rule> rules_;
};

}  // namespace postern::practice
