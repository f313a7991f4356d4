package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest is the SHA-256 of a plugin's bytes as they were uploaded. Plugins are content-addressed: equal digests are the
// same plugin.
type Digest [sha256.Size]byte

// DigestOf returns the digest of a plugin's bytes.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads 64 hexadecimal digits, with or without "sha256:" before them.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	digits := strings.TrimPrefix(s, "sha256:")
	if len(digits) != hex.EncodedLen(len(d)) {
		return d, fmt.Errorf("%q is not a digest: want 64 hexadecimal digits", s)
	}
	if _, err := hex.Decode(d[:], []byte(digits)); err != nil {
		return d, fmt.Errorf("%q is not a digest: want 64 hexadecimal digits", s)
	}
	return d, nil
}

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 digits, for logs and messages.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// IsZero reports whether no digest was given.
func (d Digest) IsZero() bool { return d == Digest{} }

// Ref names a plugin in a binding: by name and version, or by digest, whose zero value means that the name counts.
type Ref struct {
	Name, Version string
	Digest        Digest
}

// maxName is the length in bytes of a name, and of a version, at most.
const maxName = 128

// ParseRef reads name@version or a digest.
func ParseRef(s string) (Ref, error) {
	if name, version, ok := strings.Cut(s, "@"); ok {
		if validName(name) && validName(version) {
			return Ref{Name: name, Version: version}, nil
		}
		return Ref{}, fmt.Errorf("%q does not name a plugin: names and versions are 1 to %d of a-z A-Z 0-9 . _ - +", s, maxName)
	}
	d, err := ParseDigest(s)
	if err != nil {
		return Ref{}, fmt.Errorf("%q does not name a plugin: want name@version or a digest", s)
	}
	return Ref{Digest: d}, nil
}

// String returns what ParseRef reads.
func (r Ref) String() string {
	if r.Digest.IsZero() {
		return r.Name + "@" + r.Version
	}
	return r.Digest.String()
}

func validName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._-+", c) >= 0:
		default:
			return false
		}
	}
	return true
}
