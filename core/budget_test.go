package core_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// maxFileLines is the hard limit of a Go file that is not generated. 200 is good, 350 wants a second look.
const maxFileLines = 600

func TestFileBudget(t *testing.T) {
	tree := os.DirFS("..")
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && skipDir(entry.Name()) {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if lines := bytes.Count(source, []byte("\n")); lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: find its second room", name, lines, maxFileLines)
		}
		switch base := strings.TrimSuffix(path.Base(name), ".go"); base {
		case "util", "utils", "common", "helpers", "helper", "manager", "misc":
			t.Errorf("%s: the name says nothing about what is in it", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnlyVirtualTimeSleeps: a real sleep in a test is slow when it is long and flaky when it is short. In a package whose
// tests use testing/synctest the sleep is virtual.
func TestOnlyVirtualTimeSleeps(t *testing.T) {
	tree := os.DirFS("..")
	virtual, sleeps := map[string]bool{}, map[string]string{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if bytes.Contains(source, []byte(`"testing/synctest"`)) {
			virtual[path.Dir(name)] = true
		}
		if bytes.Contains(source, []byte("time"+".Sleep(")) {
			sleeps[path.Dir(name)] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, file := range sleeps {
		if !virtual[dir] {
			t.Errorf("%s sleeps in real time: wait on a condition, or use testing/synctest", file)
		}
	}
}
