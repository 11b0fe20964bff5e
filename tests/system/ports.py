"""The ports of the system tests. They share one machine, so each server has its own: what one test left running must
never answer another. Those of Postfix, one a behaviour, are in servers.py (2500 to 2590)."""

POSTERND, POSTERND_SECOND, POSTERND_THIRD = 2025, 2026, 2027

# Nothing ever listens on these.
NOBODY_LISTENS, NOBODY_LISTENS_EITHER = 2598, 2599

DOVECOT_STARTTLS, DOVECOT_IMPLICIT = 2600, 2601
SINK = 2610

# More of Postfix: they refuse some recipients, the second does not offer DSN, the third takes 7-bit text alone.
REFUSING, REFUSING_WITHOUT_DSN, REFUSING_SEVEN_BIT = 2620, 2621, 2622

# SASL libraries behind a bridge.
GSASL_TLS13, GSASL_TLS12, CYRUS_TLS13, CYRUS_TLS12 = 2701, 2702, 2703, 2704

# The practice smarthost: two that live as long as the session, and one of a test's own.
PRACTICE, PRACTICE_STARTTLS, PRACTICE_OWN = 2800, 2801, 2802

# A host with several addresses, and what stands in front of a practice smarthost and cuts.
ADDRESSES, CUTTER = 2850, 2851

# Two that refuse whatever a provider may refuse, the second without 8BITMIME and SMTPUTF8; see strict.py.
STRICT, STRICT_7BIT = 2630, 2631
# And one that takes everything, see plain.py.
PLAIN = 2632

# One that hangs up or says nothing, and one that somebody else has taken; see test_screens.py.
HANGING, TAKEN = 2640, 2641
# openssl s_server with a small key of Diffie-Hellman.
SMALL_DH = 2860
# Where nobody listens.
NOBODY = 2861

EXIM_STARTTLS, EXIM_IMPLICIT, EXIM_MORE = 3500, 3501, 3510

# Servers with limits, see limit_servers.py.
EXIM_FEW, EXIM_SLOW, OPENSMTPD, HARAKA, SMTP_SERVER = 3520, 3521, 3600, 3610, 3611

METRICS, PROMETHEUS_PORT = 9157, 9190
AUTHORIZATION_HTTPS, AUTHORIZATION_HTTP = 9400, 9401

# A token server that repeats what it is asked, and behind it a mail server that does.
REPEATING, REPEATING_MAIL = 9410, 9411

_GIVEN = [port for name, port in list(globals().items()) if not name.startswith("_")]
assert len(set(_GIVEN)) == len(_GIVEN), "two servers have the same port"
assert not set(_GIVEN) & set(range(2500, 2591)), "one of these ports is Postfix's"
