#include "support/memory_disk.h"

#include "spool/rename.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>

namespace postern::test {

using spool::FileInfo;
using spool::Space;

/// What the spool's way around a rename is made of, with the disk's lock held.
class MemoryDisk::Names final : public spool::NameCalls {
 public:
  explicit Names(MemoryDisk& disk) : disk_(disk) {}
  int rename_no_replace(int, const char*, int, const char*) override { return failed(EINVAL); }
  int link(int from, const char* name, int to, const char* new_name) override {
    if (auto error = disk_.enter("link")) return failed(error->code);
    Node* source = disk_.directory_of(from);
    Node* target = disk_.directory_of(to);
    if (!source->names.contains(name)) return failed(ENOENT);
    if (target->names.contains(new_name)) return failed(EEXIST);
    set_name(*target, new_name, source->names.at(name));
    return 0;
  }
  int unlink(int directory, const char* name) override {
    if (auto error = disk_.enter("unlink")) return failed(error->code);
    Node* place = disk_.directory_of(directory);
    if (!place->names.contains(name)) return failed(ENOENT);
    set_name(*place, name, nullptr);
    return 0;
  }

 private:
  static int failed(int error) {
    errno = error;
    return -1;
  }
  MemoryDisk& disk_;
};

std::uint64_t MemoryDisk::Node::next_inode() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

MemoryDisk::MemoryDisk() : root_(std::make_shared<Node>()) { root_->directory = true; }

void MemoryDisk::heal() {
  const std::scoped_lock lock(mutex_);
  begin_anew();
}

void MemoryDisk::begin_anew() {
  calls_ = fail_at_ = short_at_ = crash_after_ = 0;
  no_unlinks_ = false;
}

void MemoryDisk::refuse_unlinks() {
  const std::scoped_lock lock(mutex_);
  no_unlinks_ = true;
}

void MemoryDisk::fail_at(std::size_t nth, int error_number) {
  const std::scoped_lock lock(mutex_);
  begin_anew();
  fail_at_ = nth;
  error_number_ = error_number;
}

void MemoryDisk::short_write_at(std::size_t nth, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  begin_anew();
  short_at_ = nth;
  short_bytes_ = bytes;
}

void MemoryDisk::crash_after(std::size_t nth) {
  const std::scoped_lock lock(mutex_);
  begin_anew();
  crash_after_ = nth;
}

std::size_t MemoryDisk::calls_of(const std::string& call) const {
  const auto count = counts_.find(call);
  return count == counts_.end() ? 0 : count->second;
}

std::optional<Error> MemoryDisk::enter(const std::string& call) {
  ++calls_;
  ++counts_[call];
  if (calls_ == fail_at_) return system_error(error_number_, call);
  if (no_unlinks_ && call == "unlink") return system_error(EPERM, call);
  if (crash_after_ != 0 && calls_ > crash_after_) return system_error(EIO, call + " after the crash");
  return std::nullopt;
}

std::size_t MemoryDisk::taken(std::size_t bytes) const {
  return calls_ == short_at_ ? std::min(bytes, short_bytes_) : bytes;
}

MemoryDisk::Node* MemoryDisk::directory_of(int directory) {
  return directory == spool::kNoDirectory ? root_.get() : handles_.at(directory).node.get();
}

MemoryDisk::NodePtr MemoryDisk::node_at(const std::string& path) const {
  NodePtr node = root_;
  for (std::size_t at = 0; at < path.size() && node;) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const auto next = node->names.find(path.substr(at, end - at));
    node = next == node->names.end() ? nullptr : next->second;
    at = end + 1;
  }
  return node;
}

void MemoryDisk::set_name(Node& directory, const std::string& name, NodePtr node) {
  auto& history = directory.unsynced[name];
  if (history.empty()) history.push_back(directory.names.contains(name) ? directory.names[name] : nullptr);
  history.push_back(node);
  if (node) {
    directory.names[name] = std::move(node);
  } else {
    directory.names.erase(name);
  }
}

Result<int> MemoryDisk::open(int directory, const std::string& name, int flags, mode_t) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("open")) return *error;
  Node* place = directory_of(directory);
  const auto found = place->names.find(name);
  NodePtr node = found == place->names.end() ? nullptr : found->second;
  if (node && (flags & O_EXCL) != 0) return system_error(EEXIST, "open");
  if (!node && (flags & O_CREAT) == 0) return system_error(ENOENT, "open");
  if (!node) {
    node = std::make_shared<Node>();
    set_name(*place, name, node);
  }
  const int fd = next_fd_++;
  Handle handle;
  handle.node = node;
  handle.flags = flags;
  handles_[fd] = handle;
  return fd;
}

// As on Linux, the descriptor is gone even where close fails.
Result<void> MemoryDisk::close(int fd) {
  const std::scoped_lock lock(mutex_);
  const auto error = enter("close");
  if (handles_.at(fd).holds_lock) handles_.at(fd).node->locked = false;
  handles_.erase(fd);
  if (error) return *error;
  return {};
}

