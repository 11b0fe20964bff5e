// postern-drop: stores one message in the drop directory while the daemon cannot be reached. See sendmail(1).
//
// The only privileged program of Postern: set-gid to the group of the drop directory. It takes a frame (the format is
// described in daemon/smtp/drop_frame.h) on standard input and nothing else: no option, no configuration, no
// environment, no locale. The file appears in the directory when it is complete and on stable storage, or not at all.
//
// Exit status: 0 stored, 65 standard input holds no whole frame, 75 it cannot be stored now, 77 the drop directory may
// not be opened.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#define DIRECTORY POSTERN_SPOOL_DIR "/drop"

static const uint64_t kLargestMessage = 50ULL << 20U;
// What stays free, so that the daemon can copy each message into its queue before it removes the file
// (daemon/queue/free_space.h). It has a reserve of 32 MiB and 1000 inodes; above that a part is for root's mail alone,
// a fortieth of the file system, 4 to 256 MiB, 25000 inodes at most; and of whoever else has nothing in the queue it
// takes no more than half of what is left above both. With the largest frame, 58 MiB, that is 32 + 4 + 2 * 58 MiB and
// the fortieth.
static const uint64_t kReservedBytes = 152ULL << 20U;
static const uint64_t kReservedInodes = 2000;
static const uint64_t kDaemonsPart = 40;
static const uint64_t kDaemonsMostBytes = 256ULL << 20U;
static const uint64_t kDaemonsMostInodes = 25000;
// What stays free of root's messages: 32 + 58 MiB, and as much as others may write beside it in a moment.
static const uint64_t kRootsReservedBytes = 96ULL << 20U;
static const uint64_t kRootsReservedInodes = 1500;
// The last part above the reserve is for those who have no more in the directory than is left of it.
static const uint64_t kLastBytes = 64ULL << 20U;
static const uint64_t kLastInodes = 2000;
// Who has no more than this has it to the end of the last part.
static const uint64_t kLittle = (1ULL << 20U) + (64ULL << 10U);
static const uint64_t kBlock = 512;  // of st_blocks, see inode(7)
enum {
  kLargestCommands = 8 << 20,
  kLongestLine = 2048,
  kMostRecipients = 65536,
  kHead = 37,  // "postern-drop 1 0000000123 0000012345\n"
  kTail = 13,  // "end 1a2b3c4d\n"
  kName = 32,
  kPatience = 60,  // seconds for all of standard input, which sendmail has in memory
};

static char commands[kLargestCommands];
static char piece[65536];
static uint32_t crc = 0xFFFFFFFFU;
static int directory = -1;
static int file = -1;
// A name in the directory that must not stay if we fail; empty where the file has none yet.
static char temporary[4 + kName + 1];

// The file is closed before it loses its name, and both before anything is said: while somebody holds us up, by a
// signal or by a pipe that takes no words, nothing takes room that does not count for its owner.
static void give_up_file(void) {
  if (file >= 0) close(file);
  if (temporary[0] != '\0') unlinkat(directory, temporary, 0);
}

static _Noreturn void end(int status, const char* what, const char* why) {
  give_up_file();
  dprintf(STDERR_FILENO, "postern-drop: %s%s%s; nothing was stored\n", what, why[0] != '\0' ? ": " : "", why);
  _exit(status);
}

static _Noreturn void refuse(const char* what) { end(EX_DATAERR, "standard input is no whole message", what); }
static _Noreturn void fail(const char* what) { end(EX_TEMPFAIL, what, strerror(errno)); }

static void too_late(int signal_number) {
  (void)signal_number;
  static const char kWords[] = "postern-drop: standard input takes too long; nothing was stored\n";
  give_up_file();
  const ssize_t said = write(STDERR_FILENO, kWords, sizeof kWords - 1);
  (void)said;
  _exit(EX_TEMPFAIL);
}

// Whatever the caller left behind: descriptors, signals, limits, directory.
static void take_control(void) {
  static const char kNobody[] = "/dev/null";
  for (int fd = 0; fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // Input that was closed gets a descriptor that cannot be read: it is not an empty input.
    if (open(kNobody, O_WRONLY) != fd) _exit(EX_TEMPFAIL);
  }
  if (close_range(3, ~0U, 0) != 0) {
    for (int fd = 3; fd < 65536; ++fd) close(fd);
  }
  umask(0);
  if (chdir("/") != 0) fail("/");
  signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error of write(2)
  signal(SIGPIPE, SIG_IGN);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sigset_t alarms;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  signal(SIGALRM, too_late);
  sigprocmask(SIG_UNBLOCK, &alarms, NULL);
}

static void open_directory(void) {
  directory = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory >= 0) return;
  if (errno == EACCES || errno == EPERM) {
    end(EX_NOPERM, DIRECTORY,
        "permission denied: the set-gid bit of this program is not in force (no_new_privs, nosuid, or a wrong mode)");
  }
  fail(DIRECTORY);
}

