#include "spool/draft.h"

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

#include <fcntl.h>

#include <utility>

namespace postern::spool {
namespace {

// Ids are microseconds and 30 random bits: even one retry is not seen in practice.
constexpr int kIdAttempts = 3;

}  // namespace

Draft::Draft(Spool& spool, mail::Envelope envelope) : places_(spool.places_), envelope_(std::move(envelope)) {
  envelope_.size = 0;
  envelope_.text.emplace();
  auto text = envelope_text(envelope_);
  if (!text) {
    refused_ = text.error();
    return;
  }
  place_ = text->size();
  buffer_ = std::move(*text);
  buffer_ += checksum_text(std::string(Sha256::kHexLength, '0'));
}

Draft::~Draft() {
  if (!committed_) abandon();
}

void Draft::add(std::string_view text) {
  buffer_ += text;
  facts_.feed(text);
  envelope_.size += text.size();
}

std::optional<std::string_view> Draft::text() const {
  if (!in_memory_ || buffer_.size() != place_ + kChecksumText + envelope_.size) return std::nullopt;
  return std::string_view(buffer_).substr(place_ + kChecksumText);
}

Result<void> Draft::open_tmp() {
  for (int attempt = 1;; ++attempt) {
    auto file =
        File::open(places_->disk, places_->fd(Area::tmp), envelope_.id.str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) {
      if (file.error().failure != Failure::exists || attempt == kIdAttempts) return file.error();
      make_new_id();
      continue;
    }
    file_ = std::move(*file);
    has_tmp_name_ = true;
    return {};
  }
}

void Draft::make_new_id() {
  envelope_.id =
      QueueId::make(std::chrono::time_point_cast<std::chrono::microseconds>(envelope_.accepted), random_number());
}

Result<void> Draft::spill() {
  in_memory_ = false;
  if (refused_) return *refused_;
  auto done = write_buffer();
  // Part of it may be in the file: nothing may follow that.
  if (!done) refused_ = done.error();
  return done;
}

Result<void> Draft::write_buffer() {
  std::string_view text = buffer_;
  if (!file_) {
    if (auto opened = open_tmp(); !opened) return opened.error();
    text.remove_prefix(place_ + kChecksumText);
  }
  sha_.update(text);
  if (auto done = file_.write_all(buffer_); !done) return done.error();
  written_ += buffer_.size();
  // An envelope of many recipients made it large.
  if (buffer_.capacity() > 4 * kPiece) buffer_ = std::string();
  buffer_.clear();
  return {};
}

Result<void> Draft::commit(std::uint64_t wire_size, mail::BodyType body) {
  if (refused_) return *refused_;
  envelope_.wire_size = wire_size;
  envelope_.body = body;
  envelope_.text = facts_.facts();
  if (auto done = finish(); !done) {
    refused_ = done.error();
    abandon();
    return done;
  }
  committed_ = true;
  return {};
}

Result<void> Draft::finish() {
  auto done = file_ ? write_rest() : write_whole();
  return done ? publish() : done;
}

/// Everything is in memory: one write of the finished file. A clash of names makes a new id and starts over.
Result<void> Draft::write_whole() {
  for (int attempt = 1;; ++attempt) {
    if (auto opened = open_tmp(); !opened) return opened.error();
    auto text = envelope_text(envelope_);
    if (!text) return text.error();
    const std::size_t head = place_ + kChecksumText;
    if (text->size() != place_) return Error{Failure::invalid, "a message too large for the spool's format"};
    const std::string sum = checksum(std::string_view(buffer_).substr(head), *text);
    buffer_.replace(0, head, *text + checksum_text(sum));
    if (auto written = file_.write_all(buffer_); !written) return written.error();
    written_ = buffer_.size();
    auto renamed = move_to_queue();
    if (renamed) return {};
    if (renamed.error().failure != Failure::exists || attempt == kIdAttempts) return renamed.error();
    abandon();
    make_new_id();
  }
}

/// The text is on its way to the disk already: the last piece, then the envelope over its place.
Result<void> Draft::write_rest() {
  if (auto done = write_buffer(); !done) return done.error();
  auto text = envelope_text(envelope_);
  if (!text) return text.error();
  if (text->size() != place_) return Error{Failure::invalid, "a message too large for the spool's format"};
  sha_.update(*text);
  *text += checksum_text(hex(sha_.finish()));
  if (auto done = file_.pwrite_all(*text, 0); !done) return done.error();
  return move_to_queue();
}

Result<void> Draft::move_to_queue() {
  Disk& disk = places_->disk;
  const std::string name = envelope_.id.str();
  auto renamed = disk.rename(places_->fd(Area::tmp), name, places_->fd(Area::queue), name);
  if (renamed || renamed.error().failure == Failure::exists) return renamed;
  // It may have both names now (see rename.h), and then loses both. Where nobody can tell, the name is ours: one that
  // was there before would have been said.
  const auto there = disk.info(places_->fd(Area::queue), name);
  const auto ours = disk.info(file_.get());
  const bool anothers = there && ours && there->inode != ours->inode;
  has_queue_name_ = !anothers && (there || there.error().failure != Failure::not_found);
  return renamed;
}

// The name comes before the sync so that both are in one journal commit; that the file is whole can be seen in it.
Result<void> Draft::publish() {
  has_tmp_name_ = false;
  has_queue_name_ = true;
  if (auto synced = places_->disk.fdatasync(file_.get()); !synced) return synced.error();
  if (auto closed = file_.close(); !closed) return closed.error();
  auto synced = places_->sync(Area::queue);
  queue_unsynced_ = !synced;
  return synced;
}

void Draft::abandon() {
  (void)file_.close();
  if (std::exchange(has_tmp_name_, false)) (void)places_->disk.unlink(places_->fd(Area::tmp), envelope_.id.str());
  if (!std::exchange(has_queue_name_, false)) return;
  const auto gone = places_->disk.unlink(places_->fd(Area::queue), envelope_.id.str());
  if (gone || gone.error().failure == Failure::not_found) {
    // The name may be on the disk already; whoever was refused comes again, and must not find it back after a crash.
    if (!queue_unsynced_) (void)places_->sync(Area::queue);
    return;
  }
  log(Level::error, "a message that was refused cannot be removed: the next start would deliver it",
      {{"id", envelope_.id.text()},
       {"why", gone.error().text},
       {"file", places_->path + "/queue/" + envelope_.id.str()}});
}

}  // namespace postern::spool
