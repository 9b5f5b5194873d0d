// Reads documents of images as container runtimes do, with encoding/json. A line of the input is a kind, a blank and a document in
// base64; a line of the output is the JSON of the readings that are accepted, each as main.ts compares it.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
)

type platform struct {
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	OSVersion    string   `json:"os.version,omitempty"`
	OSFeatures   []string `json:"os.features,omitempty"`
	Variant      string   `json:"variant,omitempty"`
}

// opencontainers/image-spec, specs-go/v1/descriptor.go
type descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	URLs         []string          `json:"urls,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Data         []byte            `json:"data,omitempty"`
	Platform     *platform         `json:"platform,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
}

// The fields of a descriptor that no runtime can do without.
type shortDescriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Platform  *platform `json:"platform"`
}

type manifest[D any] struct {
	SchemaVersion any               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	Config        D                 `json:"config"`
	Layers        []D               `json:"layers"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

type index[D any] struct {
	SchemaVersion any    `json:"schemaVersion"`
	MediaType     string `json:"mediaType,omitempty"`
	Manifests     []D    `json:"manifests"`
}

type config struct {
	Created string `json:"created,omitempty"`
	platform
	Config struct {
		Labels map[string]string `json:"Labels,omitempty"`
	} `json:"config,omitempty"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []struct {
		CreatedBy  string `json:"created_by,omitempty"`
		EmptyLayer bool   `json:"empty_layer,omitempty"`
	} `json:"history,omitempty"`
}

type shortConfig struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant"`
	RootFS       *struct {
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

// docker, image/tarexport
type savedImage struct {
	Config       string
	RepoTags     []string
	Layers       []string
	Parent       string                     `json:",omitempty"`
	LayerSources map[string]json.RawMessage `json:",omitempty"`
}

type legacyLayer struct {
	OS     string
	Parent string
}

func decode[T any](text []byte, take func(T) any) []any {
	var readings []any
	var whole, first T
	if json.Unmarshal(text, &whole) == nil {
		readings = append(readings, take(whole))
	}
	if json.NewDecoder(bytes.NewReader(text)).Decode(&first) == nil {
		readings = append(readings, take(first))
	}
	return readings
}

func named(mediaType, digest string, p *platform) []string {
	if p == nil {
		return []string{mediaType, digest}
	}
	return []string{mediaType, digest, p.OS, p.Architecture, p.Variant}
}

func long(d descriptor) []string {
	text := named(d.MediaType, d.Digest, d.Platform)
	return append(text, "name "+d.Annotations["org.opencontainers.image.ref.name"],
		"type "+d.Annotations["vnd.docker.reference.type"])
}

func short(d shortDescriptor) []string { return named(d.MediaType, d.Digest, d.Platform) }

func each[D any](entries []D, take func(D) []string) [][]string {
	all := [][]string{}
	for _, entry := range entries {
		all = append(all, take(entry))
	}
	return all
}

func texts(list []string) []string { return append([]string{}, list...) }

func readingsOf(kind string, text []byte) []any {
	switch kind {
	case "manifest":
		ofLayer := func(d descriptor) []string { return []string{d.MediaType, d.Digest} }
		ofShort := func(d shortDescriptor) []string { return []string{d.MediaType, d.Digest} }
		return append(
			decode(text, func(m manifest[descriptor]) any { return []any{m.Config.Digest, each(m.Layers, ofLayer)} }),
			decode(text, func(m manifest[shortDescriptor]) any { return []any{m.Config.Digest, each(m.Layers, ofShort)} })...)
	case "index":
		return append(
			decode(text, func(i index[descriptor]) any { return []any{"long", each(i.Manifests, long)} }),
			decode(text, func(i index[shortDescriptor]) any { return []any{"short", each(i.Manifests, short)} })...)
	case "config":
		return append(
			decode(text, func(c config) any { return []any{c.OS, c.Architecture, c.Variant, texts(c.RootFS.DiffIDs)} }),
			decode(text, func(c shortConfig) any {
				var ids []string
				if c.RootFS != nil {
					ids = c.RootFS.DiffIDs
				}
				return []any{c.OS, c.Architecture, c.Variant, texts(ids)}
			})...)
	case "docker":
		return decode(text, func(images []savedImage) any {
			all := []any{}
			for _, image := range images {
				all = append(all, []any{image.Config, texts(image.RepoTags), texts(image.Layers)})
			}
			return all
		})
	case "repositories":
		return decode(text, func(names map[string]map[string]string) any {
			// No repository and no tag can be called so.
			delete(names, "__proto__")
			for _, tags := range names {
				delete(tags, "__proto__")
			}
			return names
		})
	}
	return decode(text, func(layer legacyLayer) any { return []string{layer.OS, layer.Parent} })
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		kind, encoded, _ := strings.Cut(in.Text(), " ")
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			panic(err)
		}
		answer, err := json.Marshal(append([]any{}, readingsOf(kind, text)...))
		if err != nil {
			panic(err)
		}
		out.Write(append(answer, '\n'))
	}
}
