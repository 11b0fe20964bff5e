#include "mail/report.h"

namespace postern::mail {

std::string_view name(Step step) {
  switch (step) {
    case Step::resolve: return "resolve";
    case Step::connect: return "connect";
    case Step::greeting: return "greeting";
    case Step::ehlo: return "ehlo";
    case Step::tls: return "tls";
    case Step::auth: return "auth";
    case Step::mail: return "mail";
    case Step::rcpt: return "rcpt";
    case Step::data: return "data";
    case Step::end_of_data: return "end-of-data";
    case Step::quit: return "quit";
  }
  return "unknown";
}

}  // namespace postern::mail
