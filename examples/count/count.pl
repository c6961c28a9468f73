#!/usr/bin/env perl
# Counts to ten; the first argument is the pause in seconds after each number.
use strict;
use warnings;

$| = 1; # Output: write after each print; on a pipe Perl waits for a full buffer.

my $pause = shift // 1;
for my $n (1 .. 10) {
    print "$n\n";
    select(undef, undef, undef, $pause); # sleep() takes only whole seconds
}
