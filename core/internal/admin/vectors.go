package admin

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// vectorsTimeout bounds the run of one file of test vectors.
const vectorsTimeout = time.Minute

// Vectors says how a version did with test vectors.
type Vectors struct {
	Vectors int      `json:"vectors"` // that were run
	Failed  []string `json:"failed"`  // those that got another answer, by their line
}

// vectors runs test vectors against a version on this broker: what it would answer where it is bound.
func (a *pluginAPI) vectors(r *http.Request) (any, error) {
	text, err := a.upload(r)
	if err != nil {
		return nil, badBody(err)
	}
	defer a.uploaded()
	groups, err := vectors.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, badBody(err)
	}
	if _, err := a.findVersion(r); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), vectorsTimeout)
	defer cancel()
	program, err := a.Registry.Lookup(ctx, plugin.Ref{Name: r.PathValue("name"), Version: r.PathValue("version")})
	if err != nil {
		return nil, err
	}
	defer program.Close()
	result := Vectors{Failed: []string{}}
	for i := range groups {
		result.Vectors += max(1, len(groups[i].Wants)) // one that refuses a configuration has no records
	}
	err = vectors.Run(ctx, program, groups)
	switch {
	case ctx.Err() != nil:
		return nil, kafka.Errorf(kafka.RequestTimedOut, "The test vectors take longer than %s.", vectorsTimeout)
	case err != nil:
		result.Failed = strings.Split(err.Error(), "\n")
	}
	return result, nil
}
