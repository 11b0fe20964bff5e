// Who is told what: the whole table of NOTIFY, outcome and what the smarthost has.
#include "queue/notice.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace postern::queue {
namespace {

using mail::Verdict;

constexpr std::array kNotifies{mail::kNotifyUnspecified,
                               mail::kNotifyNever,
                               mail::kNotifySuccess,
                               mail::kNotifyFailure,
                               mail::kNotifyDelay,
                               mail::kNotifySuccess | mail::kNotifyFailure,
                               mail::kNotifySuccess | mail::kNotifyDelay,
                               mail::kNotifyFailure | mail::kNotifyDelay,
                               mail::kNotifySuccess | mail::kNotifyFailure | mail::kNotifyDelay};

struct Row {
  Verdict verdict;
  Upstream upstream;
  std::string said;  ///< one letter for each of kNotifies: - none, f failed, d delayed, r relayed
};
// clang-format off
//                                                      none NEVER S  F  D  SF SD FD SFD
const std::array kRows{
    Row{Verdict::delivered, Upstream::with_dsn,    "---------"},
    Row{Verdict::delivered, Upstream::without_dsn, "--r--rr-r"},
    Row{Verdict::failed,    Upstream::with_dsn,    "f--f-f-ff"},
    Row{Verdict::failed,    Upstream::without_dsn, "f--f-f-ff"},
    Row{Verdict::deferred,  Upstream::with_dsn,    "d---d-ddd"},
    Row{Verdict::deferred,  Upstream::without_dsn, "d---d-ddd"},
};
// clang-format on

char letter(Notice notice) { return "-fdr"[static_cast<std::size_t>(notice)]; }

TEST(Notice, FollowsNotifyTheOutcomeAndWhatTheSmarthostHas) {
  for (const std::string sender : {"alice@example.com", ""}) {
    for (const Row& row : kRows) {
      std::string said;
      for (const unsigned notify : kNotifies) {
        mail::Envelope envelope;
        envelope.sender = sender;
        mail::Recipient recipient;
        recipient.notify = notify;
        said += letter(notice_for(envelope, recipient, row.verdict, row.upstream));
      }
      EXPECT_EQ(said, sender.empty() ? std::string(kNotifies.size(), '-') : row.said)
          << mail::name(row.verdict) << (row.upstream == Upstream::with_dsn ? " with DSN" : " without DSN");
    }
  }
}

TEST(Notice, H62_NothingIsSaidOfMailThatProgramsMadeAndNoDelaysOfListsUnlessAskedFor) {
  const std::array<std::pair<std::string, Author>, 16> kMessages{{
      {"Subject: hi\n\nAuto-Submitted: auto-generated\n", Author::person},
      {"\n", Author::person},
      {"Auto-Submitted: no\n\n", Author::person},
      {"Auto-Submitted: NO (no)\n\n", Author::person},
      {"Auto-Submitted:\n\n", Author::person},
      {"Auto-Submitted: auto-generated\n\n", Author::program},
      {"auto-submitted: AUTO-REPLIED; x=y\n\n", Author::program},
      {"Auto-Submitted: auto-notified\n\n", Author::program},
      {"Auto-Submitted:\n\tauto-generated\n\n", Author::program},
      {"Auto-Submitted: no\nAuto-Submitted: auto-replied\n\n", Author::program},
      {"List-Id: <x.example.com>\n\n", Author::list},
      {"Precedence: bulk\n\n", Author::list},
      {"Precedence: List\n\n", Author::list},
      {"Precedence: junk\n\n", Author::list},
      {"Precedence: first-class\n\n", Author::person},
      {"List-Id: <x>\nAuto-Submitted: auto-generated\n\n", Author::program},
  }};
  for (const auto& [message, author] : kMessages) {
    EXPECT_EQ(author_of(message), author) << message;
    for (const unsigned notify : kNotifies) {
      mail::Recipient recipient;
      recipient.notify = notify;
      for (const Notice notice : {Notice::none, Notice::failed, Notice::delayed, Notice::relayed}) {
        const bool delay = author == Author::list && notice == Notice::delayed && notify == 0;
        const bool silenced = author == Author::program || delay;
        EXPECT_EQ(permitted(notice, author, recipient), silenced ? Notice::none : notice) << message << notify;
      }
    }
  }
}

}  // namespace
}  // namespace postern::queue
