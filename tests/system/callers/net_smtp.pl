# Perl's Net::SMTP with a text as it is, and MailTools by both of its ways: Mail::Send, and Mail::Mailer over SMTP.
use strict;
use warnings;
use Mail::Mailer;
use Mail::Send;
use Net::SMTP;

my @to = split / /, $ENV{TO};
sub text {
    open my $source, '<:raw', "$ENV{TEXTS}/$_[0]" or die $!;
    local $/;
    return <$source>;
}
for my $name ('umlauts', 'long') {
    my $smtp = Net::SMTP->new('127.0.0.1', Port => $ENV{PORT}) or die $@;
    my $to = shift @to;
    $smtp->mail('a@example.org') && $smtp->to($to) && $smtp->data or die $smtp->message;
    $smtp->datasend("From: Jörg Müller <a\@example.org>\nTo: Gerät <$to>\nSubject: $ENV{SUBJECT}\n\n" . text($name));
    $smtp->dataend or die $smtp->message;
    $smtp->quit;
}
my $send = Mail::Send->new(Subject => $ENV{SUBJECT}, To => shift @to);
$send->set('From', 'Jörg Müller <a@example.org>');
my $out = $send->open('sendmail');
print $out text('umlauts');
$out->close or die;
my $mailer = Mail::Mailer->new('smtp', Server => '127.0.0.1', Port => $ENV{PORT});
$mailer->open({From => 'a@example.org', To => shift @to, Subject => $ENV{SUBJECT}});
print $mailer text('umlauts');
$mailer->close or die;
