"""Programs that want a device, a network or another house: their own command lines with texts as they write them, replayed.
See calls.py."""

from calls import Caller, Row


def _replayed(name, header, command, subject, says, **more):
    text = r"printf '%b' '" + header.replace("'", r"'\''") + "' | sed \"s/@TO@/$TO/\" | "
    return Caller(name, None, text + command, [Row("replayed: " + command.replace("$TO", "TO"), subject=subject, says=says)], **more)


CALLERS = [
    _replayed("zed", r"ZFS has finished a scrub:\n\n   eid: 7\n class: scrub_finish\n  host: web1\n  pool: größer\n",
              'mail -s "ZFS scrub_finish event for tank on web1" $TO', "ZFS scrub_finish event for tank on web1", "größer"),
    _replayed("nut upssched", r"UPS größer@localhost on battery\n", 'mail -s "NUT ALERT: web1" $TO', "NUT ALERT: web1", "größer"),
    _replayed("Nagios", r"***** Nagios *****\n\nNotification Type: PROBLEM\n\nService: Gerät\nHost: web1\nState: CRITICAL\n\n"
              r"Additional Info:\n\nDISK CRITICAL - größer\n",
              '/usr/bin/mail -s "** PROBLEM Service Alert: web1/disk is CRITICAL **" $TO', "** PROBLEM Service Alert: web1/disk is CRITICAL **", "größer"),
    _replayed("debsecan", r"From: root\nTo: @TO@\nSubject: Debian security status of web1\n\nSecurity report based on the bookworm release\n\n"
              r"*** New vulnerabilities\n\nCVE-2026-0001 (größer)\n", "sendmail -t", "Debian security status of web1", "größer"),
    _replayed("chkrootkit", r"WARNING: größer\nThe tripped files:\n/dev/.x\n", 'mail -s "[chkrootkit] Alert from web1" $TO',
              "[chkrootkit] Alert from web1", "größer"),
    _replayed("mdadm degraded", r"From: mdadm monitoring <root>\nTo: @TO@\nSubject: DegradedArray event on /dev/md0:web1\n\nThis is an automatically "
              r"generated mail message.\n\nA DegradedArray event had been detected on md device /dev/md0.\n\nIt is größer\n", "sendmail -t",
              "DegradedArray event on /dev/md0:web1", "größer"),
    _replayed("systemd-cron", r"From: root\nTo: @TO@\nSubject: [web1] job cron-root-root-0 failed\nMIME-Version: 1.0\nContent-Type: text/plain; "
              r"charset=UTF-8\nContent-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n● größer\n", "/usr/sbin/sendmail -i -B8BITMIME $TO",
              "[web1] job cron-root-root-0 failed", "größer"),
]
