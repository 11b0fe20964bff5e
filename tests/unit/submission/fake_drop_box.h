// A drop directory in memory, and a pick-up that takes from it.
#pragma once

#include "queue/drop_turns.h"
#include "smtp/drop_frame.h"
#include "submission/pickup.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/run.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::submission::dropped {

inline const std::string kId(32, 'a');

inline std::string commands(const std::string& id = kId, const std::string& recipient = "bob@example.com") {
  return "MAIL FROM:<alice> XSUBMISSION=" + id + "\nRCPT TO:<" + recipient + ">\nDATA\n";
}

inline std::string frame(const std::string& lines, const std::string& text = "Subject: hi\n\nbody\n") {
  const smtp::DropFrame parts = smtp::drop_frame(lines, text);
  return parts.head + text + parts.tail;
}

/// Files in memory; wait() ends the pick-up, so that run() is one look.
class FakeBox final : public queue::DropBox {
 public:
  struct Content {
    std::string bytes;
    std::uint32_t uid = 1000;
    std::optional<Failure> open_fails{};
    std::optional<Failure> read_fails{};
    int changed = 0;
  };
  std::map<std::string, Content> files;
  std::vector<std::string> aside;
  bool keeps = true;  ///< what is set aside
  std::optional<Failure> list_fails;
  std::optional<Failure> remove_fails;
  std::vector<Gone> displaced;  ///< by each that is set aside
  std::vector<Gone> old;        ///< refused files that are to be forgotten
  std::vector<WallTime> forgotten;
  std::size_t most = 1000;  ///< of a look
  std::function<void()> on_open = [] {};
  std::function<void()> on_wait = [] {};
  std::vector<Seconds> waits;
  unsigned looks = 1;  ///< until the run ends, those that follow without a wait not counted
  unsigned opened = 0;
  Pickup* pickup = nullptr;
  bool stopped = false;

  Task<Result<Look>> list(Turn turn) override {
    if (list_fails) co_return Error{*list_fails, "no list"};
    queue::DropTurns turns(std::move(turn), most);
    for (const auto& [name, content] : files) {
      turns.add({{Place().changed + Seconds(content.changed), name}, content.uid, content.uid});
    }
    co_return turns.take();
  }
  Task<Result<std::shared_ptr<File>>> open(std::string name, std::uint64_t) override {
    const Content& content = files.at(name);
    ++opened;
    on_open();
    if (content.open_fails) co_return Error{*content.open_fails, "it is no regular file"};
    std::shared_ptr<File> file = std::make_shared<Open>(content);
    co_return file;
  }
  Task<Result<void>> remove(std::string name) override {
    if (remove_fails) co_return Error{*remove_fails, "cannot remove"};
    files.erase(name);
    co_return Result<void>();
  }
  Task<Result<Aside>> set_aside(std::string name) override {
    aside.push_back(name);
    Aside set;
    set.uid = files.at(name).uid;
    if (keeps) set.kept = "refused/" + name;
    set.displaced = displaced;
    files.erase(name);
    co_return set;
  }
  Task<Result<std::vector<Gone>>> forget_refused(WallTime then) override {
    forgotten.push_back(then);
    co_return std::exchange(old, {});
  }
  Task<void> wait(Seconds at_most) override {
    waits.push_back(at_most);
    on_wait();
    if (--looks == 0) pickup->stop();
    co_return;
  }
  void stop() override { stopped = true; }

 private:
  class Open final : public File {
   public:
    explicit Open(Content content) : content_(std::move(content)) {}
    [[nodiscard]] std::uint32_t uid() const override { return content_.uid; }
    [[nodiscard]] std::uint64_t size() const override { return content_.bytes.size(); }
    Task<Result<std::string>> read() override {
      if (content_.read_fails) co_return Error{*content_.read_fails, "cannot read"};
      std::string piece = content_.bytes.substr(at_, 7);
      at_ += piece.size();
      co_return piece;
    }

   private:
    Content content_;
    std::size_t at_ = 0;
  };
};

struct Place {
  FakeBox box;
  test::FakeQueue queue;
  test::FakeClock clock;
  SubmissionMemory memory;
  std::shared_ptr<Config> config = std::make_shared<Config>();
  Pickup pickup{box, queue, clock, memory, [this] { return config; }};

  Place() {
    config->hostname = "mx.example.net";
    config->domain = "example.net";
    config->aliases = {{"root", {"admin@example.com"}}};
    box.pickup = &pickup;
  }
  void run(unsigned looks = 1) {
    box.looks = looks;
    test::run(pickup.run());
  }
};

}  // namespace postern::submission::dropped
