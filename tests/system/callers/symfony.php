<?php
// Symfony Mailer: its default way (sendmail -bs), sendmail -t, and SMTP.
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
require '/usr/share/php/Symfony/Component/Mime/autoload.php';
use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport;
use Symfony\Component\Mime\Address;
use Symfony\Component\Mime\Email;

$recipients = explode(' ', getenv('TO'));
$ways = ['sendmail://default', 'sendmail://default?command=' . urlencode('/usr/sbin/sendmail -oi -t'), 'smtp://127.0.0.1:' . getenv('PORT')];
foreach ($ways as $way) {
    $mailer = new Mailer(Transport::fromDsn($way));
    foreach (['umlauts', 'long', 'html'] as $name) {
        $text = file_get_contents(getenv('TEXTS') . "/$name");
        $mail = (new Email())->from(new Address('web@example.org', 'Jörg Müller'))->to(new Address(array_shift($recipients), 'Gerät, das'))
            ->subject(getenv('SUBJECT'));
        if ($name == 'html') {
            $mail->html($text)->text('nur Text für alle')->attachFromPath(getenv('TEXTS') . '/Gerät.txt');
        } else {
            $mail->text($text);
        }
        $mailer->send($mail);
    }
}
