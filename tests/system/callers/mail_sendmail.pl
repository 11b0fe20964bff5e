# Perl's Mail::Sendmail, which speaks SMTP in spite of its name, and Mail::Mailer of MailTools, which calls sendmail.
use strict;
use warnings;
use Mail::Mailer;
use Mail::Sendmail;

my @to = split / /, $ENV{TO};
for my $name ('umlauts', 'long') {
    open my $source, '<:raw', "$ENV{TEXTS}/$name" or die $!;
    local $/;
    my $text = <$source>;
    sendmail(From => 'Jörg Müller <a@example.org>', To => shift @to, Subject => $ENV{SUBJECT}, Message => $text,
        smtp => "127.0.0.1:$ENV{PORT}") or die $Mail::Sendmail::error;
    my $mailer = Mail::Mailer->new('sendmail');
    $mailer->open({From => 'Jörg Müller <a@example.org>', To => shift @to, Subject => $ENV{SUBJECT}});
    print $mailer $text;
    $mailer->close or die;
}
