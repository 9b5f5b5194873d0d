// Compares pairs of versions as golang.org/x/mod/semver does: reads "a TAB b" lines, writes < = > or ! where it refuses one. An
// empty line flushes. The leading v may be missing; with the argument "full" short forms such as v1.2 are refused.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"oracle/semver"
)

func read(text string, full bool) (string, bool) {
	version := "v" + strings.TrimPrefix(text, "v")
	core := strings.FieldsFunc(version, func(r rune) bool { return r == '-' || r == '+' })[0]
	return version, semver.IsValid(version) && (!full || strings.Count(core, ".") == 2)
}

func main() {
	full := len(os.Args) > 1 && os.Args[1] == "full"
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		a, b, isPair := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !isPair {
			out.Flush()
			continue
		}
		left, leftValid := read(a, full)
		right, rightValid := read(b, full)
		if leftValid && rightValid {
			fmt.Fprintln(out, string("<=>"[semver.Compare(left, right)+1]))
		} else {
			fmt.Fprintln(out, "!")
		}
	}
}
