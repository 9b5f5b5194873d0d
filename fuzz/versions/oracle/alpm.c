/* Compares pairs of versions as pacman does: reads "a TAB b" lines, writes < = or >, as no text is refused. An empty line
 * flushes. */
#include <alpm.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		char *tab = strchr(line, '\t');
		int order;

		if (tab == NULL) {
			fflush(stdout);
			continue;
		}
		line[length - 1] = '\0';
		*tab = '\0';
		order = alpm_pkg_vercmp(line, tab + 1);
		puts(order < 0 ? "<" : order > 0 ? ">" : "=");
	}
	return 0;
}
