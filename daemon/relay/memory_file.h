// The MemoryStore on disk: one small text file, so that it can be read and simply deleted.
//
//   postern-memory 1
//   site=smtp.example.com:465%20alerts@example.com mechanism=SCRAM-SHA-256 secret=... since=1764000000 tls=TLSv1.3
//     weaker_tls= null_sender= offered=SCRAM-SHA-256,PLAIN weaker=
//
// (in one line). See SiteMemory.
// Everything in it can be learnt again: a damaged file is ignored with a warning and replaced, and what cannot be
// written is only warned of.
#pragma once

#include "relay/site_memory.h"

#include <functional>
#include <memory>
#include <string>

namespace postern::relay {

class MemoryFile final : public MemoryStore {
 public:
  /// Runs a job that blocks, not on the event loop; whether soon or not at all at the stop is the same to us.
  using Background = std::function<void(std::function<void()> job)>;

  /// Reads the file, which need not exist: blocking, for the start.
  MemoryFile(std::string path, Background background);
  ~MemoryFile() override;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] SiteMemory recall(const std::string& key) const override;
  /// Nothing is written if nothing is new; many changes in a short time are written together.
  void keep(const std::string& key, SiteMemory memory) override;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with a job under way
  Background background_;
};

}  // namespace postern::relay
