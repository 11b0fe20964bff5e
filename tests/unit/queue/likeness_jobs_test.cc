// Mails of jobs as they are on real machines: which of them are one storm, and which are not.
#include "queue/likeness.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {
namespace {

struct Job {
  std::string_view name;
  std::string_view subject;
  std::string_view text;
  std::vector<std::string_view> alike;  ///< what it writes when it says that once more ...
  std::vector<std::string_view> other;  ///< ... and when it says something else
};

std::string key_of_job(std::string_view subject, std::string_view text) {
  mail::Envelope envelope;
  envelope.accepted = *parse_rfc3339("2026-11-30T02:46:32Z");
  envelope.source.kind = mail::Source::Kind::local;
  envelope.source.uid = 0;
  envelope.sender = "root@web1.example.net";
  envelope.recipients.resize(1);
  envelope.recipients[0].address = "admin@example.com";
  return likeness(envelope, "From: root\nTo: root\nSubject: " + std::string(subject) + "\n\n" + std::string(text));
}

std::vector<Job> jobs() {
  return {
      {"cron, run-parts",
       "Cron <root@web1> cd / && run-parts --report /etc/cron.hourly",
       "/etc/cron.hourly/certs:\nERROR 2026-11-30 02:17:01,123 [pid 4711] renewal failed\n"
       "run-parts: /etc/cron.hourly/certs exited with return code 1\n",
       {"/etc/cron.hourly/certs:\nERROR 2026-11-30 03:17:02,456 [pid 812] renewal failed\n"
        "run-parts: /etc/cron.hourly/certs exited with return code 1\n"},
       {"/etc/cron.hourly/certs:\nERROR 2026-11-30 02:17:01,123 [pid 4711] renewal failed\n"
        "run-parts: /etc/cron.hourly/certs exited with return code 2\n",
        "/etc/cron.hourly/rates:\nERROR 2026-11-30 02:17:01,123 [pid 4711] renewal failed\n"
        "run-parts: /etc/cron.hourly/rates exited with return code 1\n",
        "/etc/cron.hourly/certs:\nERROR 2026-11-30 02:17:01,123 [pid 4711] renewal failed\n"}},
      {"mdadm, rebuild",
       "RebuildFinished event on /dev/md/0:web1",
       "A RebuildFinished event had been detected on md device /dev/md/0.\n\n"
       "It could be related to component device  mismatches found: 128 (on raid level 10).\n\nPersonalities : "
       "[raid10]\n"
       "md0 : active raid10 sdd1[3] sdc1[2] sdb1[1] sda1[0]\n      3906764800 blocks [4/4] [UUUU]\n"
       "      [=>...................]  resync =  7.5% (146516352/1953382400) finish=2.3min speed=131072K/sec\n",
       {},
       {"A RebuildFinished event had been detected on md device /dev/md/0.\n\n"
        "It could be related to component device  mismatches found: 256 (on raid level 10).\n\nPersonalities : "
        "[raid10]\nmd0 : active raid10 sdd1[3] sdc1[2] sdb1[1] sda1[0]\n      3906764800 blocks [4/4] [UUUU]\n"
        "      [=>...................]  resync =  7.5% (146516352/1953382400) finish=2.3min speed=131072K/sec\n",
        "A RebuildFinished event had been detected on md device /dev/md/0.\n\n"
        "It could be related to component device  mismatches found: 128 (on raid level 10).\n\nPersonalities : "
        "[raid10]\nmd0 : active raid10 sdd1[3] sdc1[2] sdb1[1] sda1[0]\n      3906764800 blocks [4/4] [UUUU]\n"
        "      [=>...................]  resync =  7.6% (148516352/1953382400) finish=2.2min speed=131072K/sec\n"}},
      {"smartd, with the disk's names",
       "SMART error (ErrorCount) detected on host: web1",
       "The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], ATA error count "
       "increased "
       "from 0 to 4\n\nDevice info:\nWDC WD40EFRX-68N32N0, S/N:WD-WCC7K1AB2CD3, WWN:5-0014ee-2b1a2b3c4, FW:82.00A82, "
       "4.00 TB\n\nThe original message about this issue was sent at Mon Nov 30 02:46:32 2026 CET\n",
       {"The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], ATA error count "
        "increased from 0 to 4\n\nDevice info:\nWDC WD40EFRX-68N32N0, S/N:WD-WCC7K1AB2CD3, WWN:5-0014ee-2b1a2b3c4, "
        "FW:82.00A82, 4.00 TB\n\nThe original message about this issue was sent at Tue Dec  1 03:46:32 2026 CET\n"},
       {"The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], ATA error count "
        "increased from 4 to 9\n\nDevice info:\nWDC WD40EFRX-68N32N0, S/N:WD-WCC7K1AB2CD3, WWN:5-0014ee-2b1a2b3c4, "
        "FW:82.00A82, 4.00 TB\n\nThe original message about this issue was sent at Mon Nov 30 02:46:32 2026 CET\n",
        "The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], ATA error count "
        "increased from 0 to 4\n\nDevice info:\nWDC WD40EFRX-68N32N0, S/N:WD-WCC7K9XY8ZW7, WWN:5-0014ee-2b1a2b3c4, "
        "FW:82.00A82, 4.00 TB\n\nThe original message about this issue was sent at Mon Nov 30 02:46:32 2026 CET\n",
        "The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], ATA error count "
        "increased from 0 to 4\n\nDevice info:\nWDC WD40EFRX-68N32N0, S/N:WD-WCC7K1AB2CD3, WWN:5-0014ee-2b9f8e7d6, "
        "FW:82.00A82, 4.00 TB\n\nThe original message about this issue was sent at Mon Nov 30 02:46:32 2026 CET\n"}},
      {"apt, unattended-upgrades",
       "[package on hold] unattended-upgrades result for web1: SUCCESS",
       "Unattended upgrade result: All upgrades installed\n\nPackages that were upgraded:\n libssl3 openssl\n\n"
       "Log started: 2026-11-30  06:25:02\nUnpacking libssl3:amd64 (3.0.15-1~deb12u1) over (3.0.14-1~deb12u2) ...\n"
       "Log ended: 2026-11-30  06:25:09\n",
       {"Unattended upgrade result: All upgrades installed\n\nPackages that were upgraded:\n libssl3 openssl\n\n"
        "Log started: 2026-12-01  06:31:40\nUnpacking libssl3:amd64 (3.0.15-1~deb12u1) over (3.0.14-1~deb12u2) ...\n"
        "Log ended: 2026-12-01  06:31:59\n"},
       {"Unattended upgrade result: All upgrades installed\n\nPackages that were upgraded:\n libssl3 openssl\n\n"
        "Log started: 2026-11-30  06:25:02\nUnpacking libssl3:amd64 (3.0.16-1~deb12u1) over (3.0.15-1~deb12u1) ...\n"
        "Log ended: 2026-11-30  06:25:09\n",
        "Unattended upgrade result: Error: Installing the upgrades failed\n\nPackages that were upgraded:\n libssl3 "
        "openssl\n\nLog started: 2026-11-30  06:25:02\nUnpacking libssl3:amd64 (3.0.15-1~deb12u1) over "
        "(3.0.14-1~deb12u2) ...\nLog ended: 2026-11-30  06:25:09\n"}},
      {"fail2ban, IPv6",
       "[Fail2Ban] sshd: banned 2001:db8:10:20::1 from web1",
       "The IP 2001:db8:10:20::1 has just been banned by Fail2Ban after 5 attempts against sshd.\n\n"
       "Nov 30 02:46:31 web1 sshd[811]: Invalid user admin from 2001:db8:10:20::1 port 4022\n",
       {"The IP 2001:db8:10:20::1 has just been banned by Fail2Ban after 5 attempts against sshd.\n\n"
        "Dec  1 12:46:31 web1 sshd[20111]: Invalid user admin from 2001:db8:10:20::1 port 4022\n"},
       {"The IP 2001:db8:10:21::1 has just been banned by Fail2Ban after 5 attempts against sshd.\n\n"
        "Nov 30 02:46:31 web1 sshd[811]: Invalid user admin from 2001:db8:10:21::1 port 4022\n",
        "The IP 2001:db8:10:20::1 has just been banned by Fail2Ban after 5 attempts against sshd.\n\n"
        "Nov 30 02:46:31 web1 sshd[811]: Invalid user oracle from 2001:db8:10:20::1 port 4022\n",
        "The IP 2001:db8:10:20::1 has just been banned by Fail2Ban after 6 attempts against sshd.\n\n"
        "Nov 30 02:46:31 web1 sshd[811]: Invalid user admin from 2001:db8:10:20::1 port 4022\n"}},
      {"logwatch, disk space",
       "Logwatch for web1 (Linux)",
       " Processing Initiated: Mon Nov 30 06:25:02 2026\n Detail Level of Output: 0\n\n --- Disk Space Begin ---\n\n"
       " Filesystem      Size  Used Avail Use% Mounted on\n /dev/sda1        40G   35G  3.2G  92% /\n",
       {" Processing Initiated: Tue Dec  1 06:25:03 2026\n Detail Level of Output: 0\n\n --- Disk Space Begin ---\n\n"
        " Filesystem      Size  Used Avail Use% Mounted on\n /dev/sda1        40G   35G  3.2G  92% /\n"},
       {" Processing Initiated: Tue Dec  1 06:25:03 2026\n Detail Level of Output: 0\n\n --- Disk Space Begin ---\n\n"
        " Filesystem      Size  Used Avail Use% Mounted on\n /dev/sda1        40G   36G  2.2G  95% /\n"}},
      {"df of a script",
       "web1: disk",
       "Mon 30 Nov 2026 02:46:32 AM CET\n/dev/mapper/vg0-root  12345678  11345678    1000000  92% /\n"
       "/dev/mapper/vg0-var     2048      1999         49  98% /var\n",
       {"Tue 01 Dec 2026 11:46:32 PM CET\n/dev/mapper/vg0-root  12345678  11345678    1000000  92% /\n"
        "/dev/mapper/vg0-var     2048      1999         49  98% /var\n"},
       {"Mon 30 Nov 2026 02:46:32 AM CET\n/dev/mapper/vg0-root  12345678  11345679     999999  92% /\n"
        "/dev/mapper/vg0-var     2048      1999         49  98% /var\n",
        "Mon 30 Nov 2026 02:46:32 AM CET\n/dev/mapper/vg0-root  12345678  11345678    1000000  92% /\n"
        "/dev/mapper/vg0-var     2048      2000         48  98% /var\n",
        "Mon 30 Nov 2026 02:46:32 AM CET\n/dev/mapper/vg0-root  12345678  11345678    1000000  92% /home\n"
        "/dev/mapper/vg0-var     2048      1999         49  98% /var\n"}},
      {"rsync",
       "backup of web1 to nas",
       "2026/11/30 02:46:32 [4711] receiving file list\nrsync: connection unexpectedly closed (2048 bytes received so "
       "far) [receiver]\nrsync error: error in rsync protocol data stream (code 12) at io.c(231) [receiver=3.2.7]\n",
       {"2026/12/01 03:46:32 [4711] receiving file list\nrsync: connection unexpectedly closed (2048 bytes received so "
        "far) [receiver]\nrsync error: error in rsync protocol data stream (code 12) at io.c(231) [receiver=3.2.7]\n"},
       {"2026/11/30 02:46:32 [4711] receiving file list\nrsync: connection unexpectedly closed (1999 bytes received so "
        "far) [receiver]\nrsync error: error in rsync protocol data stream (code 12) at io.c(231) [receiver=3.2.7]\n",
        "2026/11/30 02:46:32 [4711] receiving file list\nrsync: connection unexpectedly closed (2048 bytes received so "
        "far) [receiver]\nrsync error: error in rsync protocol data stream (code 30) at io.c(231) [receiver=3.2.7]\n"}},
      {"pg_dump",
       "dump of shop failed",
       "pg_dump: error: query failed: ERROR:  could not open file \"base/16384/2619\": No such file or directory\n"
       "pg_dump: detail: Query was: COPY public.orders TO stdout;\n2026-11-30 02:46:32.123 CET [4711] shop@shop "
       "STATEMENT:  COPY public.orders TO stdout;\n",
       {"pg_dump: error: query failed: ERROR:  could not open file \"base/16384/2619\": No such file or directory\n"
        "pg_dump: detail: Query was: COPY public.orders TO stdout;\n2026-11-30 03:46:33.456 CET [4711] shop@shop "
        "STATEMENT:  COPY public.orders TO stdout;\n"},
       {"pg_dump: error: query failed: ERROR:  could not open file \"base/16384/2620\": No such file or directory\n"
        "pg_dump: detail: Query was: COPY public.orders TO stdout;\n2026-11-30 02:46:32.123 CET [4711] shop@shop "
        "STATEMENT:  COPY public.orders TO stdout;\n",
        "pg_dump: error: query failed: ERROR:  could not open file \"base/16384/2619\": No such file or directory\n"
        "pg_dump: detail: Query was: COPY public.items TO stdout;\n2026-11-30 02:46:32.123 CET [4711] shop@shop "
        "STATEMENT:  COPY public.items TO stdout;\n"}},
      {"zed",
       "ZFS vdev_clear event for tank on web1",
       "ZFS has detected that a device was removed.\n\n impact: Fault tolerance of the pool may be compromised.\n"
       "    eid: 12\n  class: statechange\n  state: REMOVED\n   host: web1\n   time: 2026-11-30 02:46:32+0100\n"
       "  vpath: /dev/disk/by-id/wwn-0x50014ee2b1234567-part1\n   pool: tank (0x3A5C7E9F1B2D4F60)\n",
       {"ZFS has detected that a device was removed.\n\n impact: Fault tolerance of the pool may be compromised.\n"
        "    eid: 12\n  class: statechange\n  state: REMOVED\n   host: web1\n   time: 2026-12-01 03:46:32+0100\n"
        "  vpath: /dev/disk/by-id/wwn-0x50014ee2b1234567-part1\n   pool: tank (0x3A5C7E9F1B2D4F60)\n"},
       {"ZFS has detected that a device was removed.\n\n impact: Fault tolerance of the pool may be compromised.\n"
        "    eid: 12\n  class: statechange\n  state: REMOVED\n   host: web1\n   time: 2026-11-30 02:46:32+0100\n"
        "  vpath: /dev/disk/by-id/wwn-0x50014ee2b7654321-part1\n   pool: tank (0x3A5C7E9F1B2D4F60)\n"}},
      {"cron, a script whose process was killed",
       "Cron <root@web1> /usr/local/bin/import",
       "/usr/local/bin/import: line 3: 12345 Killed                  import-orders --all\n",
       {"/usr/local/bin/import: line 3:   812 Killed                  import-orders --all\n"},
       {"/usr/local/bin/import: line 3: 12345 Segmentation fault      import-orders --all\n",
        "/usr/local/bin/import: line 4: 12345 Killed                  import-orders --all\n",
        "/usr/local/bin/import: line 3: 12345 Killed                  import-orders --new\n"}},
      {"systemd, OnFailure",
       "web1: backup.service failed",
       "\xc3\x97 backup.service - Backup\n     Loaded: loaded (/etc/systemd/system/backup.service; static)\n"
       "     Active: failed (Result: exit-code) since Mon 2026-11-30 02:46:32 CET; 62ms ago\n"
       "TriggeredBy: \xe2\x97\x8f backup.timer\n"
       " Invocation: 3b18e512dba79e4c8300dd08aeb37f8e\n"
       "    Process: 12345 ExecStart=/usr/local/bin/backup (code=exited, status=1/FAILURE)\n"
       "   Main PID: 12345 (code=exited, status=1/FAILURE)\n   Mem peak: 3.1M\n        CPU: 12ms\n\n"
       "Nov 30 02:46:30 web1 systemd[1]: Starting backup.service - Backup...\n"
       "Nov 30 02:46:32 web1 backup[12345]: cannot reach nas1\n"
       "Nov 30 02:46:32 web1 systemd[1]: backup.service: Main process exited, code=exited, status=1/FAILURE\n"
       "Nov 30 02:46:32 web1 systemd[1]: backup.service: Consumed 12ms CPU time, 3.1M memory peak.\n",
       {"\xc3\x97 backup.service - Backup\n     Loaded: loaded (/etc/systemd/system/backup.service; static)\n"
        "     Active: failed (Result: exit-code) since Tue 2026-12-01 03:00:00 CET; 5s ago\n"
        "TriggeredBy: \xe2\x97\x8f backup.timer\n"
        " Invocation: 0beec7b5ea3f0fdbc95d0d47f3c5bc27\n"
        "    Process: 812 ExecStart=/usr/local/bin/backup (code=exited, status=1/FAILURE)\n"
        "   Main PID: 812 (code=exited, status=1/FAILURE)\n   Mem peak: 512K\n        CPU: 1.012s\n\n"
        "Dec 01 02:59:59 web1 systemd[1]: Starting backup.service - Backup...\n"
        "Dec 01 03:00:00 web1 backup[812]: cannot reach nas1\n"
        "Dec 01 03:00:00 web1 systemd[1]: backup.service: Main process exited, code=exited, status=1/FAILURE\n"
        "Dec 01 03:00:00 web1 systemd[1]: backup.service: Consumed 1.012s CPU time, 512K memory peak.\n"},
       {"\xc3\x97 backup.service - Backup\n     Loaded: loaded (/etc/systemd/system/backup.service; static)\n"
        "     Active: failed (Result: exit-code) since Mon 2026-11-30 02:46:32 CET; 62ms ago\n"
        "TriggeredBy: \xe2\x97\x8f backup.timer\n"
        " Invocation: 3b18e512dba79e4c8300dd08aeb37f8e\n"
        "    Process: 12345 ExecStart=/usr/local/bin/backup (code=exited, status=2)\n"
        "   Main PID: 12345 (code=exited, status=2)\n   Mem peak: 3.1M\n        CPU: 12ms\n\n"
        "Nov 30 02:46:30 web1 systemd[1]: Starting backup.service - Backup...\n"
        "Nov 30 02:46:32 web1 backup[12345]: cannot reach nas1\n"
        "Nov 30 02:46:32 web1 systemd[1]: backup.service: Main process exited, code=exited, status=2\n"
        "Nov 30 02:46:32 web1 systemd[1]: backup.service: Consumed 12ms CPU time, 3.1M memory peak.\n"}},
      {"PostgreSQL's log",
       "errors of PostgreSQL on db1",
       "2026-11-30 02:46:32.123 UTC [12345] shop@shop ERROR:  deadlock detected\n"
       "2026-11-30 02:46:32.123 UTC [12345] shop@shop STATEMENT:  UPDATE stock SET n = 5\n",
       {"2026-12-01 03:00:00.456 UTC [8123] shop@shop ERROR:  deadlock detected\n"
        "2026-12-01 03:00:00.456 UTC [8123] shop@shop STATEMENT:  UPDATE stock SET n = 5\n"},
       {"2026-11-30 02:46:32.123 UTC [12345] shop@shop ERROR:  deadlock detected\n"
        "2026-11-30 02:46:32.123 UTC [12345] shop@shop STATEMENT:  UPDATE stock SET n = 6\n"}},
      {"restic",
       "restic on web1 failed",
       "repository 3b18e512 opened (version 2)\nunable to create lock in backend: repository is already locked by PID "
       "4711 on web1 by root (UID 0, GID 0)\nlock was created at 2026-11-30 02:46:32 (1m2.345s ago)\n"
       "storage ID a1b2c3d4\n",
       {"repository 3b18e512 opened (version 2)\nunable to create lock in backend: repository is already locked by PID "
        "812 on web1 by root (UID 0, GID 0)\nlock was created at 2026-12-01 02:46:32 (3h5m1.5s ago)\n"
        "storage ID 9f8e7d6c\n"},
       {"repository 3b18e512 opened (version 2)\nunable to create lock in backend: repository is already locked by PID "
        "4711 on web2 by root (UID 0, GID 0)\nlock was created at 2026-11-30 02:46:32 (1m2.345s ago)\n"
        "storage ID a1b2c3d4\n"}},
      {"a shop",
       "Neue Bestellung",
       "Bestellung 2026-11-30-0142 von Meier, 3 Artikel\n",
       {},
       {"Bestellung 2026-11-30-0143 von Meier, 3 Artikel\n", "Bestellung 2026-12-01-0142 von Meier, 3 Artikel\n"}},
      {"the kernel's log",
       "kernel errors on web1",
       "[12345.678901] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2883: comm find: deleted inode "
       "referenced: "
       "2048\n[12346.000001] nvme nvme0: I/O 128 QID 3 timeout, aborting\npcieport 0000:03:00.0: AER: corrected "
       "error\n",
       {"[99345.000002] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2883: comm find: deleted inode "
        "referenced: 2048\n[99346.123456] nvme nvme0: I/O 128 QID 3 timeout, aborting\npcieport 0000:03:00.0: AER: "
        "corrected error\n"},
       {"[12345.678901] EXT4-fs error (device sdb1): ext4_lookup:1855: inode #2883: comm find: deleted inode "
        "referenced: 2048\n[12346.000001] nvme nvme0: I/O 128 QID 3 timeout, aborting\npcieport 0000:03:00.0: AER: "
        "corrected error\n",
        "[12345.678901] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2883: comm find: deleted inode "
        "referenced: 2048\n[12346.000001] nvme nvme0: I/O 128 QID 3 timeout, aborting\npcieport 0000:04:00.0: AER: "
        "corrected error\n",
        "[12345.678901] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2884: comm find: deleted inode "
        "referenced: 2048\n[12346.000001] nvme nvme0: I/O 128 QID 3 timeout, aborting\npcieport 0000:03:00.0: AER: "
        "corrected error\n"}},
  };
}

TEST(LikenessOfJobs, IsTheSameWhenOneSaysTheSameOnceMore) {
  for (const Job& job : jobs()) {
    const std::string own = key_of_job(job.subject, job.text);
    for (const std::string_view text : job.alike)
      EXPECT_EQ(key_of_job(job.subject, text), own) << job.name << "\n" << text;
  }
}

TEST(LikenessOfJobs, IsAnotherWhenOneSaysSomethingElse) {
  for (const Job& job : jobs()) {
    const std::string own = key_of_job(job.subject, job.text);
    EXPECT_NE(key_of_job(std::string(job.subject) + " 2", job.text), own) << job.name;
    for (const std::string_view text : job.other)
      EXPECT_NE(key_of_job(job.subject, text), own) << job.name << "\n" << text;
  }
}

}  // namespace
}  // namespace postern::queue
