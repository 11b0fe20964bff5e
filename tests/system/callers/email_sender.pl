# Perl's Email::Sender by sendmail and by SMTP, with a text as it is.
use strict;
use warnings;
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::Sendmail;
use Email::Sender::Transport::SMTP;
use Email::Simple;

my @to = split / /, $ENV{TO};
for my $way (Email::Sender::Transport::Sendmail->new, Email::Sender::Transport::SMTP->new({host => '127.0.0.1', port => $ENV{PORT}})) {
    for my $name ('umlauts', 'long') {
        open my $source, '<:raw', "$ENV{TEXTS}/$name" or die $!;
        local $/;
        my $mail = Email::Simple->create(header => [From => 'Jörg Müller <a@example.org>', To => shift @to, Subject => $ENV{SUBJECT}],
            body => <$source>);
        sendmail($mail, {transport => $way});
    }
}
