/* Asks for a name and greets each name it gets, until its input ends.
 *
 * Output: on a pipe stdio waits for a full buffer, so fflush follows each line.
 * On Unix, one setvbuf(stdout, NULL, _IOLBF, BUFSIZ) at the start does the
 * same. */
#include <stdio.h>

static void say(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

int main(void)
{
	int c, greeting = 0;

	say("What is your name?\n");
	while ((c = getchar()) != EOF) { /* a name may be of any length */
		if (!greeting)
			fputs("Hello, ", stdout);
		greeting = c != '\n';
		if (greeting)
			putchar(c);
		else
			say("!\n");
	}
	if (greeting) /* the last line had no newline */
		say("!\n");
	return 0;
}
