/* Compares pairs of versions as rpm does: reads "a TAB b" lines, writes < = > or ! where rpm refuses one, and then for each of
 * < <= = >= > whether a lies within the bound b. An empty line flushes.
 *
 * The bounds are asked for what is installed and what an advisory says: a has a release, b may have none, and no release is
 * the empty one. */
#include <rpm/rpmver.h>
#include <stdio.h>
#include <string.h>

static const rpmFlags bounds[] = {
	RPMSENSE_LESS, RPMSENSE_LESS | RPMSENSE_EQUAL, RPMSENSE_EQUAL, RPMSENSE_GREATER | RPMSENSE_EQUAL, RPMSENSE_GREATER,
};

static int is_package_and_bound(rpmver a, rpmver b)
{
	return rpmverR(a) != NULL && *rpmverR(a) != '\0' && (rpmverR(b) == NULL || *rpmverR(b) != '\0');
}

static void write_answer(rpmver a, rpmver b)
{
	int order = rpmverCmp(a, b);

	putchar(order < 0 ? '<' : order > 0 ? '>' : '=');
	if (!is_package_and_bound(a, b))
		return;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++)
		putchar(rpmverOverlap(a, RPMSENSE_EQUAL, b, bounds[i]) ? '1' : '0');
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		char *tab = strchr(line, '\t');
		rpmver a, b;

		if (tab == NULL) {
			fflush(stdout);
			continue;
		}
		line[length - 1] = '\0';
		*tab = '\0';
		a = rpmverParse(line);
		b = rpmverParse(tab + 1);
		if (a == NULL || b == NULL)
			putchar('!');
		else
			write_answer(a, b);
		putchar('\n');
		rpmverFree(a);
		rpmverFree(b);
	}
	return 0;
}
