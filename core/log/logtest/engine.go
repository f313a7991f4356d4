package logtest

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

var engineCases = map[string]func(*bench){
	"directories": func(b *bench) {
		dirs := b.engine.Dirs()
		if len(dirs) == 0 || dirs[0].ID.IsZero() || dirs[0].Err != nil {
			b.Fatalf("directories %+v", dirs)
		}
	},
	"a log is opened once": func(b *bench) {
		if _, err := b.engine.Open(b.Context(), b.spec, newHost()); err == nil {
			b.Fatal("a second Open of an open log worked")
		}
		b.fill(1)
		b.wantContents()
	},
	"logs are apart": func(b *bench) {
		b.fill(2)
		first, spec := b.log, b.spec
		b.spec.TopicPartition.Partition = 4
		b.open()
		b.wantOffsets(0, 0)
		b.contents = nil
		b.fill(1)
		b.wantContents()
		b.log, b.spec = first, spec
		b.wantOffsets(0, 6)
	},
	"delete and create again": func(b *bench) {
		b.fill(20)
		b.must(b.engine.Delete(b.Context(), b.spec.TopicPartition, b.spec.TopicID))
		data := b.encode(60, 0, entries(1, 1))
		b.wantCode(b.log.Append(data, infoOf(data)), kafka.KafkaStorageError)
		b.spec.TopicID[3]++
		b.open()
		b.contents = nil
		b.wantOffsets(0, 0)
		b.fill(3)
		b.pass(2 * b.spec.Settings.FileDeleteDelay)
		b.wantContents()
	},
	"delete of another topic id": func(b *bench) {
		b.fill(2)
		_ = b.engine.Delete(b.Context(), b.spec.TopicPartition, kafka.TopicID{9, 9, 9})
		b.fill(1)
		b.wantContents()
	},
	"delete of what is not there": func(b *bench) {
		b.must(b.engine.Delete(b.Context(), kafka.TopicPartition{Topic: "nosuch"}, kafka.TopicID{1}))
	},
	"many logs at once": func(b *bench) {
		for i := range int32(50) {
			spec := b.spec
			spec.TopicPartition = kafka.TopicPartition{Topic: "many", Partition: i}
			host := newHost()
			l, err := b.engine.Open(b.Context(), spec, host)
			b.must(err)
			host.log.Store(&l)
			data := b.encode(0, 0, entries(2, 50))
			b.must(l.Append(data, infoOf(data)))
			if s := l.Status(); s.EndOffset != 2 {
				b.Fatalf("partition %d ends at %d", i, s.EndOffset)
			}
		}
	},
}

var durableCases = map[string]func(*bench){
	"contents": func(b *bench) {
		b.fill(40)
		b.appendAt(500, 0, entries(2, 10)...)
		before := b.log.Status()
		b.restart()
		if s := b.log.Status(); s != before {
			b.Fatalf("status %+v, before the restart %+v", s, before)
		}
		b.wantContents()
		b.fill(40)
		b.restart()
		b.wantContents()
	},
	"an empty log": func(b *bench) {
		b.restart()
		b.wantOffsets(0, 0)
		b.fill(1)
		b.wantContents()
	},
	"the log start": func(b *bench) {
		b.fill(40)
		b.must(b.log.AdvanceStart(50))
		b.restart()
		b.wantOffsets(50, 120)
		b.wantContents()
		b.must(b.log.AdvanceStart(120))
		b.pass(retentionPass)
		b.restart()
		b.wantOffsets(120, 120)
		b.fill(1)
		b.wantOffsets(120, 123)
	},
	"truncation": func(b *bench) {
		b.fill(40)
		b.must(b.log.Truncate(60))
		b.forget(60)
		b.restart()
		b.wantOffsets(0, 60)
		b.wantContents()
	},
	"lookup": func(b *bench) {
		for i := range int64(40) {
			b.append(at(100*i, 100*i+10, 100*i+20)...)
		}
		b.restart()
		for i := range int64(40) {
			b.wantLookup(100*i+1, 3*i+1, 100*i+10)
		}
		b.wantLookup(kafka.MaxTimestamp, 119, 3920)
	},
	"found": func(b *bench) {
		b.fill(1)
		b.stop()
		b.engine = b.newEngine()
		b.must(b.engine.Start(b.Context(), identity))
		found := b.engine.Found()
		if len(found) != 1 || found[0].TopicPartition != b.spec.TopicPartition || found[0].TopicID != b.spec.TopicID {
			b.Fatalf("found %+v", found)
		}
		b.open()
		b.wantContents()
	},
	"deleted logs do not come back": func(b *bench) {
		b.fill(1)
		b.must(b.engine.Delete(b.Context(), b.spec.TopicPartition, b.spec.TopicID))
		b.stop()
		b.engine = b.newEngine()
		b.must(b.engine.Start(b.Context(), identity))
		if found := b.engine.Found(); len(found) != 0 {
			b.Fatalf("found %+v", found)
		}
	},
	"a log of another topic id is set aside": func(b *bench) {
		b.fill(3)
		b.spec.TopicID[0]++
		b.restart()
		b.contents = nil
		b.wantOffsets(0, 0)
		b.fill(1)
		b.restart()
		b.wantContents()
	},
	"close and open": func(b *bench) {
		b.fill(20)
		b.must(b.log.Close(b.Context()))
		b.open()
		b.wantContents()
		b.fill(3)
		b.wantContents()
	},
	"another broker is refused": func(b *bench) {
		b.stop()
		e := b.newEngine()
		if err := e.Start(b.Context(), log.Identity{NodeID: 2, ClusterID: identity.ClusterID}); err == nil {
			b.Error("the directory of node 1 was accepted by node 2")
		}
		_ = e.Stop(b.Context())
		e = b.newEngine()
		if err := e.Start(b.Context(), log.Identity{NodeID: 1, ClusterID: "another"}); err == nil {
			b.Error("the directory of a cluster was accepted by another one")
		}
		_ = e.Stop(b.Context())
	},
}
