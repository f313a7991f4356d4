package builtin

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// validators are the serializers. Data is never nil.
var validators = map[string]validator{
	"utf8": {utf8.Valid, "not valid UTF-8"},
	"json": {json.Valid, "not valid JSON"},
}

type validator struct {
	valid func(data []byte) bool
	wrong string // what data is that is not valid
}

// serializer validates keys or values. Null is always good.
type serializer struct {
	*bound
	message []byte
}

func newSerializer(b *bound) *serializer {
	what := "the value is "
	if b.binding.Kind == plugin.KindKeySerializer {
		what = "the key is "
	}
	return &serializer{b, []byte(what + b.check.wrong)}
}

func (s *serializer) Validate(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	o.Reset(len(b.Records))
	start, size, rejected := time.Now(), 0, uint64(0)
	for i := range b.Records {
		data := b.Records[i].Value
		if s.binding.Kind == plugin.KindKeySerializer {
			data = b.Records[i].Key
		}
		size += len(data)
		if data != nil && !s.check.valid(data) {
			o.Set(i, plugin.Verdict{Action: plugin.Reject, Message: s.message})
			rejected++
		}
	}
	s.rejected.Add(rejected)
	s.called(start, len(b.Records), size)
	return nil
}

// Serialize is not what these plugins do.
func (s *serializer) Serialize(context.Context, *plugin.Batch, *plugin.Outcome) error {
	return s.failure(plugin.Unsupported, "it only validates")
}

// Deserialize is not what these plugins do.
func (s *serializer) Deserialize(context.Context, *plugin.Batch, *plugin.Outcome) error {
	return s.failure(plugin.Unsupported, "it only validates")
}
