package segment_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestVerificationFindsDamage changes one byte of a closed segment while no broker runs, and waits for the log line.
func TestVerificationFindsDamage(t *testing.T) {
	const closed = "/data/orders-0/00000000000000000000"
	f := func(name, file string, at int, rate int64, want string) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := vfs.NewMem()
				stop(t, withSegments(t, disk, zap.NewNop(), rate))
				if file != "" {
					data := readFrom(t, disk, file)
					data[(at+len(data))%len(data)] ^= 1
					if err := writeTo(disk, file, data); err != nil {
						t.Fatal(err)
					}
				}
				core, lines := observer.New(zapcore.ErrorLevel)
				e := withSegments(t, disk, zap.New(core), rate)
				time.Sleep(time.Hour)
				synctest.Wait()
				var said []string
				for _, line := range lines.All() {
					said = append(said, line.Message+": "+line.ContextMap()["error"].(string))
				}
				if want == "" && len(said) > 0 || want != "" && (len(said) != 1 || !strings.Contains(said[0], want)) {
					t.Errorf("the log says %q, want %q once", said, want)
				}
				stop(t, e)
			})
		})
	}
	f("whole", "", 0, 1<<20, "")
	f("value", closed+".log", 200, 1<<20, "checksum differs")
	f("offset", closed+".log", 7, 1<<20, "follows")
	f("length", closed+".log", 9, 1<<20, "not a record batch")
	f("index position", closed+".index", 7, 1<<20, ".index: no batch begins")
	f("index offset", closed+".index", 2, 1<<20, ".index: ")
	f("index that ends late", closed+".index", -5, 1<<20, ".index: ")
	f("time index timestamp too high", closed+".timeindex", 6, 1<<20, ".timeindex: no record has the timestamp")
	f("time index timestamp too low", closed+".timeindex", 5, 1<<20, "came before")
	f("time index out of order", closed+".timeindex", 12+5, 1<<20, "followed by a lower one")
	f("time index offset", closed+".timeindex", 12+11-1, 1<<20, ".timeindex: ")
	f("time index offset behind the end", closed+".timeindex", -2, 1<<20, ".timeindex: 1 entries point behind")
	f("never", closed+".log", 200, 0, "")
	f("slowly", closed+".log", 200, 100, "checksum differs")
}

// TestVerificationOfKafkaSegments finds nothing wrong with what Apache Kafka wrote and compacted.
func TestVerificationOfKafkaSegments(t *testing.T) {
	for dir, topics := range map[string][]string{"kafka": {"orders", "compacted"}, "kafka-transactions": {"ledger"}, "kafka-markers": {"settled"}} {
		for _, topic := range topics {
			synctest.Test(t, func(t *testing.T) {
				core, lines := observer.New(zapcore.ErrorLevel)
				cfg := segment.DefaultConfig()
				cfg.Dirs, cfg.CleanerEnable = []string{"/data"}, false
				e := segment.New(cfg, load(t, "testdata/"+dir), zap.New(core))
				if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
					t.Fatal(err)
				}
				l, _ := openTopic(t, e, topic, logtest.Settings())
				closed := l.Status().Segments - 1
				time.Sleep(time.Hour)
				synctest.Wait()
				if closed < 1 || lines.Len() > 0 {
					t.Errorf("%s: %d closed segments, the log says %+v", topic, closed, lines.All())
				}
				stop(t, e)
			})
		}
	}
}

// withSegments opens a log and makes sure that it has several closed segments.
func withSegments(t *testing.T, disk vfs.FS, logger *zap.Logger, rate int64) *segment.Engine {
	t.Helper()
	cfg := segment.DefaultConfig()
	cfg.Dirs, cfg.VerifyRate = []string{"/data"}, rate
	e := segment.New(cfg, disk, logger)
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	host := &partition{}
	settings := logtest.Settings()
	settings.SegmentBytes, settings.IndexIntervalBytes = 4096, 100
	l, err := e.Open(t.Context(), specOf(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	for l.Status().Segments < 4 {
		data := valueBatch(t, l.Status().EndOffset, time.Now().UnixMilli()+10*l.Status().EndOffset, 2, 100)
		info := infoOf(data)
		if err := l.Append(data, info); err != nil {
			t.Fatal(err)
		}
		host.appended(int64(info.Records), info.LastOffset+1)
	}
	return e
}
