<?php
// PHP's mail(): to each recipient of TO one of the texts, as programmers write it.
[$umlauts, $long, $html, $headers] = explode(' ', getenv('TO'));
$subject = getenv('SUBJECT');
$text = fn($name) => file_get_contents(getenv('TEXTS') . "/$name");
$sent = mail($umlauts, $subject, $text('umlauts'))
    && mail($long, $subject, $text('long'), "From: Wörld <web@example.org>\r\nContent-Type: text/plain; charset=utf-8")
    && mail($html, $subject, $text('html'), "MIME-Version: 1.0\nContent-type: text/html; charset=utf-8\nFrom: web@example.org")
    && mail($headers, $subject, $text('umlauts'), ['From' => '"Müller, Jörg" <web@example.org>', 'Reply-To' => 'jörg <joerg@example.org>',
        'X-Mailer' => 'PHP für alle'], '-fbounces@example.org');
exit($sent ? 0 : 1);
