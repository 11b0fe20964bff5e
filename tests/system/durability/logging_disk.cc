// logging-disk IMAGE LOG MOUNTPOINT: a disk in a file whose every write and flush is logged, so that a power loss can
// be replayed at any moment (disks.py). A FUSE file system with three files:
//
//   disk   the block image; put a loop device on it
//   mark   a line written here becomes a record between the writes around it
//   ctl    "eio_write 1", "eio_flush 1", "delay MS": faults from now on
//
// A log record is: type (W, F or M), three zero bytes, length (u32), offset (u64), the bytes; little endian.
#define FUSE_USE_VERSION 31
#include <fuse3/fuse.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr std::string_view kDisk = "/disk";
constexpr std::string_view kMark = "/mark";
constexpr std::string_view kControl = "/ctl";

struct Record {
  char type;
  std::array<char, 3> zero;
  std::uint32_t length;
  std::uint64_t offset;
};
static_assert(sizeof(Record) == 16);

class LoggingDisk {
 public:
  LoggingDisk(const char* image, const char* log)
      : image_(::open(image, O_RDWR | O_CLOEXEC)),
        log_(::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) {
    struct stat found{};
    if (image_ < 0 || log_ < 0 || ::fstat(image_, &found) != 0) {
      std::perror("logging-disk");
      std::exit(1);
    }
    size = found.st_size;
  }

  int read(std::string_view path, char* into, std::size_t length, off_t offset) const {
    if (path != kDisk) return 0;
    const ssize_t done = ::pread(image_, into, length, offset);
    return done < 0 ? -errno : static_cast<int>(done);
  }

  int write(std::string_view path, std::string_view bytes, off_t offset) {
    if (path == kMark) {
      const std::scoped_lock lock(mutex_);
      put('M', 0, bytes);
      return static_cast<int>(bytes.size());
    }
    if (path == kControl) return control(std::string(bytes));
    wait();
    if (eio_write_) return -EIO;
    const std::scoped_lock lock(mutex_);
    put('W', static_cast<std::uint64_t>(offset), bytes);
    const ssize_t done = ::pwrite(image_, bytes.data(), bytes.size(), offset);
    return done < 0 ? -errno : static_cast<int>(done);
  }

  int flush() {
    wait();
    if (eio_flush_) return -EIO;
    const std::scoped_lock lock(mutex_);
    put('F', 0, {});
    return 0;
  }

  off_t size = 0;

 private:
  int control(const std::string& line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos) return -EINVAL;
    const std::string name = line.substr(0, blank);
    const int value = std::atoi(line.c_str() + blank);
    if (name == "eio_write") {
      eio_write_ = value != 0;
    } else if (name == "eio_flush") {
      eio_flush_ = value != 0;
    } else if (name == "delay") {
      delay_ = value;
    } else {
      return -EINVAL;
    }
    return static_cast<int>(line.size());
  }

  void wait() const {
    if (delay_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_));
  }

  void put(char type, std::uint64_t offset, std::string_view bytes) const {
    const Record record{type, {}, static_cast<std::uint32_t>(bytes.size()), offset};
    std::string whole(sizeof record, '\0');
    std::memcpy(whole.data(), &record, sizeof record);
    whole += bytes;
    // A log with a hole in it would prove nothing.
    if (::write(log_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) std::abort();
  }

  std::mutex mutex_;
  int image_;
  int log_;
  std::atomic<bool> eio_write_ = false;
  std::atomic<bool> eio_flush_ = false;
  std::atomic<int> delay_ = 0;
};

LoggingDisk& disk() { return *static_cast<LoggingDisk*>(fuse_get_context()->private_data); }

int get_attributes(const char* path, struct stat* found, fuse_file_info*) {
  *found = {};
  found->st_nlink = 1;
  found->st_mode = S_IFREG | 0600;
  const std::string_view name(path);
  if (name == "/") {
    found->st_mode = S_IFDIR | 0700;
    found->st_nlink = 2;
  } else if (name == kDisk) {
    found->st_size = disk().size;
  } else if (name != kMark && name != kControl) {
    return -ENOENT;
  }
  return 0;
}

int open_file(const char* path, fuse_file_info* info) {
  if (path != kDisk) info->direct_io = 1;
  return 0;
}

int truncate_file(const char*, off_t, fuse_file_info*) { return 0; }

int read_file(const char* path, char* into, std::size_t length, off_t offset, fuse_file_info*) {
  return disk().read(path, into, length, offset);
}

int write_file(const char* path, const char* bytes, std::size_t length, off_t offset, fuse_file_info*) {
  return disk().write(path, {bytes, length}, offset);
}

int sync_file(const char*, int, fuse_file_info*) { return disk().flush(); }

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: logging-disk IMAGE LOG MOUNTPOINT\n", stderr);
    return 64;
  }
  LoggingDisk disk(arguments[1], arguments[2]);
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.open = open_file;
  operations.truncate = truncate_file;
  operations.read = read_file;
  operations.write = write_file;
  operations.fsync = sync_file;
  std::string foreground = "-f";
  std::array<char*, 4> rest = {arguments[0], foreground.data(), arguments[3], nullptr};
  return fuse_main(3, rest.data(), &operations, &disk);
}
