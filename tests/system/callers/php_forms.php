<?php
// PHP's mail() as it is written in the wild: each of TO gets one form of it.
$to = explode(' ', getenv('TO'));
$subject = getenv('SUBJECT');
$text = fn($name) => file_get_contents(getenv('TEXTS') . "/$name");
$sent = true;
$form = function (...$arguments) use (&$sent) {
    $sent = mail(...$arguments) && $sent;
};
// Cc and Bcc beside To, lines of the header with LF alone.
$form($to[0], $subject, $text('umlauts'), "From: web@example.org\nCc: Gerät <$to[1]>\nBcc: $to[2]");
$form("Gerät <$to[3]>", $subject, $text('umlauts'), "From: web@example.org");
$form("$to[4], $to[5]", $subject, $text('umlauts'), "From: web@example.org\r\nX-Priority: 1");
$form($to[6], $subject, $text('umlauts'), "From: web@example.org", '-oi -f bounces@example.org');
$form($to[7], $subject, str_replace("\n", "\r\n", $text('umlauts')), "From: web@example.org\r\n");
$form($to[8], $subject, str_replace("\n\n", "\n.\n", $text('umlauts')), "From: web@example.org");
$form($to[9], '=?UTF-8?B?' . base64_encode($subject) . '?=', chunk_split(base64_encode($text('long'))),
    ['From' => 'web@example.org', 'MIME-Version' => '1.0', 'Content-Type' => 'text/plain; charset=utf-8', 'Content-Transfer-Encoding' => 'base64']);
// A mail with an attachment as such scripts build it, its boundary in the header.
$part = fn($head, $body) => "--grenze\r\n$head\r\n\r\n$body\r\n";
$form($to[10], $subject, $part('Content-Type: text/plain; charset=utf-8', $text('umlauts'))
    . $part("Content-Type: text/plain; name=\"Gerät.txt\"\r\nContent-Disposition: attachment; filename=\"Gerät.txt\"", $text('Gerät.txt')) . "--grenze--\r\n",
    "From: web@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=grenze");
exit($sent ? 0 : 1);
