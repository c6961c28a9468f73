#!/usr/bin/env perl
# Prints what a backend learns of its connection: the CGI variables, sorted.
# They include the client's cookies; show them to nobody but that client.
use strict;
use warnings;

my $cgi = qr/^(?:AUTH|CONTENT|GATEWAY|HTTP|PATH|QUERY|REMOTE|REQUEST|SCRIPT|SERVER|UNIQUE)_|^HTTPS$/;

# Output: Perl writes what it holds when it ends, which is soon enough here.
print "$_=$ENV{$_}\n" for sort grep { /$cgi/ } keys %ENV;
