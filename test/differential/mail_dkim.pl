# Signs and verifies with Perl's Mail::DKIM, in the protocol of test/tools/dkim_batch.c:
#	mail_dkim.pl SELECTOR RECORDFILE KEYFILE
use strict;
use warnings;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

my ($selector, $record_file, $key_file) = @ARGV;
open(my $in, '<', $record_file) or die;
chomp(my $record = <$in>);
my $rr = Net::DNS::RR->new(
	owner   => "$selector._domainkey.example.org",
	type    => 'TXT',
	txtdata => [unpack('(a255)*', $record)],
);
{
	no warnings 'redefine';
	*Mail::DKIM::DNS::query = sub { return lc($_[0]) eq "$selector._domainkey.example.org" ? ($rr) : () };
}

sub verify {
	my $v = Mail::DKIM::Verifier->new;
	$v->PRINT($_[0]);
	$v->CLOSE;
	return join(' ', map { $_->result } $v->signatures) . "\n";
}

sub sign {
	my ($header, $body, $message) = @_;
	my $s = Mail::DKIM::Signer->new(
		Algorithm => 'rsa-sha256',
		Method    => "$header/$body",
		Domain    => 'example.org',
		Selector  => $selector,
		KeyFile   => $key_file,
	);
	$s->PRINT($message);
	$s->CLOSE;
	my $field = $s->signature->as_string . "\r\n";
	return length($field) . "\n" . $field;
}

binmode(STDIN);
binmode(STDOUT);
while (my $line = <STDIN>) {
	my ($verb, @words) = split(' ', $line);
	my $n = pop @words;
	read(STDIN, my $message, $n) == $n or die;
	print $verb eq 'verify' ? verify($message) : sign(@words[1, 2], $message);
}
