package vfs

// Volume is an FS that knows how full it is. Mem is none.
type Volume interface {
	// Space returns the size in bytes of the volume that holds a directory, and what is left of it for this process.
	Space(dir string) (total, free int64, err error)
}

// Space asks an FS how full it is. It returns -1 and -1 when nobody knows.
func Space(fsys FS, dir string) (total, free int64) {
	v, ok := fsys.(Volume)
	if !ok {
		return -1, -1
	}
	total, free, err := v.Space(dir)
	if err != nil {
		return -1, -1
	}
	return total, free
}
