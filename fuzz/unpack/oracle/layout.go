package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// A layout is an OCI image layout that holds one image.
type layout struct {
	path     string
	manifest v1.Manifest
	diffIDs  []digest.Digest
}

func openLayout(path string) (layout, error) {
	opened := layout{path: path}
	var index v1.Index
	if err := readJSON(filepath.Join(path, "index.json"), &index); err != nil {
		return opened, err
	}
	if len(index.Manifests) != 1 {
		return opened, fmt.Errorf("%s holds %d images, not one", path, len(index.Manifests))
	}
	if err := readJSON(opened.blob(index.Manifests[0].Digest), &opened.manifest); err != nil {
		return opened, err
	}
	var config v1.Image
	if err := readJSON(opened.blob(opened.manifest.Config.Digest), &config); err != nil {
		return opened, err
	}
	opened.diffIDs = config.RootFS.DiffIDs
	return opened, nil
}

func (l layout) blob(of digest.Digest) string {
	return filepath.Join(l.path, "blobs", of.Algorithm().String(), of.Encoded())
}

func readJSON(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}