struct room {
  uint64_t bytes;
  uint64_t inodes;
};

static uint64_t beyond(uint64_t free, uint64_t reserved) { return free > reserved ? free - reserved : 0; }
static uint64_t least(uint64_t one, uint64_t other) { return one < other ? one : other; }

// What is free above the reserve.
static struct room free_room(void) {
  struct statvfs space;
  if (fstatvfs(directory, &space) != 0) fail(DIRECTORY);
  struct room kept = {kRootsReservedBytes, kRootsReservedInodes};
  if (getuid() != 0) {
    kept.bytes = kReservedBytes + least(space.f_blocks * space.f_frsize / kDaemonsPart, kDaemonsMostBytes);
    kept.inodes = kReservedInodes + least(space.f_files / kDaemonsPart, kDaemonsMostInodes);
  }
  struct room room;
  room.bytes = beyond(space.f_bavail * space.f_frsize, kept.bytes);
  room.inodes = beyond(space.f_favail, kept.inodes);
  if (space.f_files == 0) room.inodes = UINT64_MAX;  // a file system without a fixed number
  return room;
}

static void make_name(char* name) {
  unsigned char random[kName / 2];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) fail("no random number");
  for (size_t i = 0; i < sizeof random; ++i) {
    name[2 * i] = "0123456789abcdef"[random[i] >> 4U];
    name[2 * i + 1] = "0123456789abcdef"[random[i] & 15U];
  }
  name[kName] = '\0';
}

// Without a name, so that nothing stays wherever we are killed. Where that cannot be had, and in the last part of the
// disk, under a name that the daemon leaves alone, and clears away when it is old and nobody writes it.
static void open_file(void) {
  if (access("/proc/self/fd", F_OK) == 0) {
    file = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0604);
    if (file < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) fail(DIRECTORY);
  }
  if (file < 0) {
    char name[sizeof temporary] = "tmp.";
    make_name(name + 4);
    file = openat(directory, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0604);
    if (file < 0) fail(DIRECTORY);
    memcpy(temporary, name, sizeof temporary);
  }
  // Shows the daemon that somebody still writes it, however old it is. Without a lock it is cleared away in an hour.
  const int locked = flock(file, LOCK_EX | LOCK_NB);
  (void)locked;
  // Neither the group, which every helper has, nor anybody who finds the file: only its owner and, as one of the
  // others, the daemon. An access list that the directory hands down changes nothing of it.
  if (fchmod(file, 0604) != 0) fail(DIRECTORY);
}

// The open file, which has no name yet.
static void link_as(const char* name) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  if (linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW) != 0) fail(DIRECTORY);
}

// From here on it counts for its owner, whoever looks, however long it takes to be written.
static void name_unfinished(void) {
  if (temporary[0] != '\0') return;
  char name[sizeof temporary] = "tmp.";
  make_name(name + 4);
  link_as(name);
  memcpy(temporary, name, sizeof temporary);
}

// What the caller has in the directory, finished or not.
static struct room own_room(void) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const names = copy < 0 ? NULL : fdopendir(copy);
  if (names == NULL) fail(DIRECTORY);
  struct room own = {0, 0};
  for (const struct dirent* name; (name = readdir(names)) != NULL;) {
    struct stat status;
    if (fstatat(directory, name->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_uid != getuid()) continue;
    if (!S_ISREG(status.st_mode)) continue;
    own.bytes += (uint64_t)status.st_blocks * kBlock;
    ++own.inodes;
  }
  closedir(names);
  return own;
}

// With the `rest` of this message nobody has more in the last part than is left of it: half of it at most, the next one
// half of the rest, however many helpers run for a caller. Whoever has little is not refused for it.
static void need_share(uint64_t rest) {
  struct room left = free_room();
  left.bytes = beyond(left.bytes, rest);
  if (left.bytes >= kLastBytes && left.inodes >= kLastInodes) return;
  name_unfinished();
  struct room own = own_room();
  own.bytes += rest;
  if (left.bytes < kLastBytes && own.bytes > left.bytes && own.bytes > kLittle) {
    end(EX_TEMPFAIL, DIRECTORY, "the last free space of the disk is for users who have less there than you");
  }
  if (left.inodes < kLastInodes && own.inodes > left.inodes) {
    end(EX_TEMPFAIL, DIRECTORY, "the last free inodes of the disk are for users who have less there than you");
  }
}

// Asked before anything is written, and behind the reading of what is: others fill the disk at the same time, and a
// caller whose helpers wait for input at once must not have asked for all of them before.
static void need_room_for(uint64_t rest) {
  const struct room room = free_room();
  if (room.bytes < rest) end(EX_TEMPFAIL, DIRECTORY, "the free space of the disk is kept in reserve");
  if (room.inodes == 0) end(EX_TEMPFAIL, DIRECTORY, "the free inodes of the disk are kept in reserve");
  need_share(rest);
}