Result<std::size_t> MemoryDisk::write(int fd, std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("write")) return *error;
  Handle& handle = handles_.at(fd);
  if ((handle.flags & O_APPEND) != 0) handle.position = handle.node->data.size();
  bytes = bytes.substr(0, taken(bytes.size()));
  std::string& data = handle.node->data;
  data.resize(std::max<std::size_t>(data.size(), handle.position + bytes.size()));
  data.replace(handle.position, bytes.size(), bytes);
  handle.position += bytes.size();
  return bytes.size();
}

Result<std::size_t> MemoryDisk::pwrite(int fd, std::string_view bytes, std::uint64_t offset) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("pwrite")) return *error;
  bytes = bytes.substr(0, taken(bytes.size()));
  std::string& data = handles_.at(fd).node->data;
  data.resize(std::max<std::size_t>(data.size(), offset + bytes.size()));
  data.replace(offset, bytes.size(), bytes);
  return bytes.size();
}

Result<std::size_t> MemoryDisk::pread(int fd, std::span<char> into, std::uint64_t offset) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("pread")) return *error;
  const std::string& data = handles_.at(fd).node->data;
  if (offset >= data.size()) return std::size_t{0};
  return data.copy(into.data(), into.size(), offset);
}

Result<void> MemoryDisk::truncate(int fd, std::uint64_t size) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("truncate")) return *error;
  handles_.at(fd).node->data.resize(size);
  return {};
}

Result<void> MemoryDisk::sync(int fd, bool ignored) {
  Handle& handle = handles_.at(fd);
  if (!handle.node->directory) retried_sync_ = retried_sync_ || handle.sync_failed;
  if (ignored) return {};
  handle.node->durable = handle.node->data;
  handle.node->unsynced.clear();
  return {};
}

Result<void> MemoryDisk::fdatasync(int fd) {
  const std::scoped_lock lock(mutex_);
  const auto error = enter("fdatasync");
  if (error) {
    retried_sync_ = retried_sync_ || handles_.at(fd).sync_failed;
    handles_.at(fd).sync_failed = true;
    return *error;
  }
  return sync(fd, ignore_fdatasync_);
}

Result<void> MemoryDisk::fsync(int fd) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("fsync")) return *error;
  return sync(fd, ignore_fsync_);
}

Result<void> MemoryDisk::rename(int from, const std::string& name, int to, const std::string& new_name) {
  const std::scoped_lock lock(mutex_);
  if (by_links_) {
    Names names(*this);
    return spool::rename_no_replace(names, from, name, to, new_name);
  }
  if (auto error = enter("rename")) return *error;
  Node* source = directory_of(from);
  Node* target = directory_of(to);
  const auto found = source->names.find(name);
  if (found == source->names.end()) return system_error(ENOENT, "rename");
  if (target->names.contains(new_name)) return system_error(EEXIST, "rename");
  const NodePtr node = found->second;
  set_name(*source, name, nullptr);
  set_name(*target, new_name, node);
  return {};
}

Result<void> MemoryDisk::unlink(int directory, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("unlink")) return *error;
  Node* place = directory_of(directory);
  if (!place->names.contains(name)) return system_error(ENOENT, "unlink");
  set_name(*place, name, nullptr);
  return {};
}

Result<void> MemoryDisk::mkdir(int directory, const std::string& name, mode_t) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("mkdir")) return *error;
  Node* place = directory_of(directory);
  if (place->names.contains(name)) return system_error(EEXIST, "mkdir");
  auto node = std::make_shared<Node>();
  node->directory = true;
  place->names[name] = node;  // start-up is not what is crashed: a directory stays
  return {};
}

Result<FileInfo> MemoryDisk::info(int fd) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("info")) return *error;
  const Node& node = *handles_.at(fd).node;
  return FileInfo{!node.directory, node.data.size(), node.modified, node.inode};
}

Result<FileInfo> MemoryDisk::info(int directory, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("info")) return *error;
  const Node* place = directory_of(directory);
  const auto found = place->names.find(name);
  if (found == place->names.end()) return system_error(ENOENT, "stat");
  const Node& node = *found->second;
  return FileInfo{!node.directory, node.data.size(), node.modified, node.inode};
}

Result<void> MemoryDisk::set_modified(int directory, const std::string& name, WallTime time) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("set_modified")) return *error;
  const Node* place = directory_of(directory);
  const auto found = place->names.find(name);
  if (found == place->names.end()) return system_error(ENOENT, "utimens");
  found->second->modified = time;
  return {};
}

Result<std::vector<std::string>> MemoryDisk::list(int directory) {
  const std::scoped_lock lock(mutex_);
  if (auto error = enter("list")) return *error;
  std::vector<std::string> names;
  for (const auto& [name, node] : directory_of(directory)->names) names.push_back(name);
  return names;
}

