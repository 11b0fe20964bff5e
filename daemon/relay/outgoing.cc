#include "relay/outgoing.h"

#include "mail/text_survey.h"

#include <utility>

namespace postern::relay {
namespace {

// Below it a message is worked on between two others; above it would hold up what else the event loop has to do.
constexpr std::uint64_t kLarge = 128 * std::uint64_t{1024};

}  // namespace

TextWork text_work(const mail::Envelope& envelope, bool edits) {
  if (!envelope.text) return TextWork::survey;
  const mail::TextFacts& facts = *envelope.text;
  // 8-bit text goes through where the server takes it, but it must say what it is (RFC 2045 6.1), and fields of parts
  // in it may hold some, too.
  if (facts.long_lines || facts.eight_bit_body || facts.eight_bit_header) return TextWork::survey;
  return edits ? TextWork::fields : TextWork::none;
}

/// The jobs of the threads share it with the message.
struct Outgoing::Work {
  Work(const mail::TextPlan& plan, const Terms& terms) : rewriter(plan, terms.rules, terms.edit) {}
  mail::TextRewriter rewriter;
};

Outgoing::Outgoing(mail::Message& stored, Terms terms) : stored_(stored), terms_(std::move(terms)) {}

bool Outgoing::elsewhere() const { return terms_.threads && stored_.envelope().size >= kLarge; }

Task<Result<void>> Outgoing::prepare() {
  const mail::Envelope& envelope = stored_.envelope();
  const TextWork work = text_work(envelope, static_cast<bool>(terms_.edit));
  if (work == TextWork::none) co_return Result<void>();
  if (work == TextWork::survey) {
    Result<mail::TextPlan> found = co_await survey();
    if (!found) co_return found.error();
    plan_ = std::move(*found);
  }
  if (!plan_.identity || terms_.edit) work_ = std::make_shared<Work>(plan_, terms_);
  co_return Result<void>();
}

Task<Result<mail::TextPlan>> Outgoing::survey() {
  const auto survey = std::make_shared<mail::TextSurvey>(terms_.rules, terms_.edit);
  stored_.rewind();
  for (;;) {
    const auto piece = co_await stored_.read();
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    if (!elsewhere()) {
      survey->feed(*piece);
      continue;
    }
    auto job = [survey, text = std::string(*piece)] {
      survey->feed(text);
      return Result<std::string>(std::string());
    };
    const auto fed = co_await terms_.threads(std::move(job));
    if (!fed) co_return fed.error();
  }
  co_return survey->finish();
}

void Outgoing::rewind() {
  stored_.rewind();
  ended_ = false;
  if (work_) work_ = std::make_shared<Work>(plan_, terms_);
}

Task<Result<std::string>> Outgoing::rewrite(std::string_view piece) {
  if (!elsewhere()) {
    std::string out;
    work_->rewriter.feed(piece, out);
    co_return out;
  }
  auto job = [work = work_, text = std::string(piece)] {
    std::string out;
    work->rewriter.feed(text, out);
    return Result<std::string>(std::move(out));
  };
  co_return co_await terms_.threads(std::move(job));
}

Task<Result<std::string_view>> Outgoing::read() {
  if (!work_) co_return co_await stored_.read();
  while (!ended_) {
    const auto piece = co_await stored_.read();
    if (!piece) co_return piece.error();
    piece_.clear();
    if (piece->empty()) {
      ended_ = true;
      work_->rewriter.finish(piece_);
    } else {
      auto rewritten = co_await rewrite(*piece);
      if (!rewritten) co_return rewritten.error();
      piece_ = std::move(*rewritten);
    }
    // What is kept back for more, such as a header that goes on, makes no piece yet; an empty one would be the end.
    if (!piece_.empty()) co_return std::string_view(piece_);
  }
  co_return std::string_view();
}

}  // namespace postern::relay