static void add_to_crc(const char* bytes, size_t size) {
  static uint32_t table[256];
  if (table[1] == 0) {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      table[i] = value;
    }
  }
  for (size_t i = 0; i < size; ++i) crc = table[(crc ^ (unsigned char)bytes[i]) & 0xFFU] ^ (crc >> 8U);
}

static void read_exactly(char* to, size_t size) {
  while (size > 0) {
    const ssize_t count = read(STDIN_FILENO, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("standard input");
    if (count == 0) refuse("it is cut short");
    to += count;
    size -= (size_t)count;
  }
}

static void write_exactly(const char* from, size_t size) {
  while (size > 0) {
    const ssize_t count = write(file, from, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("the message cannot be written");
    from += count;
    size -= (size_t)count;
  }
}

static uint64_t number(const char* digits) {
  uint64_t value = 0;
  for (int i = 0; i < 10; ++i) {
    if (digits[i] < '0' || digits[i] > '9') refuse("its first line");
    value = 10 * value + (uint64_t)(digits[i] - '0');
  }
  return value;
}

static int starts(const char* line, size_t size, const char* with) {
  const size_t length = strlen(with);
  return size >= length && memcmp(line, with, length) == 0;
}

// MAIL, one RCPT or more, DATA: their order, their number, and no control bytes. What they say is the daemon's to
// judge.
static void check_commands(size_t size) {
  size_t lines = 0;
  int ended = 0;
  for (const char *line = commands, *last = commands + size; line < last; ++lines) {
    const char* lf = memchr(line, '\n', (size_t)(last - line));
    if (lf == NULL || lf - line >= kLongestLine || ended) refuse("its envelope");
    const size_t length = (size_t)(lf - line);
    for (size_t i = 0; i < length; ++i) {
      if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F) refuse("a control byte in its envelope");
    }
    ended = lines >= 2 && length == 4 && starts(line, length, "DATA");
    if (!ended && !starts(line, length, lines == 0 ? "MAIL FROM:<" : "RCPT TO:<")) refuse("its envelope");
    line = lf + 1;
  }
  if (!ended) refuse("its envelope has no end");
  if (lines > kMostRecipients + 2) refuse("too many recipients");
}

static void copy_frame(void) {
  read_exactly(piece, kHead);
  if (!starts(piece, kHead, "postern-drop 1 ") || piece[25] != ' ' || piece[36] != '\n') refuse("its first line");
  const uint64_t command_bytes = number(piece + 15);
  const uint64_t message_bytes = number(piece + 26);
  if (command_bytes > sizeof commands) refuse("its envelope is too large");
  if (message_bytes > kLargestMessage) refuse("it is larger than 50 MiB");
  open_file();
  need_room_for(command_bytes + message_bytes);
  add_to_crc(piece, kHead);
  write_exactly(piece, kHead);

  read_exactly(commands, command_bytes);
  check_commands(command_bytes);
  add_to_crc(commands, command_bytes);
  need_room_for(command_bytes + message_bytes);
  write_exactly(commands, command_bytes);

  for (uint64_t left = message_bytes; left > 0;) {
    const size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
    read_exactly(piece, size);
    need_room_for(left);
    add_to_crc(piece, size);
    write_exactly(piece, size);
    left -= size;
  }

  char tail[kTail + 1];
  snprintf(tail, sizeof tail, "end %08x\n", (unsigned)(crc ^ 0xFFFFFFFFU));
  read_exactly(piece, kTail);
  if (memcmp(piece, tail, kTail) != 0) refuse("its checksum");
  write_exactly(tail, kTail);
  ssize_t more = 0;
  do {
    more = read(STDIN_FILENO, piece, 1);
  } while (more < 0 && errno == EINTR);
  if (more < 0) fail("standard input");
  if (more > 0) refuse("something follows its end");
}

// The data first, then the name, then the name on stable storage. A sync that failed is never repeated.
static void publish(void) {
  need_share(0);  // other helpers of this caller may have written since
  if (fsync(file) != 0) fail("the message cannot be synced");
  char name[kName + 1];
  make_name(name);
  if (temporary[0] != '\0') {
    if (renameat(directory, temporary, directory, name) != 0) fail(DIRECTORY);
  } else {
    link_as(name);
  }
  memcpy(temporary, name, sizeof name);  // until it is synced it must not stay
  if (fsync(directory) != 0) fail("the drop directory cannot be synced");
}

int main(void) {
  take_control();
  open_directory();
  alarm(kPatience);
  copy_frame();
  alarm(0);
  publish();
  return EX_OK;
}
