<?php
// PHPMailer by each of its three ways: a text with umlauts, one-line HTML with its plain form beside it, an attachment.
require '/usr/share/php/libphp-phpmailer/autoload.php';
use PHPMailer\PHPMailer\PHPMailer;

$recipients = explode(' ', getenv('TO'));
foreach (['isMail', 'isSendmail', 'isSMTP'] as $way) {
    foreach (['umlauts', 'long', 'html'] as $text) {
        $mail = new PHPMailer(true);
        $mail->$way();
        [$mail->Host, $mail->Port, $mail->SMTPAutoTLS] = ['127.0.0.1', getenv('PORT'), false];
        $mail->CharSet = 'utf-8';
        $mail->setFrom('web@example.org', 'Jörg Müller');
        $mail->addAddress(array_shift($recipients), 'Gerät, das');
        $mail->Subject = getenv('SUBJECT');
        $mail->Body = file_get_contents(getenv('TEXTS') . "/$text");
        if ($text == 'html') {
            $mail->isHTML();
            $mail->AltBody = 'nur Text für alle';
            $mail->addAttachment(getenv('TEXTS') . '/Gerät.txt');
        }
        $mail->send();
    }
}
