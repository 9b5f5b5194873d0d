// The oracle lays images down as container runtimes do, and answers which files a container then sees.
//
//	oracle SCRATCH
//
// It reads one request a line from its standard input, a JSON object, and writes one answer a line. SCRATCH is a directory, best on a
// tmpfs, whose content it may remove.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"

	"github.com/apex/log"
	"github.com/sirupsen/logrus"
)

// A request names the layout of one image, and the files of interest in it.
type request struct {
	Layout string `json:"layout"`
	// Files by their paths.
	Files []string `json:"files"`
	// Directories all files of which are of interest.
	Directories []string `json:"directories"`
}

// An answer says for each runtime what a container sees.
type answer struct {
	Runtimes []view `json:"runtimes"`
}

// A view is what one runtime makes of an image: it refuses the image, or shows files.
type view struct {
	Runtime string `json:"runtime"`
	Refused string `json:"refused,omitempty"`
	Files   []file `json:"files"`
}

// Names of files are bytes, as their contents are.
type file struct {
	Path    []byte `json:"path"`
	Content []byte `json:"content"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: oracle SCRATCH")
	}
	quieten()
	// Images are small: one thread and few collections lay down twice as many.
	goruntime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	if err := checkMounts(args[0]); err != nil {
		return err
	}
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(os.Stdout)
	for requests.More() {
		var asked request
		if err := requests.Decode(&asked); err != nil {
			return err
		}
		answered, err := answerTo(asked, args[0])
		if err != nil {
			return err
		}
		if err := answers.Encode(answered); err != nil {
			return err
		}
	}
	return nil
}

// checkMounts fails where no overlay can be mounted.
func checkMounts(scratch string) error {
	place, err := os.MkdirTemp(scratch, "overlay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(place)
	layer := filepath.Join(place, "layer")
	if err := os.Mkdir(layer, 0o755); err != nil {
		return err
	}
	root, err := mountOverlay([]string{layer}, place)
	root.close()
	return err
}

// quieten leaves out what the unpackers log of odd archives.
func quieten() {
	log.SetLevel(log.FatalLevel)
	logrus.SetOutput(io.Discard)
}

func answerTo(asked request, scratch string) (answer, error) {
	opened, err := openLayout(asked.Layout)
	if err != nil {
		return answer{}, err
	}
	var answered answer
	for _, each := range runtimes {
		seen, err := look(each, opened, asked, scratch)
		if err != nil {
			return answer{}, err
		}
		answered.Runtimes = append(answered.Runtimes, seen)
	}
	return answered, nil
}

// look lays an image down in a directory of its own, which is removed afterwards.
func look(with runtime, image layout, asked request, scratch string) (view, error) {
	place, err := os.MkdirTemp(scratch, "image-")
	if err != nil {
		return view{}, err
	}
	defer os.RemoveAll(place)
	seen := view{Runtime: with.name}
	root, refused := unpack(with, image, place)
	defer root.close()
	if errors.Is(refused, errMount) {
		return view{}, refused
	}
	if refused != nil {
		seen.Refused = refused.Error()
		return seen, nil
	}
	seen.Files, err = filesIn(root.path, asked)
	return seen, err
}

// unpack takes a panic of an unpacker for its refusal.
func unpack(with runtime, image layout, place string) (root rootfs, refused error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			refused = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return with.unpack(image, place)
}
