// Package sdk makes new plugin projects: what "broker plugin new" writes. The SDKs themselves are c, rust and go beside
// it; README.md explains plugins to their authors.
package sdk

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The Go SDK is a module of its own, which can't be embedded: templates/go/jackdaw is a copy that a test compares.
//
//go:embed c/jackdaw_plugin.h rust/Cargo.toml rust/src templates
var files embed.FS

// placeholder stands for the name of the plugin in templates.
const placeholder = "NAME"

var validName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Languages lists the languages that there are templates for.
func Languages() []string { return []string{"c", "go", "rust"} }

// Kinds lists the kinds of plugins that there are templates for.
func Kinds() []string { return []string{"partitioner", "transform", "validator"} }

// File is a file of a project.
type File struct {
	Name       string // with slashes, relative to the project
	Content    []byte
	Executable bool
}

// Project returns the files of a new plugin that is called name: a working example with its SDK, a build script that
// makes name.wasm, and name.vectors. It builds without a network.
func Project(language, kind, name string) ([]File, error) {
	switch {
	case !slices.Contains(Languages(), language):
		return nil, fmt.Errorf("no templates for %q: languages are %s", language, strings.Join(Languages(), ", "))
	case !slices.Contains(Kinds(), kind):
		return nil, fmt.Errorf("no templates for %q: kinds are %s", kind, strings.Join(Kinds(), ", "))
	case !validName.MatchString(name):
		return nil, fmt.Errorf("%q can't be the name of a project: use a-z, 0-9 and - between them", name)
	}
	dir := "templates/" + language
	p := project{name: name}
	p.add(name+".vectors", "templates/vectors/"+kind+".vectors")
	p.add("README.md", dir+"/README.md")
	p.add("build.sh", dir+"/build.sh")
	switch language {
	case "c":
		p.add("plugin.c", dir+"/"+kind+".c")
		p.add("jackdaw_plugin.h", "c/jackdaw_plugin.h")
	case "rust":
		p.add("Cargo.toml", dir+"/Cargo.toml")
		p.add("src/lib.rs", dir+"/"+kind+".rs")
		p.addAll("jackdaw-plugin", "rust")
	case "go":
		p.add("go.mod", dir+"/go.mod.txt")
		p.add("main.go", dir+"/"+kind+".go.txt")
		p.addAll("jackdaw", dir+"/jackdaw")
	}
	return p.files, p.err
}

// project collects files until the first error.
type project struct {
	name  string
	files []File
	err   error
}

func (p *project) add(name, source string) {
	content, err := files.ReadFile(source)
	if err != nil {
		p.err = err
		return
	}
	if strings.HasPrefix(source, "templates/") && !strings.HasPrefix(source, "templates/go/jackdaw/") {
		content = bytes.ReplaceAll(content, []byte(placeholder), []byte(p.name))
	}
	p.files = append(p.files, File{Name: name, Content: content, Executable: path.Ext(name) == ".sh"})
}

// addAll adds every file below source. The Go tool would compile templates, so these end in .txt.
func (p *project) addAll(into, source string) {
	err := fs.WalkDir(files, source, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			p.add(into+strings.TrimSuffix(strings.TrimPrefix(file, source), ".txt"), file)
		}
		return err
	})
	if p.err == nil {
		p.err = err
	}
}
