<?php
// PHP's mail() in its plainest form, for what php.ini says of it.
exit(mail(getenv('TO'), getenv('SUBJECT'), file_get_contents(getenv('TEXTS') . '/umlauts'), "From: web@example.org\r\nX-Form: ä") ? 0 : 1);