Result<Space> MemoryDisk::space(int) {
  const std::scoped_lock lock(mutex_);
  ++space_asked_;
  return space_;  // a question, and no boundary of a crash
}

Result<void> MemoryDisk::lock(int fd) {
  const std::scoped_lock guard(mutex_);
  if (auto error = enter("lock")) return *error;
  Handle& handle = handles_.at(fd);
  if (handle.node->locked) return Error{Failure::busy, "lock: held by another process", EWOULDBLOCK};
  handle.node->locked = true;
  handle.holds_lock = true;
  return {};
}

std::vector<std::string> MemoryDisk::names(const std::string& directory) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  if (const NodePtr node = node_at(directory)) {
    for (const auto& [name, child] : node->names) names.push_back(name);
  }
  return names;
}

std::string MemoryDisk::content(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const NodePtr node = node_at(path);
  return node ? node->data : std::string();
}

void MemoryDisk::put(const std::string& path, std::string content) {
  const std::scoped_lock lock(mutex_);
  const std::size_t slash = path.rfind('/');
  auto node = std::make_shared<Node>();
  node->data = node->durable = std::move(content);
  node_at(path.substr(0, slash))->names[path.substr(slash + 1)] = node;
}

/// None, all, or part of what was written since the last sync, or its length without its bytes.
std::vector<std::string> MemoryDisk::survivors(const Node& file) {
  std::vector<std::string> states = {file.durable};
  if (file.data == file.durable) return states;
  states.push_back(file.data);
  const std::size_t kept = std::min(file.durable.size(), file.data.size());
  const std::size_t half = kept + (file.data.size() - kept) / 2;
  states.push_back(file.data.substr(0, half));
  states.push_back(file.durable.substr(0, kept) + std::string(file.data.size() - kept, '\0'));
  // What is durable is not written anew, and stays.
  if (file.data.size() > 64 && file.durable.size() < 64) states.push_back(std::string(64, '\0') + file.data.substr(64));
  return states;
}

void MemoryDisk::collect(const NodePtr& node, std::vector<NodePtr>& all) {
  if (!node || std::ranges::find(all, node) != all.end()) return;
  all.push_back(node);
  for (const auto& [name, child] : node->names) collect(child, all);
  for (const auto& [name, history] : node->unsynced) {
    for (const NodePtr& child : history) collect(child, all);
  }
}

/// One for each unsynced name and each dirty file.
std::vector<MemoryDisk::Choice> MemoryDisk::choices(const std::vector<NodePtr>& nodes) {
  std::vector<Choice> choices;
  for (const NodePtr& node : nodes) {
    if (!node->directory) choices.push_back({node.get(), {}, survivors(*node).size()});
    for (const auto& [name, history] : node->unsynced) choices.push_back({node.get(), name, history.size()});
  }
  return choices;
}

std::unique_ptr<MemoryDisk> MemoryDisk::left(const std::vector<NodePtr>& nodes, const std::vector<Choice>& choices,
                                             const std::function<std::size_t(std::size_t)>& choose) const {
  auto disk = std::make_unique<MemoryDisk>();
  Copies copies;
  for (const NodePtr& node : nodes) {
    copies[node.get()] = std::make_shared<Node>();
    copies[node.get()]->directory = node->directory;
  }
  for (const NodePtr& node : nodes) {
    for (const auto& [name, child] : node->names) copies[node.get()]->names[name] = copies[child.get()];
  }
  for (const Choice& choice : choices) {
    const std::size_t chosen = choose(choice.radix);
    Node& copy = *copies[choice.node];
    if (choice.name.empty()) {
      copy.data = copy.durable = survivors(*choice.node)[chosen];
      continue;
    }
    const NodePtr& kept = choice.node->unsynced.at(choice.name)[chosen];
    copy.names.erase(choice.name);
    if (kept) copy.names[choice.name] = copies[kept.get()];
  }
  disk->root_ = copies[root_.get()];
  return disk;
}

std::vector<std::unique_ptr<MemoryDisk>> MemoryDisk::after_crash() const {
  const std::scoped_lock lock(mutex_);
  std::vector<NodePtr> nodes;
  collect(root_, nodes);
  // A counter with the choices as radices runs through all combinations.
  const std::vector<Choice> open = choices(nodes);
  std::size_t combinations = 1;
  for (const Choice& choice : open) combinations *= choice.radix;
  std::vector<std::unique_ptr<MemoryDisk>> disks;
  for (std::size_t combination = 0; combination < combinations; ++combination) {
    std::size_t rest = combination;
    disks.push_back(
        left(nodes, open, [&rest](std::size_t radix) { return std::exchange(rest, rest / radix) % radix; }));
  }
  return disks;
}

std::unique_ptr<MemoryDisk> MemoryDisk::one_after_crash(const std::function<std::size_t(std::size_t)>& choose) const {
  const std::scoped_lock lock(mutex_);
  std::vector<NodePtr> nodes;
  collect(root_, nodes);
  return left(nodes, choices(nodes), choose);
}

}  // namespace postern::test
