#!/usr/bin/env perl
# Counts to ten; the first argument is the pause after each number in seconds.
use strict;
use warnings;

$| = 1; # Output: write after each print; on a pipe Perl waits for a full buffer.

my $pause = shift // 1;
for my $n (1 .. 10) {
    print "$n\n";
    select(undef, undef, undef, $pause); # sleep() knows whole seconds only
}
