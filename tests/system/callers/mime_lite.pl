# Perl's MIME::Lite by sendmail: a text as it is, and one with an attachment.
use strict;
use warnings;
use MIME::Lite;

my @to = split / /, $ENV{TO};
for my $name ('umlauts', 'long') {
    open my $source, '<:raw', "$ENV{TEXTS}/$name" or die $!;
    local $/;
    MIME::Lite->new(From => 'Jörg Müller <a@example.org>', To => shift @to, Subject => $ENV{SUBJECT}, Type => 'text/plain; charset=utf-8',
        Encoding => '8bit', Data => <$source>)->send or die;
}
my $mail = MIME::Lite->new(From => 'a@example.org', To => shift @to, Subject => $ENV{SUBJECT}, Type => 'multipart/mixed');
$mail->attach(Type => 'text/plain; charset=utf-8', Encoding => '8bit', Path => "$ENV{TEXTS}/umlauts");
$mail->attach(Type => 'text/plain; charset=utf-8', Encoding => 'base64', Path => "$ENV{TEXTS}/Gerät.txt", Disposition => 'attachment');
$mail->send or die;
