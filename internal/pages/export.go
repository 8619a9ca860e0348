package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// file is one of the export, and how it is answered.
type file struct {
	name    string // as in the export
	kind    string // its media type
	tag     string // names its content; empty for what is named after it
	policy  string
	size    int64
	encoded []encoded // the best one first
}

// isMissing reports the pages that say that there is none.
func (f *file) isMissing() bool { return f.name == notFound || f.name == "_not-found.html" }

func (f *file) caching() string {
	if strings.HasPrefix(f.name, static) {
		return immutable
	}
	return revalidate
}

// kinds are the media types of what an export holds: they do not depend on the machine. The payload of a soft navigation is
// a .txt, and taken for one by the page's router only as text/plain.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".jpg": "image/jpeg", ".woff2": "font/woff2",
}

func kindOf(name string) string {
	if kind, ok := kinds[path.Ext(name)]; ok {
		return kind
	}
	return "application/octet-stream"
}

// encoding is a way in which a file lies compressed beside itself.
type encoding struct{ name, suffix string }

// encodings, the one that makes them smallest first.
var encodings = []encoding{{"br", ".br"}, {"gzip", ".gz"}}

type encoded struct {
	encoding
	size int64
}

// add takes a file of the export into the tables. A compressed one is no file of its own.
func (s *Site) add(name string) error {
	for _, e := range encodings {
		if plain, is := strings.CutSuffix(name, e.suffix); is && lookUp(s.export, plain) != nil {
			return nil
		}
	}
	f := lookUp(s.export, name)
	if f == nil {
		return fmt.Errorf("%s: it is no file", name)
	}
	if !strings.HasPrefix(name, static) {
		body, err := fs.ReadFile(s.export, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		f.tag = `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"` // weak: it is the same however it is encoded
		if path.Ext(name) == ".html" {
			if !f.isMissing() {
				s.pages++
			}
			if f.policy, err = pagePolicy(bytes.NewReader(body)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	s.files[name] = f
	s.root.add(strings.Split(name, "/"), f)
	return nil
}

// lookUp describes a file by its name; nil when there is none.
func lookUp(in fs.FS, name string) *file {
	info, err := fs.Stat(in, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f := &file{name: name, kind: kindOf(name), policy: fragmentPolicy, size: info.Size()}
	for _, e := range encodings {
		if info, err := fs.Stat(in, name+e.suffix); err == nil && info.Mode().IsRegular() && info.Size() < f.size {
			f.encoded = append(f.encoded, encoded{e, info.Size()})
		}
	}
	return f
}

// placeholder is the segment of a name that stands for any value.
const placeholder = "_"

// forms are what such values look like, by the segment before them. What is not listed is a number of Postgres's making.
var (
	forms = map[string]*regexp.Regexp{
		"stocks":   regexp.MustCompile(`^[0-9A-Z]{6}$`),
		"failures": regexp.MustCompile(`^[0-9a-f]{12}$`), // a fingerprint
	}
	number = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
)

func hasForm(after, value string) bool {
	form, ok := forms[after]
	if !ok {
		form = number
	}
	return form.MatchString(value)
}

// node is a folder of the export.
type node struct {
	folders map[string]*node
	files   map[string]*file
	any     *node            // the folder whose name is the placeholder
	ends    map[string]*file // files whose name is the placeholder and such an extension
}

func newNode() *node {
	return &node{folders: make(map[string]*node), files: make(map[string]*file), ends: make(map[string]*file)}
}

func (n *node) add(segments []string, f *file) {
	first, rest := segments[0], segments[1:]
	switch {
	case len(rest) == 0 && strings.HasPrefix(first, placeholder+"."):
		n.ends[strings.TrimPrefix(first, placeholder)] = f
	case len(rest) == 0:
		n.files[first] = f
	case first == placeholder:
		if n.any == nil {
			n.any = newNode()
		}
		n.any.add(rest, f)
	default:
		if n.folders[first] == nil {
			n.folders[first] = newNode()
		}
		n.folders[first].add(rest, f)
	}
}

// find looks for the exact file, then for a page of that name, then for one with a placeholder. After is the segment that
// came before.
func (n *node) find(segments []string, after string) *file {
	first, rest := segments[0], segments[1:]
	if len(rest) == 0 {
		return n.end(first, after)
	}
	if below := n.folders[first]; below != nil {
		if f := below.find(rest, first); f != nil {
			return f
		}
	}
	if n.any != nil && hasForm(after, first) {
		return n.any.find(rest, first)
	}
	return nil
}

func (n *node) end(name, after string) *file {
	if f := n.files[name]; f != nil {
		return f
	}
	if f := n.files[name+".html"]; f != nil {
		return f
	}
	extension := ".html"
	if value, is := strings.CutSuffix(name, ".txt"); is {
		name, extension = value, ".txt"
	}
	if f := n.ends[extension]; f != nil && hasForm(after, name) {
		return f
	}
	return nil
}
