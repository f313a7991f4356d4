package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Below these a disk is reported as nearly full.
const (
	lowBytes   = 1 << 30
	lowPercent = 5
)

// lockName is the file that a running broker holds locked in each of its directories.
const lockName = ".lock"

func checkDirectory(dir string) []Finding {
	name := "directory " + dir
	existing, err := nearestExisting(dir)
	if err != nil {
		return []Finding{problem(name, "correct log.dirs", "%v", err)}
	}
	findings := []Finding{checkWritable(name, dir, existing), checkSpace(name+" space", existing)}
	if existing == dir {
		findings = append(findings, checkLock(name+" lock", filepath.Join(dir, lockName)))
	}
	return findings
}

// nearestExisting returns dir, or the nearest directory above it that exists.
func nearestExisting(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return dir, nil
		case err == nil:
			return "", fmt.Errorf("%s is a file, not a directory", dir)
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
		dir = filepath.Dir(dir)
	}
}

func checkWritable(check, dir, existing string) Finding {
	fix := fmt.Sprintf("chown it to the user that runs the broker (uid %d), or change log.dirs", os.Getuid())
	probe, err := os.CreateTemp(existing, ".doctor-*")
	switch {
	case errors.Is(err, syscall.EROFS):
		return problem(check, "mount it read-write, or change log.dirs", "%s is on a read-only file system", existing)
	case errors.Is(err, fs.ErrPermission):
		return problem(check, fix, "%s can't be written to by this user", existing)
	case err != nil:
		return problem(check, fix, "no file can be created in %s: %v", existing, err)
	}
	defer func() { _, _ = probe.Close(), os.Remove(probe.Name()) }() // it was only a test
	if err := probe.Sync(); err != nil {
		return problem(check, "check the disk", "fsync in %s fails: %v", existing, err)
	}
	if absolute, err := filepath.Abs(dir); err == nil && absolute != existing {
		return ok(check, "does not exist yet, can be created")
	}
	return ok(check, "can be written to")
}

func checkSpace(check, dir string) Finding {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return warning(check, "check the disk", "its free space is unknown: %v", err)
	}
	free, total := stat.Bavail*uint64(stat.Bsize), stat.Blocks*uint64(stat.Bsize)
	percent := uint64(100)
	if total > 0 {
		percent = free * 100 / total
	}
	found := fmt.Sprintf("%s of %s free (%d %%)", byteSize(free), byteSize(total), percent)
	switch {
	case free == 0 && total > 0:
		return problem(check, "free space, shorten retention.ms or retention.bytes, or move log.dirs", "%s", found)
	case total > 0 && (free < lowBytes || percent < lowPercent):
		return warning(check, "free space, shorten retention.ms or retention.bytes, or move log.dirs", "%s", found)
	case stat.Ffree == 0 && stat.Files > 0:
		return problem(check, "remove files: each log segment takes several", "no inode is free")
	case inMemory(&stat):
		return warning(check, "use a directory on a disk if records shall survive a reboot", "%s, kept in memory (tmpfs)", found)
	}
	return ok(check, "%s", found)
}

// byteSize renders a number of bytes in binary units.
func byteSize(n uint64) string {
	const units = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}

// checkLock asks whether another process holds the lock, without creating the file.
func checkLock(check, path string) Finding {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return ok(check, "no broker has used the directory")
	}
	if err != nil {
		return problem(check, "chown the directory to the user that runs the broker", "%v", err)
	}
	defer file.Close()
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return problem(check, "stop that broker, or give this one its own log.dirs", "another broker is using the directory")
	}
	if err != nil {
		return warning(check, "use a file system that knows locks", "%s can't be locked: %v", path, err)
	}
	_ = unix.Flock(int(file.Fd()), unix.LOCK_UN) // closing gives it up in any case
	return ok(check, "not in use by another broker")
}
