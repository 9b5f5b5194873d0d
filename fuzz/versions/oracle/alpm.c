/* Compares pairs of versions as pacman does: reads "a TAB b" lines, writes < = or > and then for each of < <= = >= > whether a
 * lies within the bound b. An empty line flushes. */
#include <alpm.h>
#include <stdio.h>
#include <string.h>

static void write_answer(int order)
{
	putchar(order < 0 ? '<' : order > 0 ? '>' : '=');
	putchar(order < 0 ? '1' : '0');
	putchar(order <= 0 ? '1' : '0');
	putchar(order == 0 ? '1' : '0');
	putchar(order >= 0 ? '1' : '0');
	putchar(order > 0 ? '1' : '0');
	putchar('\n');
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		char *tab = strchr(line, '\t');

		if (tab == NULL) {
			fflush(stdout);
			continue;
		}
		line[length - 1] = '\0';
		*tab = '\0';
		write_answer(alpm_pkg_vercmp(line, tab + 1));
	}
	return 0;
}
