#!/usr/bin/env perl
# Prints what a backend knows about its connection: the CGI variables, sorted.
# They include the client's cookies, so show them only to that client.
use strict;
use warnings;

my $cgi = qr/^(?:AUTH|CONTENT|GATEWAY|HTTP|PATH|QUERY|REMOTE|REQUEST|SCRIPT|SERVER|UNIQUE)_|^HTTPS$/;

# Output: Perl writes its buffer when it exits, which is soon enough here.
print "$_=$ENV{$_}\n" for sort grep { /$cgi/ } keys %ENV;
