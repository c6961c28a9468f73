# The backend of wssoak. It is in Perl because ten thousand of them run at once, and
# a Perl process has one thread and half a megabyte of its own. It reads lines with
# numbers and checksums, and writes such lines, at random times and in answer to what
# it reads. Each is
#
#   CHECKSUM TYPE SESSION NUMBER RECEIVED PAYLOAD
#
# as in text.go. It keeps a record of what it has seen and done in the file that is
# its argument, so that the record outlives a SIGKILL: see backend.go.

my ($session) = $ENV{QUERY_STRING} =~ /\bsession=(\d+)/ or die "no session in the query string\n";
my ($every) = $ENV{QUERY_STRING} =~ /\bevery=(\d+)/ or die "no period in the query string\n";
my ($large) = $ENV{QUERY_STRING} =~ /\blarge=(\d+)/ or die "no share of large messages in the query string\n";
open my $record, '+<', $ARGV[0] or die "opening the record: $!\n";

my $word = 1;
my $pad = pack 'N64', map { $word = ($word * 1103515245 + 12345) & 0x7fffffff } 1 .. 64;
my $unit = "abcdefghij\xc3\xa9\xf0\x9d\x84\x9e"; # 16 bytes, the last six of them é and a clef

my $begun = my $written = 0;  # numbers of the last messages whose write has begun and has ended
my $next = 1;                 # number of the message that should come next
my %missing;                  # numbers below it that have not come
my $duplicated = my $reordered = my $corrupted = my $ended = 0;

sub note {
    sysseek $record, $session * 72, 0;
    syswrite $record, pack 'Q<9', $$, $begun, $written, $next - 1, scalar(keys %missing),
        $duplicated, $reordered, $corrupted, $ended;
}

sub checksum {
    my $sum = 0;
    for (my $i = 0; $i < length $_[0]; $i += 256) {
        $sum = ($sum * 33 + unpack('%42N*', substr($_[0], $i, 256) ^ $pad)) & 0xffffffff;
    }
    return sprintf '%08x', $sum;
}

sub units {
    my $chance = rand 1000;
    return $chance < $large ? 18_750 : $chance < $large + 49 ? 640 : 2;
}

sub say_texts {
    my ($type, $count) = @_;
    my $lines = '';
    for (1 .. $count) {
        my $text = join ' ', $type, $session, ++$begun, $next - 1, $unit x units();
        $lines .= checksum($text) . " $text\n";
    }
    note();
    for (my $from = 0; $from < length $lines;) {
        $from += syswrite(STDOUT, $lines, length($lines) - $from, $from) // die "writing: $!\n";
    }
    $written = $begun;
    note();
}

sub finish {
    $ended = 1;
    note();
    exit 0;
}

# take checks one line and returns its type.
sub take {
    my ($sum, $text) = split / /, $_[0], 2;
    my ($type, $to, $number, undef, $payload) = split / /, $text // '', 5;
    if (!defined $payload || $sum ne checksum($text) || $to ne $session) {
        $corrupted++;
        $next++; # most likely the one that was due
        return '';
    }
    if ($number >= $next) {
        @missing{$next .. $number - 1} = ();
        $next = $number + 1;
    } elsif (exists $missing{$number}) {
        delete $missing{$number};
        $reordered++;
    } else {
        $duplicated++;
    }
    return $type;
}

say_texts('m', 1);
my ($held, $searched) = ('', 0);
my ($wait, $quiet) = rand $every / 1000;
vec(my $stdin = '', 0, 1) = 1;
while (1) {
    my ($ready, $left) = select(my $r = $stdin, undef, undef, $quiet ? undef : $wait);
    $wait = $left unless $quiet;
    if ($ready) {
        my $n = sysread(STDIN, $held, 8192, length $held) // die "reading: $!\n";
        finish() if $n == 0;
        my ($from, $types) = (0, '');
        while ((my $end = index $held, "\n", $searched) >= 0) {
            $types .= take(substr $held, $from, $end - $from);
            $from = $searched = $end + 1;
        }
        if ($from) { # what is left is small, or the beginning of a large line
            my $rest = substr $held, $from;
            undef $held;
            $held = $rest;
            note();
        }
        $searched = length $held;
        say_texts('f', 1) if $types =~ /[ex]/;
        finish() if $types =~ /x/;
        $quiet ||= $types =~ /e/; # nothing follows the final message
        say_texts('m', 1) if $types =~ /m/ && !$quiet;
    } elsif ($wait <= 0) {
        say_texts('m', 1 + int rand 5);
        $wait = (0.5 + rand) * $every / 1000;
    }
}
