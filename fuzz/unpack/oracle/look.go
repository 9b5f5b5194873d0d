package main

import (
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// filesIn reads the files of interest below a root, as a process would whose root directory that is.
func filesIn(root string, asked request) ([]file, error) {
	dir, err := os.Open(root)
	if os.IsNotExist(err) {
		// A marker may remove the root itself.
		return []file{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	paths := asked.Files
	for _, directory := range asked.Directories {
		names, err := namesIn(dir, directory)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			paths = append(paths[:len(paths):len(paths)], path.Join(directory, name))
		}
	}
	files := []file{}
	for _, path := range paths {
		content, err := contentOf(dir, path)
		if err != nil {
			return nil, err
		}
		if content != nil {
			files = append(files, file{[]byte(path), content})
		}
	}
	return files, nil
}

// openIn opens what a path leads to, without ever leaving the root; nil where there is nothing.
func openIn(root *os.File, path string) *os.File {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT}
	file, err := unix.Openat2(int(root.Fd()), path, &how)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(file), path)
}

func namesIn(root *os.File, path string) ([]string, error) {
	dir := openIn(root, path)
	if dir == nil {
		return nil, nil
	}
	defer dir.Close()
	if status, err := dir.Stat(); err != nil || !status.IsDir() {
		return nil, err
	}
	return dir.Readdirnames(-1)
}

// contentOf is nil where no regular file is.
func contentOf(root *os.File, path string) ([]byte, error) {
	file := openIn(root, path)
	if file == nil {
		return nil, nil
	}
	defer file.Close()
	if status, err := file.Stat(); err != nil || !status.Mode().IsRegular() {
		return nil, err
	}
	content, err := io.ReadAll(file)
	if content == nil {
		content = []byte{}
	}
	return content, err
}
