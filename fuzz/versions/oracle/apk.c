/* Compares pairs of versions as apk-tools 3 does: reads "a TAB b" lines, writes < = or >. An empty line flushes. */
#include <apk/apk_version.h>
#include <stdio.h>
#include <string.h>

static const char *answer(const char *a, const char *b)
{
	switch (apk_version_compare(APK_BLOB_STR(a), APK_BLOB_STR(b))) {
	case APK_VERSION_LESS:
		return "<";
	case APK_VERSION_GREATER:
		return ">";
	default:
		return "=";
	}
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
		puts(answer(line, tab + 1));
	}
	return 0;
}
