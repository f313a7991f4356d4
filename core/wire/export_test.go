package wire

import "github.com/twmb/franz-go/pkg/kmsg"

// CheckLayout walks a body along the layout of requests like req, and decodes nothing.
func CheckLayout(req kmsg.Request, body []byte) error {
	l, err := layoutOf(req)
	if err != nil {
		return err
	}
	return l.check(body)
}
