package doctor_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jackdawmq/jackdaw/cmd/broker/doctor"
)

// find returns the finding of a check.
func find(t *testing.T, findings []doctor.Finding, check string) doctor.Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check {
			if f.Verdict != doctor.OK && f.Fix == "" {
				t.Errorf("%s: nothing says how to mend %q", check, f.Found)
			}
			return f
		}
	}
	t.Fatalf("no check %q among %+v", check, findings)
	return doctor.Finding{}
}

func TestHealthy(t *testing.T) {
	dir := t.TempDir()
	findings := doctor.Examine(t.Context(), doctor.Inputs{
		Listeners: []doctor.Listener{{Name: "PLAINTEXT", Host: "127.0.0.1", AdvertisedHost: "127.0.0.1"}},
		LogDirs:   []string{dir, filepath.Join(dir, "new", "deep")}, AdminListener: "127.0.0.1:0",
	})
	for _, check := range []string{"listener PLAINTEXT", "listener PLAINTEXT advertised", "admin listener", "directory " + dir, "directory " + dir + " lock"} {
		if f := find(t, findings, check); f.Verdict != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
	if f := find(t, findings, "directory "+filepath.Join(dir, "new", "deep")); !strings.Contains(f.Found, "can be created") {
		t.Errorf("%+v", f)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the doctor left files behind: %v %v", left, err)
	}
	if doctor.Worst(findings) == doctor.Problem {
		t.Errorf("%+v", findings)
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := int32(l.Addr().(*net.TCPAddr).Port)
	findings := doctor.Examine(t.Context(), doctor.Inputs{Listeners: []doctor.Listener{{Name: "A", Host: "127.0.0.1", Port: port, AdvertisedHost: "127.0.0.1"}}})
	f := find(t, findings, "listener A")
	if f.Verdict != doctor.Problem || !strings.Contains(f.Found, "is taken") {
		t.Errorf("%+v", f)
	}
	if f := find(t, findings, "listener A advertised"); f.Verdict != doctor.OK {
		t.Errorf("%+v", f)
	}
	if doctor.Worst(findings) != doctor.Problem {
		t.Error("a taken port is not a problem")
	}
}

func TestAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		listener doctor.Listener
		check    string
		verdict  doctor.Verdict
		found    string
	}{
		"foreign address": {doctor.Listener{Host: "192.0.2.1", AdvertisedHost: "127.0.0.1"}, "listener ", doctor.Problem, "no address of this machine"},
		"unknown name":    {doctor.Listener{Host: "nothing.invalid", AdvertisedHost: "127.0.0.1"}, "listener ", doctor.Problem, "nothing.invalid has no address"},
		"advertised name": {doctor.Listener{Host: "127.0.0.1", AdvertisedHost: "nothing.invalid"}, "listener  advertised", doctor.Problem, "nothing.invalid has no address"},
		"advertised zero": {doctor.Listener{Host: "0.0.0.0", AdvertisedHost: "0.0.0.0"}, "listener  advertised", doctor.Problem, "no address"},
		"advertised self": {doctor.Listener{Host: "", AdvertisedHost: "localhost"}, "listener  advertised", doctor.Warning, "own machine"},
		"advertised port": {doctor.Listener{Host: "127.0.0.1", AdvertisedHost: "127.0.0.1", AdvertisedPort: 1}, "listener  advertised", doctor.Warning, "can't be reached from here"},
	} {
		f := find(t, doctor.Examine(t.Context(), doctor.Inputs{Listeners: []doctor.Listener{c.listener}}), c.check)
		if f.Verdict != c.verdict || !strings.Contains(f.Found, c.found) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := find(t, doctor.Examine(t.Context(), doctor.Inputs{AdminListener: "nonsense"}), "admin listener"); f.Verdict != doctor.Problem {
		t.Errorf("%+v", f)
	}
}

func TestDirectories(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := find(t, doctor.Examine(t.Context(), doctor.Inputs{LogDirs: []string{file}}), "directory "+file); f.Verdict != doctor.Problem {
		t.Errorf("a file: %+v", f)
	}
	lock, err := os.Create(filepath.Join(dir, ".lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	f := find(t, doctor.Examine(t.Context(), doctor.Inputs{LogDirs: []string{dir}}), "directory "+dir+" lock")
	if f.Verdict != doctor.Problem || !strings.Contains(f.Found, "another broker") {
		t.Errorf("%+v", f)
	}
}
