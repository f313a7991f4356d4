// Package refusal tells in the broker's own words why a batch was refused.
//
// franz-go hands its caller the error code of a batch that was not written. It drops the message and the errors of single
// records that come with it (KIP-467), and none of its hooks sees a response. A Log therefore reads the Produce responses of a
// client as they come in from its connections.
package refusal

import (
	"context"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Refusal is what a broker said about a batch that it did not write.
type Refusal struct {
	Partition int32
	Code      int16
	Message   string   // "" when the broker gave none
	Records   []Record // the records that are at fault, in order; none when the broker named none
}

// Record is a record that keeps its batch out.
type Record struct {
	Index   int32 // in its batch, from 0
	Message string
}

// Log keeps what a client was told that produces to one topic. The zero Log is ready; it is safe for all goroutines.
type Log struct {
	mu     sync.Mutex
	said   map[key]Refusal
	latest Refusal
}

type key struct {
	partition int32
	code      int16
}

// Of returns why a batch of a partition failed with a code: the first refusal, or the last one where the client tried again.
// ok is false when there was none that says more than its code. By the time that a client tells its caller, it is here.
func (l *Log) Of(partition int32, code int16) (r Refusal, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok = l.said[key{partition, code}]
	return r, ok
}

// Latest returns the last refusal that came with a message: what a client that is still trying again was told.
func (l *Log) Latest() (r Refusal, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest, l.latest.Message != ""
}

// take notes what a response says.
func (l *Log) take(response *kmsg.ProduceResponse) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range response.Topics {
		for j := range response.Topics[i].Partitions {
			if r := refusalOf(&response.Topics[i].Partitions[j]); r.Message != "" || len(r.Records) > 0 {
				l.note(r)
			}
		}
	}
}

func (l *Log) note(r Refusal) {
	l.latest = r
	at := key{r.Partition, r.Code}
	if _, known := l.said[at]; known && !kerr.IsRetriable(kerr.ErrorForCode(r.Code)) {
		return
	}
	if l.said == nil {
		l.said = map[key]Refusal{}
	}
	l.said[at] = r
}

func refusalOf(p *kmsg.ProduceResponseTopicPartition) Refusal {
	r := Refusal{Partition: p.Partition, Code: p.ErrorCode, Message: text(p.ErrorMessage)}
	for _, e := range p.ErrorRecords {
		r.Records = append(r.Records, Record{e.RelativeOffset, text(e.ErrorMessage)})
	}
	return r
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// dial opens a connection, as kgo.Dialer takes it.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// Options make a client keep a Log of its refusals. They go behind all others, and connect as like does, which is a client that
// was made with these others.
func (l *Log) Options(like *kgo.Client) []kgo.Opt {
	connect, ok := like.OptValue(kgo.Dialer).(dial) // what the client made of its options, TLS included
	if !ok {
		return nil
	}
	return []kgo.Opt{kgo.DialTLSConfig(nil), kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return l.watch(conn), nil
	})}
}
