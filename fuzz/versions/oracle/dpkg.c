/* Compares pairs of versions as dpkg does: reads "a TAB b" lines, writes < = > or ! where dpkg refuses one. An empty line
 * flushes. */
#define LIBDPKG_VOLATILE_API 1
#include <dpkg/dpkg.h>
#include <dpkg/dpkg-db.h>
#include <dpkg/version.h>
#include <stdio.h>
#include <string.h>

/* dpkg warns about strange characters and goes on; only an error ends it. */
static int parse(struct dpkg_version *version, const char *text)
{
	struct dpkg_error error = DPKG_ERROR_INIT;
	int refused = parseversion(version, text, &error) < 0 && error.type == DPKG_MSG_ERROR;

	dpkg_error_destroy(&error);
	return !refused;
}

static const char *answer(const char *left, const char *right)
{
	struct dpkg_version a, b;
	int order;

	if (!parse(&a, left) || !parse(&b, right))
		return "!";
	order = dpkg_version_compare(&a, &b);
	return order < 0 ? "<" : order > 0 ? ">" : "=";
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
			nffreeall();
			continue;
		}
		line[length - 1] = '\0';
		*tab = '\0';
		puts(answer(line, tab + 1));
	}
	return 0;
}
