"""Programs that want a device, a network or another house: their own command lines with texts as they write them, replayed.
See calls.py."""

from calls import Caller, Row

REPLAYED = [
    # name, command, subject, standard input
    ("zed", 'mail -s "ZFS scrub_finish event for tank on web1" $TO', "ZFS scrub_finish event for tank on web1",
     r"ZFS has finished a scrub:\n\n   eid: 7\n class: scrub_finish\n  host: web1\n  pool: größer\n"),
    ("nut upssched", 'mail -s "NUT ALERT: web1" $TO', "NUT ALERT: web1", r"UPS größer@localhost on battery\n"),
    ("Nagios", '/usr/bin/mail -s "** PROBLEM Service Alert: web1/disk is CRITICAL **" $TO',
     "** PROBLEM Service Alert: web1/disk is CRITICAL **",
     r"***** Nagios *****\n\nNotification Type: PROBLEM\n\nService: Gerät\nHost: web1\nState: CRITICAL\n\n"
     r"Additional Info:\n\nDISK CRITICAL - größer\n"),
    ("debsecan", "sendmail -t", "Debian security status of web1",
     r"From: root\nTo: @TO@\nSubject: Debian security status of web1\n\nSecurity report based on the bookworm release\n\n"
     r"*** New vulnerabilities\n\nCVE-2026-0001 (größer)\n"),
    ("chkrootkit", 'mail -s "[chkrootkit] Alert from web1" $TO', "[chkrootkit] Alert from web1",
     r"WARNING: größer\nThe tripped files:\n/dev/.x\n"),
    ("mdadm degraded", "sendmail -t", "DegradedArray event on /dev/md0:web1",
     r"From: mdadm monitoring <root>\nTo: @TO@\nSubject: DegradedArray event on /dev/md0:web1\n\nThis is an automatically "
     r"generated mail message.\n\nA DegradedArray event had been detected on md device /dev/md0.\n\nIt is größer\n"),
    ("systemd-cron", "/usr/sbin/sendmail -i -B8BITMIME $TO", "[web1] job cron-root-root-0 failed",
     r"From: root\nTo: @TO@\nSubject: [web1] job cron-root-root-0 failed\nMIME-Version: 1.0\nContent-Type: text/plain; "
     r"charset=UTF-8\nContent-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n● größer\n"),
]

CALLERS = [Caller(name, None, f"printf '%b' '{text}' | sed \"s/@TO@/$TO/\" | {command}",
                  [Row("replayed: " + command.replace("$TO", "TO"), subject=subject, says="größer")])
           for name, command, subject, text in REPLAYED]
