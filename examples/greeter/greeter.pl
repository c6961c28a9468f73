#!/usr/bin/env perl
# Asks for a name and greets each name it gets, until its input ends.
use strict;
use warnings;

$| = 1; # Output: write after each print; on a pipe Perl waits for a full buffer.

print "What is your name?\n";
while (my $name = <STDIN>) {
    chomp $name;
    print "Hello, $name!\n";
}
