#include "queue/title.h"

#include "mail/headers.h"
#include "mail/subject.h"

#include <cstddef>

namespace postern::queue {

Title title_of(std::string_view text) {
  constexpr std::size_t kLooked = std::size_t{64} << 10U;
  const mail::HeaderBlock header = mail::parse_headers(text, kLooked);
  return {mail::subject_of(header), mail::message_id_of(header)};
}

}  // namespace postern::queue
